/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import io.github.nettytap.codec.wire.FrameDirection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;

/**
 * Writes a pcapng file: one section, its interfaces, frames and statistics.
 *
 * <p>Blocks gather in a buffer which is handed on whole blocks at a time, so that a file which a killed process leaves
 * behind ends with a whole block. The writer blocks where its channel does, and is for one thread.
 */
public final class PcapngWriter implements Closeable {

    /** The longest frame that is written; libpcap refuses longer ones. */
    public static final int MAX_SNAP_LENGTH = 262_144;

    private static final int MAX_TEXT = 4_096;
    private static final int BUFFER_LENGTH = 4 * MAX_SNAP_LENGTH;

    private final WritableByteChannel channel;
    private final int alignment;
    private final ByteBuffer block;
    private final ByteBuf blockView;
    /** Where in the buffer that begins which the channel does not have yet. */
    private int start;

    private long flushed;
    private int interfaces;

    /**
     * Begins a section.
     *
     * @param channel where to write; closed with this writer
     * @param section what to say about the origin
     */
    public PcapngWriter(WritableByteChannel channel, CaptureSection section) {
        this(channel, section, 1);
    }

    /**
     * Begins a section in a file that is written in units of a size, as with {@code O_DIRECT}.
     *
     * @param channel where to write; closed with this writer
     * @param section what to say about the origin
     * @param alignment a power of two; bytes lie in memory as far from a multiple of it as they will in the file
     */
    public PcapngWriter(WritableByteChannel channel, CaptureSection section, int alignment) {
        this.channel = channel;
        this.alignment = alignment;
        this.block = ByteBuffer.allocateDirect(BUFFER_LENGTH + alignment)
                .alignedSlice(alignment)
                .order(ByteOrder.LITTLE_ENDIAN);
        this.blockView = Unpooled.wrappedBuffer(block.duplicate());
        int start = begin(PcapngLayout.SECTION_HEADER);
        block.putInt(PcapngLayout.BYTE_ORDER_MAGIC)
                .putShort((short) PcapngLayout.VERSION_MAJOR)
                .putShort((short) PcapngLayout.VERSION_MINOR)
                .putLong(-1); // the length of the section: not known, it is being written
        text(PcapngLayout.OPTION_SECTION_HARDWARE, section.hardware());
        text(PcapngLayout.OPTION_SECTION_OS, section.operatingSystem());
        text(PcapngLayout.OPTION_SECTION_APPLICATION, section.application());
        end(start, true);
    }

    /**
     * Describes one more interface. Its timestamps have nanoseconds.
     *
     * @param description the interface
     * @return its number, to be named with each of its frames; the first is 0
     * @throws IOException if the channel fails
     */
    public int addInterface(CaptureInterface description) throws IOException {
        makeRoom(MAX_TEXT * 3);
        int start = begin(PcapngLayout.INTERFACE_DESCRIPTION);
        block.putShort((short) description.linkType()).putShort((short) 0).putInt(description.snapLength());
        text(PcapngLayout.OPTION_INTERFACE_NAME, description.name());
        text(PcapngLayout.OPTION_INTERFACE_DESCRIPTION, description.description());
        if (description.mac() != null) {
            byte[] mac = description.mac().toBytes();
            option(PcapngLayout.OPTION_INTERFACE_MAC, mac.length);
            block.put(mac);
            pad();
        }
        option(PcapngLayout.OPTION_INTERFACE_RESOLUTION, 1);
        block.put((byte) PcapngLayout.RESOLUTION_NANOSECONDS);
        pad();
        end(start, true);
        return interfaces++;
    }

