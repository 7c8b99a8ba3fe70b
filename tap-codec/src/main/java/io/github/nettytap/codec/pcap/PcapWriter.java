/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import io.github.nettytap.codec.wire.FrameDirection;
import io.netty.buffer.ByteBuf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Writes the classic format of libpcap, for programs that do not read pcapng, with timestamps in nanoseconds.
 *
 * <p>The format has one link type a file and no names, directions, comments, notes of offload state or counts: frames
 * of all interfaces follow each other, and {@link #notesLost()} tells how many frames lost what a replay would need.
 * Frames without a time get 1970. Source: draft-ietf-opsawg-pcap.
 */
public final class PcapWriter implements CaptureWriter {

    private static final int NANOSECONDS = 0xa1b23c4d;
    private static final int FILE_HEADER = 24;
    private static final int FRAME_HEADER = 16;
    private static final int VERSION_MAJOR = 2;
    private static final int VERSION_MINOR = 4;
    private static final int FCS_LENGTH_PRESENT = 0x0400_0000;
    private static final int FCS_LENGTH_SHIFT = 28;
    private static final int MAX_FCS_LENGTH = 30;
    private static final long MAX_SECONDS = 0xffff_ffffL;

    private final BlockBuffer buffer;
    private CaptureInterface first;
    private int fcsLength;
    private int interfaces;
    private boolean isOpen = true;
    private long notesLost;
    private long commentsLost;

    /**
     * Begins a file.
     *
     * @param channel where to write; closed with this writer
     */
    public PcapWriter(WritableByteChannel channel) {
        this.buffer = new BlockBuffer(channel);
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if the link type is not that of the interfaces before
     */
    @Override
    public int addInterface(CaptureInterface description) throws IOException {
        if (first == null) {
            writeHeader(description);
        } else if (first.linkType() != description.linkType()) {
            throw new IllegalArgumentException("a pcap file has one link type: linkType="
                    + LinkType.name(description.linkType()) + ", before=" + LinkType.name(first.linkType())
                    + " (expected: pcapng for a file of several)");
        }
        return interfaces++;
    }

    private void writeHeader(CaptureInterface description) throws IOException {
        // Words of 16 bits; what does not fit is left out, since a wrong length would cut the frames.
        boolean fits = description.fcsLength() <= MAX_FCS_LENGTH && description.fcsLength() % 2 == 0;
        fcsLength = fits ? description.fcsLength() : 0;
        int fcs = fcsLength == 0 ? 0 : FCS_LENGTH_PRESENT | fcsLength / 2 << FCS_LENGTH_SHIFT;
        int snapLength = description.snapLength();
        buffer.makeRoom(FILE_HEADER)
                .putInt(NANOSECONDS)
                .putShort((short) VERSION_MAJOR)
                .putShort((short) VERSION_MINOR)
                .putLong(0)
                .putInt(snapLength == 0 ? PcapngWriter.MAX_SNAP_LENGTH : snapLength)
                .putInt(description.linkType() | fcs);
        first = description;
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
        if (length < 0 || length > PcapngWriter.MAX_SNAP_LENGTH) {
            throw new IllegalArgumentException("captured length out of range: length=" + length + " (expected: 0.."
                    + PcapngWriter.MAX_SNAP_LENGTH + ')');
        }
        if (note != null) {
            notesLost++;
        }
        frame(timestampNanos, length, originalLength);
        buffer.put(data, index, length);
    }

    @Override
    public void writeFrame(int interfaceId, CapturedFrame frame, int snapLength) throws IOException {
        checkInterface(interfaceId);
        boolean hasNote = frame.note() != null;
        notesLost += hasNote ? 1 : 0;
        commentsLost += frame.comments().size() - (hasNote ? 1 : 0);
        int length = Math.min(
                Math.min(snapLength, PcapngWriter.MAX_SNAP_LENGTH), frame.data().readableBytes());
        // All frames of the file have an FCS of the same length, or none; what is shorter is read as FCS alone.
        boolean isFcsAlone = frame.originalLength() == 0 && !frame.data().isReadable();
        boolean withFcs = frame.fcsLength() == fcsLength || isFcsAlone && frame.fcsLength() < fcsLength;
        int fcs = withFcs ? Math.min(snapLength - length, frame.fcs().readableBytes()) : 0;
        // An FCS that is left out counts as snapped: the reader of the file takes the end of each frame for one.
        long wire = withFcs
                ? (long) frame.originalLength() + frame.fcsLength()
                : (long) Math.max(frame.originalLength(), frame.data().readableBytes()) + fcsLength;
        frame(frame.hasTimestamp() ? frame.timestampNanos() : 0, length + fcs, (int) Math.min(Integer.MAX_VALUE, wire));
        buffer.put(frame.data(), frame.data().readerIndex(), length);
        buffer.put(frame.fcs(), frame.fcs().readerIndex(), fcs);
    }

    private void frame(long timestampNanos, int length, int originalLength) throws IOException {
        long second = TimeUnit.SECONDS.toNanos(1);
        long seconds = Math.floorDiv(timestampNanos, second);
        ByteBuffer block = buffer.makeRoom(FRAME_HEADER + length);
        // Unsigned: 1970 to 2106.
        block.putInt((int) Math.max(0, Math.min(MAX_SECONDS, seconds)))
                .putInt((int) Math.floorMod(timestampNanos, second))
                .putInt(length)
                .putInt(originalLength);
    }

    private void checkInterface(int interfaceId) {
        if (interfaceId < 0 || interfaceId >= interfaces) {
            throw new IllegalArgumentException("unknown interface: id=" + interfaceId + ", interfaces=" + interfaces);
        }
    }

    /** Does nothing: the format has no counts. */
    @Override
    public void writeStatistics(int interfaceId, InterfaceStatistics statistics, long startNanos, long endNanos) {
        checkInterface(interfaceId);
    }

    /**
     * How many frames had a note of offload state, which this format cannot hold.
     *
     * @return the count up to now
     */
    public long notesLost() {
        return notesLost;
    }

    /**
     * How many comments on frames were left out.
     *
     * @return the count up to now
     */
    public long commentsLost() {
        return commentsLost;
    }

    @Override
    public int interfaceCount() {
        return interfaces;
    }

    @Override
    public long size() {
        return buffer.size();
    }

    @Override
    public void flush() throws IOException {
        buffer.flush();
    }

    @Override
    public void moveTo(WritableByteChannel next) throws IOException {
        completeFile();
        buffer.moveTo(next);
        first = null;
        interfaces = 0;
    }

    /** A file without an interface is still a file that opens. */
    private void completeFile() throws IOException {
        if (first == null) {
            writeHeader(new CaptureInterface(null, null, null, LinkType.ETHERNET, 0, 0, List.of()));
        }
    }

    @Override
    public void close() throws IOException {
        if (isOpen) {
            isOpen = false;
            try (buffer) {
                completeFile();
            }
        }
    }
}
