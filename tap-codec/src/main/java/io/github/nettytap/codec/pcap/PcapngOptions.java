/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Walks the options at the end of a block, in the byte order of its buffer, and never past the end of the block. */
final class PcapngOptions {

    private static final int HEADER = 4;

    private final ByteBuffer bytes;
    private final int end;
    private final long blockOffset;
    private int next;
    private int code;
    private int value;
    private int length;

    PcapngOptions(ByteBuffer bytes, int start, int end, long blockOffset) {
        this.bytes = bytes;
        this.next = start;
        this.end = end;
        this.blockOffset = blockOffset;
    }

    /** Goes to the next option: false at the end mark, or where the block ends without one. */
    boolean next() throws CaptureFormatException {
        if (end - next < HEADER) {
            return false;
        }
        code = bytes.getShort(next) & 0xffff;
        length = bytes.getShort(next + 2) & 0xffff;
        value = next + HEADER;
        if (code == PcapngLayout.OPTION_END) {
            return false;
        }
        if (length > end - value) {
            throw new CaptureFormatException(
                    "pcapng option exceeds its block",
                    blockOffset,
                    "code=" + code + ", length=" + length,
                    "at most " + (end - value));
        }
        next = Math.min(end, value + PcapngLayout.padded(length));
        return true;
    }

    int code() {
        return code;
    }

    String text() {
        byte[] octets = octets();
        // Some writers end the text with a zero, which the format does not ask for.
        int end = length;
        while (end > 0 && octets[end - 1] == 0) {
            end--;
        }
        return new String(octets, 0, end, StandardCharsets.UTF_8);
    }

    /** Whether the value has this length. One that has not says nothing, but does no harm to what follows it. */
    boolean has(int expected) {
        return length == expected;
    }

    byte[] octets() {
        byte[] octets = new byte[length];
        bytes.get(value, octets);
        return octets;
    }

    int octet() {
        return bytes.get(value) & 0xff;
    }

    int integer() {
        return bytes.getInt(value);
    }

    long number() {
        return bytes.getLong(value);
    }
}
