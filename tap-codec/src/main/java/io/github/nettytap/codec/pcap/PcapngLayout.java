/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

/**
 * The numbers of the pcapng format: block types, where their fields stand, option codes.
 *
 * <pre>
 *  every block                      enhanced packet block, body
 * +--------------------------+     +--------------------------+
 * | type                     |  0  | interface id             |  8
 * | total length, a multiple |  4  | timestamp, high half     | 12
 * | of 4, counts all of this |     | timestamp, low half      | 16
 * +--------------------------+     | captured length          | 20
 * | body                     |  8  | original length          | 24
 * +--------------------------+     | frame, padded to 4 bytes | 28
 * | options: code, length,   |     +--------------------------+
 * | value padded to 4 bytes  |
 * +--------------------------+
 * | total length once more   |
 * +--------------------------+
 * </pre>
 *
 * <p>All fields are in the byte order of the section, which its header tells by the byte-order magic. Source:
 * draft-ietf-opsawg-pcapng, sections 3 and 4.
 */
final class PcapngLayout {

    /** Reads the same in both byte orders, so that a section header is known before its byte order is. */
    static final int SECTION_HEADER = 0x0a0d0d0a;

    static final int INTERFACE_DESCRIPTION = 1;
    /** Obsolete, but still found in old files: like the enhanced block, with a 16-bit interface id and drop count. */
    static final int PACKET = 2;

    static final int SIMPLE_PACKET = 3;
    static final int NAME_RESOLUTION = 4;
    static final int INTERFACE_STATISTICS = 5;
    static final int ENHANCED_PACKET = 6;
    static final int DECRYPTION_SECRETS = 10;

    static final int BYTE_ORDER_MAGIC = 0x1a2b3c4d;
    static final int VERSION_MAJOR = 1;
    static final int VERSION_MINOR = 0;

    /** Type, length, and the length once more. */
    static final int BLOCK_OVERHEAD = 12;

    static final int BODY = 8;
    static final int SECTION_HEADER_FIXED = 16;
    static final int INTERFACE_DESCRIPTION_FIXED = 8;
    static final int PACKET_FIXED = 20;
    static final int SIMPLE_PACKET_FIXED = 4;
    static final int INTERFACE_STATISTICS_FIXED = 12;

    static final int OPTION_END = 0;
    static final int OPTION_COMMENT = 1;
    static final int OPTION_SECTION_HARDWARE = 2;
    static final int OPTION_SECTION_OS = 3;
    static final int OPTION_SECTION_APPLICATION = 4;
    static final int OPTION_INTERFACE_NAME = 2;
    static final int OPTION_INTERFACE_DESCRIPTION = 3;
    static final int OPTION_INTERFACE_MAC = 6;
    static final int OPTION_INTERFACE_RESOLUTION = 9;
    static final int OPTION_INTERFACE_FCS_LENGTH = 13;
    static final int OPTION_INTERFACE_OFFSET = 14;
    static final int OPTION_PACKET_FLAGS = 2;
    static final int OPTION_STATISTICS_START = 2;
    static final int OPTION_STATISTICS_END = 3;
    static final int OPTION_STATISTICS_RECEIVED = 4;
    static final int OPTION_STATISTICS_DROPPED = 5;
    static final int OPTION_STATISTICS_FILTER_ACCEPTED = 6;
    static final int OPTION_STATISTICS_OS_DROPPED = 7;
    static final int OPTION_STATISTICS_DELIVERED = 8;

    /** The two lowest bits of the packet flags. */
    static final int FLAG_DIRECTION_MASK = 3;

    static final int FLAG_INBOUND = 1;
    static final int FLAG_OUTBOUND = 2;
    private static final int FLAG_FCS_SHIFT = 5;
    private static final int FLAG_FCS_MASK = 0xf;
    static final int FLAG_CHECKSUM_NOT_READY = 1 << 9;
    static final int FLAG_CHECKSUM_VALID = 1 << 10;
    static final int FLAG_SEGMENTATION_OFFLOADED = 1 << 11;

    /** 10^-9 seconds. */
    static final int RESOLUTION_NANOSECONDS = 9;
    /** What an interface without the option has: 10^-6 seconds. */
    static final int RESOLUTION_DEFAULT = 6;

    private PcapngLayout() {}

    /** The length of the FCS in bytes that the flags of a packet tell, 0 where they do not. */
    static int fcsLength(int flags) {
        return flags >>> FLAG_FCS_SHIFT & FLAG_FCS_MASK;
    }

    static int padded(int length) {
        return length + 3 & ~3;
    }
}
