/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import io.github.nettytap.codec.wire.FrameDirection;
import io.netty.buffer.ByteBuf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes pcapng: a section, its interfaces, frames and statistics, and further sections where asked. */
public final class PcapngWriter implements CaptureWriter {

    /** The longest frame that is written, in bytes; libpcap refuses longer ones. */
    public static final int MAX_SNAP_LENGTH = 262_144;

    /** The length of an option is a number of 16 bits. */
    private static final int MAX_TEXT = 65_535;
    /** What there is in a block besides a frame and texts: its fixed part, short options, and their padding. */
    private static final int ROOM = 512;

    private final BlockBuffer buffer;
    private CaptureSection section;
    /** Where the block is built: in the buffer, or on its own where it is too long for that. */
    private ByteBuffer block;

    private boolean isLarge;
    private int start;
    private int interfaces;

    /**
     * Begins a section.
     *
     * @param channel where to write; closed with this writer
     * @param section what to say about the origin
     */
    public PcapngWriter(WritableByteChannel channel, CaptureSection section) {
        this.buffer = new BlockBuffer(channel);
        this.section = section;
        try {
            writeSection();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Begins a further section, which has no interfaces yet.
     *
     * @param next what to say about the origin
     * @throws IOException if the channel fails
     */
    public void beginSection(CaptureSection next) throws IOException {
        section = next;
        writeSection();
    }

    private void writeSection() throws IOException {
        begin(
                PcapngLayout.SECTION_HEADER,
                length(section.hardware())
                        + length(section.operatingSystem())
                        + length(section.application())
                        + length(section.comments()));
        block.putInt(PcapngLayout.BYTE_ORDER_MAGIC)
                .putShort((short) PcapngLayout.VERSION_MAJOR)
                .putShort((short) PcapngLayout.VERSION_MINOR)
                .putLong(-1); // the length of the section: not known, it is being written
        text(PcapngLayout.OPTION_SECTION_HARDWARE, section.hardware());
        text(PcapngLayout.OPTION_SECTION_OS, section.operatingSystem());
        text(PcapngLayout.OPTION_SECTION_APPLICATION, section.application());
        comments(section.comments());
        end(true);
        interfaces = 0;
    }

    @Override
    public int addInterface(CaptureInterface description) throws IOException {
        begin(
                PcapngLayout.INTERFACE_DESCRIPTION,
                length(description.name()) + length(description.description()) + length(description.comments()));
        block.putShort((short) description.linkType()).putShort((short) 0).putInt(description.snapLength());
        text(PcapngLayout.OPTION_INTERFACE_NAME, description.name());
        text(PcapngLayout.OPTION_INTERFACE_DESCRIPTION, description.description());
        if (description.mac() != null) {
            byte[] mac = description.mac().toBytes();
            option(PcapngLayout.OPTION_INTERFACE_MAC, mac.length);
            block.put(mac);
            pad();
        }
        octet(PcapngLayout.OPTION_INTERFACE_RESOLUTION, PcapngLayout.RESOLUTION_NANOSECONDS);
        if (description.fcsLength() > 0) {
            octet(PcapngLayout.OPTION_INTERFACE_FCS_LENGTH, description.fcsLength());
        }
        comments(description.comments());
        end(true);
        return interfaces++;
    }

    @Override
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
        begin(PcapngLayout.ENHANCED_PACKET, length);
        block.putInt(interfaceId)
                .putInt((int) (timestampNanos >>> 32))
                .putInt((int) timestampNanos)
                .putInt(length)
                .putInt(originalLength);
        put(data, index, length);
        pad();
        int flags = flags(direction) | (note == null ? 0 : note.packetFlags());
        flags(flags);
        if (note != null) {
            text(PcapngLayout.OPTION_COMMENT, note.toString());
        }
        end(flags != 0 || note != null);
    }

    /**
     * {@inheritDoc}
     *
     * <p>A frame without a time becomes a simple packet block, which belongs to interface 0 and is as long as the frame
     * or the snap length of that interface, whichever is shorter.
     *
     * @throws IllegalArgumentException if the interface is not known, or is not 0 and the frame has no time
     */
    @Override
    public void writeFrame(int interfaceId, CapturedFrame frame, int snapLength) throws IOException {
        checkInterface(interfaceId);
        int frameLength = Math.min(frame.data().readableBytes(), snapLength);
        int fcs = Math.min(frame.fcs().readableBytes(), snapLength - frameLength);
        if (!frame.hasTimestamp()) {
            writeSimple(interfaceId, frame, frameLength, fcs);
            return;
        }
        begin(PcapngLayout.ENHANCED_PACKET, frameLength + fcs + length(frame.comments()));
        long nanos = Math.max(0, frame.timestampNanos()); // the format begins in 1970
        block.putInt(interfaceId)
                .putInt((int) (nanos >>> 32))
                .putInt((int) nanos)
                .putInt(frameLength + fcs)
                .putInt(wireLength(frame));
        put(frame.data(), frame.data().readerIndex(), frameLength);
        put(frame.fcs(), frame.fcs().readerIndex(), fcs);
        pad();
        flags(frame.flags());
        comments(frame.comments());
        end(frame.flags() != 0 || !frame.comments().isEmpty());
    }

    private void writeSimple(int interfaceId, CapturedFrame frame, int frameLength, int fcs) throws IOException {
        if (interfaceId != 0) {
            throw new IllegalArgumentException(
                    "a frame without a time belongs to the first interface: interfaceId=" + interfaceId);
        }
        begin(PcapngLayout.SIMPLE_PACKET, frameLength + fcs);
        block.putInt(wireLength(frame));
        put(frame.data(), frame.data().readerIndex(), frameLength);
        put(frame.fcs(), frame.fcs().readerIndex(), fcs);
        pad();
        end(false);
    }

    private static int wireLength(CapturedFrame frame) {
        return (int) Math.min(Integer.MAX_VALUE, (long) frame.originalLength() + frame.fcsLength());
    }

    /**
     * Writes a block of another file, such as name resolution or decryption secrets.
     *
     * @param metadata the block; the position of its buffer stays
     * @throws IOException if the channel fails
     * @throws IllegalArgumentException if the block has no body, since it cannot be carried over
     */
    public void writeMetadata(MetadataBlock metadata) throws IOException {
        if (metadata.body() == null) {
            throw new IllegalArgumentException("a block that cannot be carried over: " + metadata.name());
        }
        ByteBuffer body = metadata.body().duplicate();
        begin(metadata.type(), body.remaining());
        block.put(body);
        pad();
        end(false);
    }

    @Override
    public void writeStatistics(int interfaceId, InterfaceStatistics statistics, long startNanos, long endNanos)
            throws IOException {
        checkInterface(interfaceId);
        begin(PcapngLayout.INTERFACE_STATISTICS, 0);
        block.putInt(interfaceId);
        timestamp(endNanos);
        option(PcapngLayout.OPTION_STATISTICS_START, 8);
        timestamp(startNanos);
        option(PcapngLayout.OPTION_STATISTICS_END, 8);
        timestamp(endNanos);
        count(PcapngLayout.OPTION_STATISTICS_RECEIVED, statistics.received());
        count(PcapngLayout.OPTION_STATISTICS_DROPPED, statistics.dropped());
        count(PcapngLayout.OPTION_STATISTICS_FILTER_ACCEPTED, statistics.accepted());
        count(PcapngLayout.OPTION_STATISTICS_OS_DROPPED, statistics.droppedByKernel());
        count(PcapngLayout.OPTION_STATISTICS_DELIVERED, statistics.delivered());
        end(true);
    }

    @Override
    public long size() {
        return buffer.size();
    }

    @Override
    public int interfaceCount() {
        return interfaces;
    }

    @Override
    public void flush() throws IOException {
        buffer.flush();
    }

    @Override
    public void moveTo(WritableByteChannel next) throws IOException {
        buffer.moveTo(next);
        writeSection();
    }

    @Override
    public void close() throws IOException {
        buffer.close();
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

    private void begin(int type, int variableLength) throws IOException {
        int length = variableLength + ROOM;
        isLarge = length > BlockBuffer.maxLength();
        block = isLarge ? ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN) : buffer.makeRoom(length);
        start = block.position();
        block.putInt(type).putInt(0);
    }

    private void end(boolean hasOptions) throws IOException {
        if (hasOptions) {
            block.putInt(PcapngLayout.OPTION_END);
        }
        int length = block.position() - start + 4;
        block.putInt(length);
        block.putInt(start + 4, length);
        if (isLarge) {
            buffer.write(block.flip());
        }
    }

    private void put(ByteBuf source, int index, int length) {
        if (isLarge) {
            int limit = block.limit();
            source.getBytes(index, block.limit(block.position() + length));
            block.limit(limit);
        } else {
            buffer.put(source, index, length);
        }
    }

    private void option(int code, int length) {
        block.putShort((short) code).putShort((short) length);
    }

    private void octet(int code, int value) {
        option(code, 1);
        block.put((byte) value);
        pad();
    }

    private void flags(int flags) {
        if (flags != 0) {
            option(PcapngLayout.OPTION_PACKET_FLAGS, 4);
            block.putInt(flags);
        }
    }

    /** What a text takes at most: a character of UTF-16 becomes up to three bytes. */
    private static int length(String text) {
        return text == null ? 0 : 3 * Math.min(text.length(), MAX_TEXT) + 8;
    }

    private static int length(List<String> texts) {
        int sum = 0;
        for (String text : texts) {
            sum = Math.addExact(sum, length(text));
        }
        return sum;
    }

    private void comments(List<String> comments) {
        for (String comment : comments) {
            textOption(PcapngLayout.OPTION_COMMENT, comment); // also an empty one
        }
    }

    private void text(int code, String text) {
        if (text != null && !text.isEmpty()) {
            textOption(code, text);
        }
    }

    private void textOption(int code, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, MAX_TEXT);
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
        // Blocks are multiples of 4 long, so the distance from their start tells the padding.
        while ((block.position() - start & 3) != 0) {
            block.put((byte) 0);
        }
    }
}
