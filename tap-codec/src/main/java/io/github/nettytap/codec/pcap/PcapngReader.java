/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import io.github.nettytap.codec.wire.MacAddress;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Reads pcapng: sections of either byte order, also mixed. Blocks that are of no use here (name resolution, secrets,
 * custom and unknown ones) are passed over, but for a listener.
 */
final class PcapngReader implements CaptureReader {

    /** Longer blocks are taken for damage: the same limit as Wireshark's. */
    private static final int MAX_BLOCK_LENGTH = 16 * 1024 * 1024;

    static final CaptureSection NOTHING_SAID = new CaptureSection(null, null, null);

    private final CaptureInput input;
    private final List<Source> sources = new ArrayList<>();
    private final List<CaptureInterface> interfaces = new ArrayList<>();
    private CaptureSection section = NOTHING_SAID;
    private MetadataListener listener;
    private ByteOrder order;
    private boolean truncated;

    /** What only the reader needs to know of an interface. */
    private static final class Source {
        private final TimestampResolution resolution;
        private InterfaceStatistics statistics;

        private Source(TimestampResolution resolution) {
            this.resolution = resolution;
        }
    }

    PcapngReader(CaptureInput input) {
        this.input = input;
    }

    @Override
    public CapturedFrame next() throws IOException {
        while (!truncated) {
            int length = requestBlock();
            if (length < 0) {
                return null;
            }
            CapturedFrame frame = read(length);
            input.take(length);
            if (frame != null) {
                return frame;
            }
        }
        return null;
    }

    /** Brings the whole next block into the window and checks its frame; -1 at the end of the file. */
    private int requestBlock() throws IOException {
        if (!input.request(PcapngLayout.BLOCK_OVERHEAD)) {
            truncated = input.available() > 0;
            return -1;
        }
        int start = input.position();
        ByteBuffer bytes = input.bytes();
        if (bytes.getInt(start) == PcapngLayout.SECTION_HEADER) {
            order = byteOrder(bytes.order(ByteOrder.LITTLE_ENDIAN).getInt(start + PcapngLayout.BODY));
        }
        bytes.order(order);
        int length = bytes.getInt(start + 4);
        if (length < PcapngLayout.BLOCK_OVERHEAD || length > MAX_BLOCK_LENGTH || (length & 3) != 0) {
            throw damaged(
                    "pcapng block length out of range",
                    "length=" + Integer.toUnsignedString(length),
                    "a multiple of 4, " + PcapngLayout.BLOCK_OVERHEAD + ".." + MAX_BLOCK_LENGTH);
        }
        if (!input.request(length)) {
            truncated = true;
            return -1;
        }
        int trailer = input.bytes().getInt(input.position() + length - 4);
        if (trailer != length) {
            throw damaged(
                    "pcapng block lengths differ",
                    "length=" + length + ", trailer=" + Integer.toUnsignedString(trailer),
                    "the same length at both ends");
        }
        return length;
    }

    private ByteOrder byteOrder(int magic) throws CaptureFormatException {
        if (magic == PcapngLayout.BYTE_ORDER_MAGIC) {
            return ByteOrder.LITTLE_ENDIAN;
        }
        if (Integer.reverseBytes(magic) == PcapngLayout.BYTE_ORDER_MAGIC) {
            return ByteOrder.BIG_ENDIAN;
        }
        throw damaged(
                "pcapng byte order not known",
                String.format("magic=0x%08x", magic),
                String.format("0x%08x in either byte order", PcapngLayout.BYTE_ORDER_MAGIC));
    }

    private CapturedFrame read(int length) throws IOException {
        int body = input.position() + PcapngLayout.BODY;
        int end = input.position() + length - 4;
        int type = input.bytes().getInt(input.position());
        switch (type) {
            case PcapngLayout.SECTION_HEADER:
                readSection(body, end);
                return null;
            case PcapngLayout.INTERFACE_DESCRIPTION:
                readInterface(body, end);
                return null;
            case PcapngLayout.INTERFACE_STATISTICS:
                readStatistics(body, end);
                return null;
            case PcapngLayout.ENHANCED_PACKET:
                return readPacket(body, end, true);
            case PcapngLayout.PACKET:
                return readPacket(body, end, false);
            case PcapngLayout.SIMPLE_PACKET:
                return readSimplePacket(body, end);
            default:
                if (listener != null) {
                    ByteBuffer content = input.bytes().duplicate().limit(end).position(body);
                    listener.onBlock(MetadataBlock.of(type, content.order(order)));
                }
                return null;
        }
    }

