/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.print;

import io.netty.buffer.ByteBuf;

/**
 * Dumps bytes as {@code tcpdump} does: in hexadecimal ({@code -x}), with characters beside it ({@code -X}), or as text
 * ({@code -A}).
 *
 * <pre>
 *         0x0000:  4500 001c 0000 0000 4011 0000 0a00 0001  E.......@.......
 *         0x0010:  0a00 0002 0009                           ......
 * </pre>
 *
 * <p>Each method begins with a line end, since the dump of a frame follows its line, and ends without one. Buffers keep
 * their indices. Any thread.
 */
public final class HexPrinter {

    private static final int BYTES_PER_LINE = 16;
    /** Five characters for each two bytes. */
    private static final int HEX_WIDTH = BYTES_PER_LINE / 2 * 5;

    private static final char[] DIGITS = "0123456789abcdef".toCharArray();

    private HexPrinter() {}

    /**
     * Appends bytes in hexadecimal.
     *
     * @param text what to append to
     * @param buffer holds the bytes
     * @param index where they start
     * @param length how many, not beyond the writer index
     */
    public static void appendHex(StringBuilder text, ByteBuf buffer, int index, int length) {
        for (int offset = 0; offset < length; offset += BYTES_PER_LINE) {
            appendOffset(text, offset);
            appendLine(text, buffer, index + offset, Math.min(BYTES_PER_LINE, length - offset));
        }
    }

    /**
     * Appends bytes in hexadecimal and as characters.
     *
     * @param text what to append to
     * @param buffer holds the bytes
     * @param index where they start
     * @param length how many, not beyond the writer index
     */
    public static void appendHexAndAscii(StringBuilder text, ByteBuf buffer, int index, int length) {
        for (int offset = 0; offset < length; offset += BYTES_PER_LINE) {
            appendOffset(text, offset);
            int count = Math.min(BYTES_PER_LINE, length - offset);
            int start = text.length();
            appendLine(text, buffer, index + offset, count);
            text.append(" ".repeat(HEX_WIDTH - (text.length() - start) + 2));
            for (int i = 0; i < count; i++) {
                int octet = buffer.getUnsignedByte(index + offset + i);
                text.append(isGraphic(octet) ? (char) octet : '.');
            }
        }
    }

    /**
     * Appends bytes as text: what cannot be printed is a dot, but for line ends, tabulators and blanks.
     *
     * @param text what to append to
     * @param buffer holds the bytes
     * @param index where they start
     * @param length how many, not beyond the writer index
     */
    public static void appendAscii(StringBuilder text, ByteBuf buffer, int index, int length) {
        text.append('\n');
        for (int i = 0; i < length; i++) {
            int octet = buffer.getUnsignedByte(index + i);
            if (octet == '\r') {
                // Usually before a line end, which then says it all.
                if (i + 1 < length && buffer.getByte(index + i + 1) != '\n') {
                    text.append('.');
                }
            } else {
                text.append(isGraphic(octet) || octet == '\t' || octet == ' ' || octet == '\n' ? (char) octet : '.');
            }
        }
    }

    private static void appendOffset(StringBuilder text, int offset) {
        text.append("\n\t0x");
        String digits = Integer.toHexString(offset);
        text.append("0".repeat(Math.max(0, 4 - digits.length()))).append(digits).append(": ");
    }

    private static void appendLine(StringBuilder text, ByteBuf buffer, int index, int count) {
        for (int i = 0; i < count; i++) {
            int octet = buffer.getUnsignedByte(index + i);
            if ((i & 1) == 0) {
                text.append(' ');
            }
            text.append(DIGITS[octet >>> 4]).append(DIGITS[octet & 0xf]);
        }
    }

    private static boolean isGraphic(int octet) {
        return octet > ' ' && octet < 0x7f;
    }
}
