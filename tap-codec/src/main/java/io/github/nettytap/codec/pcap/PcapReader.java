/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import io.github.nettytap.codec.wire.FrameDirection;
import io.netty.buffer.Unpooled;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Reads the classic format of libpcap.
 *
 * <pre>
 *  file header, 24 bytes            frame header, 16 bytes
 * +--------------------------+     +--------------------------+
 * | magic                    |  0  | seconds                  |  0
 * | version 2, 4             |  4  | micro- or nanoseconds    |  4
 * | reserved                 |  8  | captured length          |  8
 * | reserved                 | 12  | original length          | 12
 * | snap length              | 16  +--------------------------+
 * | FCS length, link type    | 20
 * +--------------------------+
 * </pre>
 *
 * <p>The magic tells byte order and resolution. Source: draft-ietf-opsawg-pcap, sections 4 and 5.
 */
final class PcapReader implements CaptureReader {

    private static final int MICROSECONDS = 0xa1b2c3d4;
    private static final int NANOSECONDS = 0xa1b23c4d;
    private static final int FILE_HEADER = 24;
    private static final int FRAME_HEADER = 16;
    private static final int LINK_TYPE_MASK = 0xffff;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final CaptureInput input;
    private final CaptureInterface captureInterface;
    private final int nanosPerTick;
    private boolean truncated;

    PcapReader(CaptureInput input) throws IOException {
        this.input = input;
        if (!input.request(FILE_HEADER)) {
            throw new CaptureFormatException(
                    "pcap header cut short", 0, "length=" + input.available(), Integer.toString(FILE_HEADER));
        }
        ByteBuffer bytes = input.bytes().order(ByteOrder.LITTLE_ENDIAN);
        int start = input.position();
        int magic = bytes.getInt(start);
        if (magic != MICROSECONDS && magic != NANOSECONDS) {
            bytes.order(ByteOrder.BIG_ENDIAN);
            magic = bytes.getInt(start);
        }
        nanosPerTick = magic == NANOSECONDS ? 1 : 1000;
        int major = bytes.getShort(start + 4) & 0xffff;
        if (major != 2) {
            throw new CaptureFormatException("pcap version not known", 0, "major=" + major, "2");
        }
        captureInterface = new CaptureInterface(
                null, null, null, bytes.getInt(start + 20) & LINK_TYPE_MASK, Math.max(0, bytes.getInt(start + 16)));
        input.take(FILE_HEADER);
    }

    /** Tells whether the first four bytes of a file, read as little-endian, are those of a pcap file. */
    static boolean isMagic(int magic) {
        int swapped = Integer.reverseBytes(magic);
        return magic == MICROSECONDS || magic == NANOSECONDS || swapped == MICROSECONDS || swapped == NANOSECONDS;
    }

    @Override
    public CapturedFrame next() throws IOException {
        if (truncated || !input.request(FRAME_HEADER)) {
            truncated |= input.available() > 0;
            return null;
        }
        int start = input.position();
        int length = input.bytes().getInt(start + 8);
        if (length < 0 || length > PcapngWriter.MAX_SNAP_LENGTH) {
            throw new CaptureFormatException(
                    "pcap frame length out of range",
                    input.offset(),
                    "length=" + Integer.toUnsignedString(length),
                    "0.." + PcapngWriter.MAX_SNAP_LENGTH);
        }
        if (!input.request(FRAME_HEADER + length)) {
            truncated = true;
            return null;
        }
        ByteBuffer bytes = input.bytes();
        start = input.position();
        long seconds = bytes.getInt(start) & 0xffff_ffffL;
        long fraction = bytes.getInt(start + 4) & 0xffff_ffffL;
        byte[] data = new byte[length];
        bytes.get(start + FRAME_HEADER, data);
        CapturedFrame frame = new CapturedFrame(
                0,
                captureInterface,
                seconds * NANOS_PER_SECOND + fraction * nanosPerTick,
                FrameDirection.UNKNOWN,
                bytes.getInt(start + 12),
                Unpooled.wrappedBuffer(data),
                null);
        input.take(FRAME_HEADER + length);
        return frame;
    }

    @Override
    public CaptureSection section() {
        return new CaptureSection(null, null, null);
    }

    @Override
    public List<CaptureInterface> interfaces() {
        return List.of(captureInterface);
    }

    @Override
    public InterfaceStatistics statistics(int interfaceId) {
        return null;
    }

    @Override
    public boolean isTruncated() {
        return truncated;
    }

    @Override
    public void close() throws IOException {
        input.close();
    }
}