    private void readSection(int body, int end) throws CaptureFormatException {
        PcapngOptions options = options("section header", body, end, PcapngLayout.SECTION_HEADER_FIXED);
        int major = input.bytes().getShort(body + 4) & 0xffff;
        if (major != PcapngLayout.VERSION_MAJOR) {
            throw damaged("pcapng version not known", "major=" + major, Integer.toString(PcapngLayout.VERSION_MAJOR));
        }
        String hardware = null;
        String operatingSystem = null;
        String application = null;
        List<String> comments = new ArrayList<>(0);
        while (options.next()) {
            switch (options.code()) {
                case PcapngLayout.OPTION_SECTION_HARDWARE:
                    hardware = options.text();
                    break;
                case PcapngLayout.OPTION_SECTION_OS:
                    operatingSystem = options.text();
                    break;
                case PcapngLayout.OPTION_SECTION_APPLICATION:
                    application = options.text();
                    break;
                case PcapngLayout.OPTION_COMMENT:
                    comments.add(options.text());
                    break;
                default:
            }
        }
        section = new CaptureSection(application, operatingSystem, hardware, List.copyOf(comments));
        interfaces.clear();
        sources.clear();
    }

    private void readInterface(int body, int end) throws CaptureFormatException {
        PcapngOptions options = options("interface description", body, end, PcapngLayout.INTERFACE_DESCRIPTION_FIXED);
        String name = null;
        String description = null;
        MacAddress mac = null;
        int resolution = PcapngLayout.RESOLUTION_DEFAULT;
        long offsetSeconds = 0;
        int fcsLength = 0;
        List<String> comments = new ArrayList<>(0);
        while (options.next()) {
            switch (options.code()) {
                case PcapngLayout.OPTION_INTERFACE_NAME:
                    name = options.text();
                    break;
                case PcapngLayout.OPTION_INTERFACE_DESCRIPTION:
                    description = options.text();
                    break;
                case PcapngLayout.OPTION_INTERFACE_MAC:
                    mac = options.has(MacAddress.LENGTH) ? MacAddress.of(options.octets()) : mac;
                    break;
                case PcapngLayout.OPTION_INTERFACE_RESOLUTION:
                    resolution = options.has(1) ? options.octet() : resolution;
                    break;
                case PcapngLayout.OPTION_INTERFACE_OFFSET:
                    offsetSeconds = options.has(Long.BYTES) ? options.number() : offsetSeconds;
                    break;
                case PcapngLayout.OPTION_INTERFACE_FCS_LENGTH:
                    fcsLength = options.has(1) ? options.octet() : fcsLength;
                    break;
                case PcapngLayout.OPTION_COMMENT:
                    comments.add(options.text());
                    break;
                default:
            }
        }
        ByteBuffer bytes = input.bytes();
        int linkType = bytes.getShort(body) & 0xffff;
        int snapLength = Math.max(0, bytes.getInt(body + 4));
        interfaces.add(new CaptureInterface(name, description, mac, linkType, snapLength, fcsLength, comments));
        sources.add(new Source(new TimestampResolution(resolution, offsetSeconds)));
    }

    private void readStatistics(int body, int end) throws CaptureFormatException {
        PcapngOptions options = options("interface statistics", body, end, PcapngLayout.INTERFACE_STATISTICS_FIXED);
        Source source = sources.get(checkInterface(input.bytes().getInt(body)));
        long received = InterfaceStatistics.NOT_KNOWN;
        long dropped = InterfaceStatistics.NOT_KNOWN;
        long accepted = InterfaceStatistics.NOT_KNOWN;
        long droppedByKernel = InterfaceStatistics.NOT_KNOWN;
        long delivered = InterfaceStatistics.NOT_KNOWN;
        while (options.next()) {
            switch (options.code()) {
                case PcapngLayout.OPTION_STATISTICS_RECEIVED:
                    received = options.has(Long.BYTES) ? options.number() : received;
                    break;
                case PcapngLayout.OPTION_STATISTICS_DROPPED:
                    dropped = options.has(Long.BYTES) ? options.number() : dropped;
                    break;
                case PcapngLayout.OPTION_STATISTICS_FILTER_ACCEPTED:
                    accepted = options.has(Long.BYTES) ? options.number() : accepted;
                    break;
                case PcapngLayout.OPTION_STATISTICS_OS_DROPPED:
                    droppedByKernel = options.has(Long.BYTES) ? options.number() : droppedByKernel;
                    break;
                case PcapngLayout.OPTION_STATISTICS_DELIVERED:
                    delivered = options.has(Long.BYTES) ? options.number() : delivered;
                    break;
                default:
            }
        }
        source.statistics = new InterfaceStatistics(received, dropped, accepted, droppedByKernel, delivered);
    }

