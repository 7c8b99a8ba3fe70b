/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

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
 * | FCS length, link type    | 20  | modified format only:    |
 * +--------------------------+     | interface index          | 16
 *                                  | protocol                 | 20
 *                                  | packet type, padding     | 22
 *                                  +--------------------------+
 * </pre>
 *
 * <p>The magic tells byte order, resolution, and the modified format that some Linux distributions wrote around 2000.
 * Until version 2.3 the two lengths stood in the other order, in 2.3 in either. Sources: draft-ietf-opsawg-pcap,
 * sections 4 and 5; libpcap's {@code sf-pcap.c} for the variants.
 */
final class PcapReader implements CaptureReader {

    private static final int MICROSECONDS = 0xa1b2c3d4;
    private static final int NANOSECONDS = 0xa1b23c4d;
    private static final int MODIFIED = 0xa1b2cd34;
    private static final int FILE_HEADER = 24;
    private static final int FRAME_HEADER = 16;
    private static final int MODIFIED_FRAME_HEADER = 24;
    private static final int PACKET_TYPE = 22;
    private static final int PACKET_OUTGOING = 4;
    private static final int LINK_TYPE_MASK = 0xffff;
    private static final int FCS_LENGTH_PRESENT = 0x0400_0000;
    private static final int FCS_LENGTH_SHIFT = 28;
    private static final int VERSION_MAJOR = 2;
    /** From this minor version on the captured length certainly comes first. */
    private static final int VERSION_ORDERED = 4;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final CaptureInput input;
    private final CaptureInterface captureInterface;
    private final int frameHeader;
    private final int nanosPerTick;
    private final int minor;
    private boolean truncated;

    PcapReader(CaptureInput input) throws IOException {
        this.input = input;
        if (!input.request(FILE_HEADER)) {
            throw new CaptureFormatException(
                    "pcap header cut short", 0, "length=" + input.available(), Integer.toString(FILE_HEADER));
        }
        ByteBuffer bytes = input.bytes().order(ByteOrder.LITTLE_ENDIAN);
        int start = input.position();
        if (!isNative(bytes.getInt(start))) {
            bytes.order(ByteOrder.BIG_ENDIAN);
        }
        int magic = bytes.getInt(start);
        frameHeader = magic == MODIFIED ? MODIFIED_FRAME_HEADER : FRAME_HEADER;
        nanosPerTick = magic == NANOSECONDS ? 1 : 1000;
        int major = bytes.getShort(start + 4) & 0xffff;
        if (major != VERSION_MAJOR) {
            throw new CaptureFormatException("pcap version not known", 0, "major=" + major, "2");
        }
        minor = bytes.getShort(start + 6) & 0xffff;
        int linkType = bytes.getInt(start + 20);
        captureInterface = new CaptureInterface(
                null,
                null,
                null,
                linkType & LINK_TYPE_MASK,
                Math.max(0, bytes.getInt(start + 16)),
                // In units of 16 bits.
                (linkType & FCS_LENGTH_PRESENT) == 0 ? 0 : 2 * (linkType >>> FCS_LENGTH_SHIFT),
                List.of());
        input.take(FILE_HEADER);
    }

    private static boolean isNative(int magic) {
        return magic == MICROSECONDS || magic == NANOSECONDS || magic == MODIFIED;
    }

    /** Tells whether the first four bytes of a file, read as little-endian, are those of a pcap file. */
    static boolean isMagic(int magic) {
        return isNative(magic) || isNative(Integer.reverseBytes(magic));
    }

    @Override
    public CapturedFrame next() throws IOException {
        if (truncated || !input.request(frameHeader)) {
            truncated |= input.available() > 0;
            return null;
        }
        int start = input.position();
        int length = input.bytes().getInt(start + 8);
        int originalLength = input.bytes().getInt(start + 12);
        if (minor < VERSION_ORDERED - 1
                || minor == VERSION_ORDERED - 1 && Integer.compareUnsigned(length, originalLength) > 0) {
            int first = length;
            length = originalLength;
            originalLength = first;
        }
        if (length < 0 || length > PcapngWriter.MAX_SNAP_LENGTH) {
            throw new CaptureFormatException(
                    "pcap frame length out of range",
                    input.offset(),
                    "length=" + Integer.toUnsignedString(length),
                    "0.." + PcapngWriter.MAX_SNAP_LENGTH);
        }
        if (!input.request(frameHeader + length)) {
            truncated = true;
            return null;
        }
        ByteBuffer bytes = input.bytes();
        start = input.position();
        long seconds = bytes.getInt(start) & 0xffff_ffffL;
        long fraction = bytes.getInt(start + 4) & 0xffff_ffffL;
        byte[] data = new byte[length];
        bytes.get(start + frameHeader, data);
        CapturedFrame frame = CapturedFrame.of(
                0,
                captureInterface,
                seconds * NANOS_PER_SECOND + fraction * nanosPerTick,
                originalLength,
                data,
                frameHeader == FRAME_HEADER ? 0 : flags(bytes.get(start + PACKET_TYPE)),
                List.of());
        input.take(frameHeader + length);
        return frame;
    }

    private static int flags(byte packetType) {
        return packetType == PACKET_OUTGOING ? PcapngLayout.FLAG_OUTBOUND : PcapngLayout.FLAG_INBOUND;
    }

    @Override
    public CaptureSection section() {
        return PcapngReader.NOTHING_SAID;
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
    public void metadata(MetadataListener listener) {
        // The format has none.
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
