/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import io.github.nettytap.codec.wire.FrameDirection;
import io.netty.buffer.ByteBuf;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/**
 * Writes a capture file: interfaces, their frames, and their counts.
 *
 * <p>What is written gathers in a buffer which is handed on whole blocks at a time, so that a file which a killed
 * process leaves behind ends with a whole block. A writer takes a MiB of memory outside the heap until it is closed. It
 * blocks where its channel does, and is for one thread. After an {@link IOException} it can only be closed.
 */
public interface CaptureWriter extends Closeable {

    /**
     * Describes one more interface. Its timestamps have nanoseconds.
     *
     * @param description the interface
     * @return its number, to be named with each of its frames; the first is 0
     * @throws IOException if the channel fails
     * @throws IllegalArgumentException if a file of this format cannot hold this interface together with those before
     */
    int addInterface(CaptureInterface description) throws IOException;

    /**
     * Writes one frame.
     *
     * @param interfaceId the interface, as {@link #addInterface} numbered it
     * @param timestampNanos nanoseconds since 1970
     * @param direction which way the frame went
     * @param originalLength how long the frame was, in bytes, before anything was cut off
     * @param data holds the frame; not released, its indices stay
     * @param index where the frame starts
     * @param length how many bytes of it to write
     * @param note the virtio-net header if the frame was offloaded, else null
     * @throws IOException if the channel fails
     * @throws IllegalArgumentException if the interface is not known or the length is more than
     *     {@link PcapngWriter#MAX_SNAP_LENGTH}
     */
    void writeFrame(
            int interfaceId,
            long timestampNanos,
            FrameDirection direction,
            int originalLength,
            ByteBuf data,
            int index,
            int length,
            VirtioNetNote note)
            throws IOException;

    /**
     * Writes a frame of another file with all that the file says about it and this format can hold.
     *
     * @param interfaceId the interface, as {@link #addInterface} numbered it; the number in the frame does not matter
     * @param frame the frame; not released, the indices of its buffers stay
     * @param snapLength how many bytes of it to keep at most
     * @throws IOException if the channel fails
     * @throws IllegalArgumentException if the interface is not known
     */
    void writeFrame(int interfaceId, CapturedFrame frame, int snapLength) throws IOException;

    /**
     * Writes the counts of an interface, usually once, after its last frame.
     *
     * @param interfaceId the interface
     * @param statistics the counts; unknown ones are left out
     * @param startNanos when the capture began, in nanoseconds since 1970
     * @param endNanos when it ended
     * @throws IOException if the channel fails
     * @throws IllegalArgumentException if the interface is not known
     */
    void writeStatistics(int interfaceId, InterfaceStatistics statistics, long startNanos, long endNanos)
            throws IOException;

    /**
     * How many interfaces there are so far.
     *
     * @return the number that the next interface will get
     */
    int interfaceCount();

    /**
     * How long the file is with all that was written so far.
     *
     * @return the number of bytes
     */
    long size();

    /**
     * Hands all blocks to the channel.
     *
     * @throws IOException if the channel fails
     */
    void flush() throws IOException;

    /**
     * Closes the file and begins another of the same origin, without interfaces, in the same memory.
     *
     * @param next where to write from now on; closed with this writer
     * @throws IOException if one of the channels fails; the writer has taken over the next one nevertheless
     */
    void moveTo(WritableByteChannel next) throws IOException;

    /**
     * Flushes and closes the channel, and gives the memory back.
     *
     * @throws IOException if the channel fails; it is closed nevertheless
     */
    @Override
    void close() throws IOException;
}