    private CapturedFrame readPacket(int body, int end, boolean enhanced) throws CaptureFormatException {
        checkFixed("packet", body, end, PcapngLayout.PACKET_FIXED);
        ByteBuffer bytes = input.bytes();
        int id = checkInterface(enhanced ? bytes.getInt(body) : bytes.getShort(body) & 0xffff);
        long ticks = (long) bytes.getInt(body + 4) << 32 | bytes.getInt(body + 8) & 0xffff_ffffL;
        int length = bytes.getInt(body + 12);
        int room = end - body - PcapngLayout.PACKET_FIXED;
        if (length < 0 || length > room) {
            throw damaged(
                    "pcapng captured length out of range",
                    "length=" + Integer.toUnsignedString(length),
                    "0.." + room + ", what the block has room for");
        }
        // The block length is a multiple of 4 and so is the fixed part: the padded frame fits where the frame does.
        PcapngOptions options = options("packet", body, end, PcapngLayout.PACKET_FIXED + PcapngLayout.padded(length));
        int flags = 0;
        List<String> comments = new ArrayList<>(0);
        while (options.next()) {
            switch (options.code()) {
                case PcapngLayout.OPTION_PACKET_FLAGS:
                    flags = options.has(Integer.BYTES) ? options.integer() : flags;
                    break;
                case PcapngLayout.OPTION_COMMENT:
                    comments.add(options.text());
                    break;
                default:
            }
        }
        return CapturedFrame.of(
                id,
                interfaces.get(id),
                sources.get(id).resolution.toNanos(ticks),
                bytes.getInt(body + 16),
                copy(body + PcapngLayout.PACKET_FIXED, length),
                flags,
                comments.isEmpty() ? List.of() : List.copyOf(comments));
    }

    /** A simple packet block belongs to the first interface, has no time, and no length but the original one. */
    private CapturedFrame readSimplePacket(int body, int end) throws CaptureFormatException {
        checkFixed("simple packet", body, end, PcapngLayout.SIMPLE_PACKET_FIXED);
        int originalLength = input.bytes().getInt(body);
        CaptureInterface captureInterface = interfaces.get(checkInterface(0));
        int room = end - body - PcapngLayout.SIMPLE_PACKET_FIXED;
        int length = originalLength < 0 ? room : Math.min(originalLength, room);
        if (captureInterface.snapLength() > 0) {
            length = Math.min(length, captureInterface.snapLength());
        }
        return CapturedFrame.of(
                0,
                captureInterface,
                CapturedFrame.NO_TIMESTAMP,
                originalLength,
                copy(body + PcapngLayout.SIMPLE_PACKET_FIXED, length),
                0,
                List.of());
    }

    private byte[] copy(int index, int length) {
        byte[] data = new byte[length];
        input.bytes().get(index, data);
        return data;
    }

    private PcapngOptions options(String block, int body, int end, int fixed) throws CaptureFormatException {
        checkFixed(block, body, end, fixed);
        return new PcapngOptions(input.bytes(), body + fixed, end, input.offset());
    }

    private void checkFixed(String block, int body, int end, int fixed) throws CaptureFormatException {
        if (end - body < fixed) {
            throw damaged("pcapng " + block + " too short", "length=" + (end - body), "at least " + fixed);
        }
    }

    private int checkInterface(int id) throws CaptureFormatException {
        if (id < 0 || id >= interfaces.size()) {
            throw damaged(
                    "pcapng interface not described",
                    "id=" + Integer.toUnsignedString(id),
                    "one of the " + interfaces.size() + " described before");
        }
        return id;
    }

    private CaptureFormatException damaged(String what, String found, String expected) {
        return new CaptureFormatException(what, input.offset(), found, expected);
    }

    @Override
    public CaptureSection section() {
        return section;
    }

    @Override
    public List<CaptureInterface> interfaces() {
        return Collections.unmodifiableList(interfaces);
    }

    @Override
    public InterfaceStatistics statistics(int interfaceId) {
        return sources.get(interfaceId).statistics;
    }

    @Override
    public void metadata(MetadataListener listener) {
        this.listener = listener;
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
