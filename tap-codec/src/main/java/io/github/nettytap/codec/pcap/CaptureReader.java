/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Reads a capture file frame by frame, whoever wrote it: pcapng, or the classic pcap that {@code tcpdump -w} writes.
 *
 * <p>A file that ends within a block, as a killed writer leaves it, is read up to its last whole block, and
 * {@link #isTruncated()} tells. Damage elsewhere is a {@link CaptureFormatException}. Readers block where their channel
 * does, and are for one thread. The memory that they take grows with the longest block that is really there.
 *
 * <pre>{@code
 * try (CaptureReader reader = CaptureReader.open(Path.of("tap0.pcapng"))) {
 *     for (CapturedFrame frame : reader) {
 *         System.out.println(FramePrinter.PLAIN.print(frame.data()));
 *     }
 * }
 * }</pre>
 *
 * <p>Frames of any link type are returned: ask {@link CaptureInterface#isEthernet()} before taking one for Ethernet.
 */
public interface CaptureReader extends Closeable, Iterable<CapturedFrame> {

    /**
     * Opens a file.
     *
     * @param file the file
     * @return a reader that closes the file when it is closed
     * @throws IOException if the file cannot be read, or is no capture file
     */
    static CaptureReader open(Path file) throws IOException {
        try {
            return open(FileChannel.open(file, StandardOpenOption.READ));
        } catch (CaptureFormatException e) {
            throw e.in(file.toString());
        }
    }

    /**
     * Reads from a channel, such as a pipe.
     *
     * @param channel the channel, in blocking mode; closed with the reader, and when this method fails
     * @return a reader
     * @throws IOException if the channel fails, or does not begin like a capture
     */
    static CaptureReader open(ReadableByteChannel channel) throws IOException {
        CaptureInput input = new CaptureInput(channel);
        try {
            if (!input.request(4)) {
                throw new CaptureFormatException(
                        "not a capture file", 0, "length=" + input.available(), "a pcapng or pcap header");
            }
            int magic = input.bytes().order(ByteOrder.LITTLE_ENDIAN).getInt(input.position());
            if (magic == PcapngLayout.SECTION_HEADER) {
                return new PcapngReader(input);
            }
            if (PcapReader.isMagic(magic)) {
                return new PcapReader(input);
            }
            Compression compression = Compression.of(magic);
            if (compression != null) {
                throw new CaptureFormatException(compression);
            }
            throw new CaptureFormatException(
                    "not a capture file",
                    0,
                    String.format("magic=0x%08x", Integer.reverseBytes(magic)),
                    "a pcapng or pcap header");
        } catch (Throwable failure) {
            try (channel) {
                throw failure;
            }
        }
    }

    /** Gets the blocks of a file that are neither frames nor the description or the counts of interfaces. */
    @FunctionalInterface
    interface MetadataListener {

        /**
         * Called by {@link #next()} when it passes over such a block.
         *
         * @param block the block
         * @throws IOException to end the reading; {@code next()} throws it on
         */
        void onBlock(MetadataBlock block) throws IOException;
    }

    /**
     * Reads up to the next frame.
     *
     * @return the frame, or null at the end
     * @throws CaptureFormatException if the file is damaged here; what follows cannot be read
     * @throws IOException if the channel fails
     */
    CapturedFrame next() throws IOException;

    /**
     * The frames up to the end, which can be gone through once. {@link #next()} is told in other words: an
     * {@link java.io.IOException} becomes an {@link UncheckedIOException}.
     *
     * @return an iterator, which does not close the reader
     */
    @Override
    default Iterator<CapturedFrame> iterator() {
        return new FrameIterator(this);
    }

    /**
     * The frames up to the end, as {@link #iterator()} has them.
     *
     * @return a sequential stream; closing it closes the reader
     */
    default Stream<CapturedFrame> stream() {
        return StreamSupport.stream(spliterator(), false).onClose(() -> {
            try {
                close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** Frames cannot be counted beforehand, and are never null. */
    @Override
    default Spliterator<CapturedFrame> spliterator() {
        return Spliterators.spliteratorUnknownSize(iterator(), Spliterator.ORDERED | Spliterator.NONNULL);
    }

    /**
     * Sets who gets the blocks that are not frames, for programs that copy a file. Nobody does unless this is called.
     *
     * @param listener is called by {@link #next()}, before it returns the frame behind the block; null for nobody
     */
    void metadata(MetadataListener listener);

    /**
     * What the file says about its origin: that of the current section, for a file of several.
     *
     * @return the section, its parts null where the file says nothing
     */
    CaptureSection section();

    /**
     * The interfaces read so far, of the current section.
     *
     * @return an unmodifiable list, in the order of their numbers
     */
    List<CaptureInterface> interfaces();

    /**
     * The counts of an interface; usually they stand at the end of a section.
     *
     * @param interfaceId the number of the interface
     * @return the last counts read so far in the current section, null if there were none
     */
    InterfaceStatistics statistics(int interfaceId);

    /**
     * Tells, at the end, whether the file was cut short.
     *
     * @return true if it ended within a block
     */
    boolean isTruncated();
}