    /**
     * Writes one frame.
     *
     * @param interfaceId the interface, as {@link #addInterface} numbered it
     * @param timestampNanos nanoseconds since 1970
     * @param direction which way the frame went
     * @param originalLength how long the frame was before anything was cut off
     * @param data holds the frame; not released, its indices stay
     * @param index where the frame starts
     * @param length how much of it to write
     * @param note the virtio-net header if the frame was offloaded, else null
     * @throws IOException if the channel fails
     * @throws IllegalArgumentException if the interface is not known or the length is more than
     *     {@link #MAX_SNAP_LENGTH}
     */
    public void writeFrame(
            int interfaceId,
            long timestampNanos,
            FrameDirection direction,
            int originalLength,
            ByteBuf data,
            int index,
            int length,
            VirtioNetNote note)
            throws IOException {
        checkInterface(interfaceId);
        if (length < 0 || length > MAX_SNAP_LENGTH) {
            throw new IllegalArgumentException(
                    "captured length out of range: length=" + length + " (expected: 0.." + MAX_SNAP_LENGTH + ')');
        }
        makeRoom(PcapngLayout.padded(length) + MAX_TEXT);
        int start = begin(PcapngLayout.ENHANCED_PACKET);
        block.putInt(interfaceId)
                .putInt((int) (timestampNanos >>> 32))
                .putInt((int) timestampNanos)
                .putInt(length)
                .putInt(originalLength);
        data.getBytes(index, blockView, block.position(), length);
        block.position(block.position() + length);
        pad();
        int flags = flags(direction) | (note == null ? 0 : note.packetFlags());
        if (flags != 0) {
            option(PcapngLayout.OPTION_PACKET_FLAGS, 4);
            block.putInt(flags);
        }
        if (note != null) {
            text(PcapngLayout.OPTION_COMMENT, note.toString());
        }
        end(start, flags != 0 || note != null);
    }

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
    public void writeStatistics(int interfaceId, InterfaceStatistics statistics, long startNanos, long endNanos)
            throws IOException {
        checkInterface(interfaceId);
        makeRoom(MAX_TEXT);
        int start = begin(PcapngLayout.INTERFACE_STATISTICS);
        block.putInt(interfaceId);
        timestamp(endNanos);
        option(PcapngLayout.OPTION_STATISTICS_START, 8);
        timestamp(startNanos);
        option(PcapngLayout.OPTION_STATISTICS_END, 8);
        timestamp(endNanos);
        count(PcapngLayout.OPTION_STATISTICS_RECEIVED, statistics.received());
        count(PcapngLayout.OPTION_STATISTICS_DROPPED, statistics.dropped());
        count(PcapngLayout.OPTION_STATISTICS_DELIVERED, statistics.delivered());
        end(start, true);
    }

    /**
     * How long the file is with all that was written so far.
     *
     * @return the number of bytes
     */
    public long size() {
        return flushed + block.position() - start;
    }

    /**
     * How many interfaces the section has so far.
     *
     * @return the number that the next interface will get
     */
    public int interfaceCount() {
        return interfaces;
    }

    /**
     * Hands all blocks to the channel.
     *
     * @throws IOException if the channel fails
     */
    public void flush() throws IOException {
        int end = block.position();
        block.limit(end).position(start);
        try {
            while (block.hasRemaining()) {
                flushed += channel.write(block);
            }
        } finally {
            start = block.position();
            block.clear().position(end);
        }
        start = (int) (flushed & alignment - 1);
        block.position(start);
    }

    /**
     * Flushes and closes the channel.
     *
     * @throws IOException if the channel fails; it is closed nevertheless
     */
    @Override
    public void close() throws IOException {
        try (channel) {
            if (channel.isOpen()) {
                flush();
            }
        }
    }

    private void checkInterface(int interfaceId) {
        if (interfaceId < 0 || interfaceId >= interfaces) {
            throw new IllegalArgumentException("unknown interface: id=" + interfaceId + ", interfaces=" + interfaces);
        }
    }

    private static int flags(FrameDirection direction) {
        switch (direction) {
            case INBOUND:
                return PcapngLayout.FLAG_INBOUND;
            case OUTBOUND:
                return PcapngLayout.FLAG_OUTBOUND;
            default:
                return 0;
        }
    }

    private void makeRoom(int length) throws IOException {
        if (block.remaining() < length) {
            flush();
        }
    }

    private int begin(int type) {
        int start = block.position();
        block.putInt(type).putInt(0);
        return start;
    }

    private void end(int start, boolean hasOptions) {
        if (hasOptions) {
            block.putInt(PcapngLayout.OPTION_END);
        }
        int length = block.position() - start + 4;
        block.putInt(length);
        block.putInt(start + 4, length);
    }

    private void option(int code, int length) {
        block.putShort((short) code).putShort((short) length);
    }

    private void text(int code, String text) {
        if (text == null || text.isEmpty()) {
            return;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, MAX_TEXT - 8);
        while (length < bytes.length && (bytes[length] & 0xc0) == 0x80) {
            length--; // do not cut a character in two
        }
        option(code, length);
        block.put(bytes, 0, length);
        pad();
    }

    private void timestamp(long nanos) {
        block.putInt((int) (nanos >>> 32)).putInt((int) nanos);
    }

    private void count(int code, long value) {
        if (value != InterfaceStatistics.NOT_KNOWN) {
            option(code, 8);
            block.putLong(value);
        }
    }

    private void pad() {
        // Blocks start at multiples of 4 within the buffer, so its position tells the padding.
        while ((block.position() & 3) != 0) {
            block.put((byte) 0);
        }
    }
}
