/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A block of a pcapng file that is neither a frame nor the description or the counts of an interface, such as name
 * resolution and decryption secrets, in a form that {@link PcapngWriter} can write.
 *
 * @param type the block type, from draft-ietf-opsawg-pcapng, section 11.1
 * @param body what stands between the lengths of the block, in little-endian byte order whatever the source had; a
 *     buffer of this object alone, or null where the block cannot be carried over
 */
public record MetadataBlock(int type, ByteBuffer body) {

    private static final int CUSTOM = 0xbad;
    private static final int CUSTOM_NOT_TO_COPY = 0x4000_0bad;

    /**
     * Names the kind of block.
     *
     * @return a few words, such as "name resolution"
     */
    public String name() {
        switch (type) {
            case PcapngLayout.NAME_RESOLUTION:
                return "name resolution";
            case PcapngLayout.DECRYPTION_SECRETS:
                return "decryption secrets";
            case CUSTOM:
            case CUSTOM_NOT_TO_COPY:
                return "custom block";
            default:
                return String.format("block of type 0x%08x", type);
        }
    }

    /** Takes the body out of a file, in the byte order of the source. */
    static MetadataBlock of(int type, ByteBuffer source) {
        ByteBuffer body = ByteBuffer.allocate(source.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        body.put(source.duplicate()).flip();
        boolean isSwapped = source.order() != ByteOrder.LITTLE_ENDIAN;
        boolean isWhole;
        switch (type) {
            case PcapngLayout.NAME_RESOLUTION:
                isWhole = !isSwapped || swapNames(body);
                break;
            case PcapngLayout.DECRYPTION_SECRETS:
                isWhole = !isSwapped || swapSecrets(body);
                break;
            case CUSTOM:
                // Whoever defined it knows the byte order of what is in it.
                isWhole = !isSwapped;
                break;
            default:
                isWhole = false;
        }
        return new MetadataBlock(type, isWhole ? body : null);
    }

    /** Name records, up to the one of type 0, then options: all begin with a type and a length of 16 bits. */
    private static boolean swapNames(ByteBuffer body) {
        int options = swapList(body, 0);
        return options >= 0 && swapList(body, options) >= 0;
    }

    private static boolean swapSecrets(ByteBuffer body) {
        if (body.remaining() < 8) {
            return false;
        }
        swapInt(body, 0);
        swapInt(body, 4);
        int length = body.getInt(4);
        return length >= 0 && length <= body.limit() - 8 && swapList(body, 8 + PcapngLayout.padded(length)) >= 0;
    }

    /** Swaps type and length of each element: where the list ends, or -1 if it is damaged. */
    private static int swapList(ByteBuffer body, int start) {
        int next = start;
        while (body.limit() - next >= 4) {
            swapShort(body, next);
            swapShort(body, next + 2);
            int type = body.getShort(next);
            int length = body.getShort(next + 2) & 0xffff;
            next += 4 + PcapngLayout.padded(length);
            if (next > body.limit()) {
                return -1;
            }
            if (type == PcapngLayout.OPTION_END) {
                break;
            }
        }
        return next;
    }

    private static void swapShort(ByteBuffer body, int index) {
        body.putShort(index, Short.reverseBytes(body.getShort(index)));
    }

    private static void swapInt(ByteBuffer body, int index) {
        body.putInt(index, Integer.reverseBytes(body.getInt(index)));
    }
}
