/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import io.netty.buffer.ByteBuf;

import java.util.concurrent.ThreadLocalRandom;

/**
 * A 48-bit IEEE 802 MAC address: an immutable value for configuration, logs and tests.
 *
 * <p>The path of a frame works on the plain {@code long} form instead ({@link #read(ByteBuf, int)}), which holds the
 * six octets in its low 48 bits, the first octet on the wire being the most significant.
 *
 * <pre>
 *  first octet on the wire
 *  7 6 5 4 3 2 1 0
 * +-+-+-+-+-+-+-+-+
 * |           |U|I|   I: group (1) or individual (0) address; U: locally (1) or universally (0) administered
 * +-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>Source: IEEE Std 802-2014, section 8.
 */
public final class MacAddress implements Comparable<MacAddress> {

    /** The length of an address on the wire, in bytes. */
    public static final int LENGTH = 6;

    /** {@code ff:ff:ff:ff:ff:ff}. */
    public static final MacAddress BROADCAST = new MacAddress(0xffff_ffff_ffffL);

    private static final long MASK = 0xffff_ffff_ffffL;
    private static final long GROUP_BIT = 1L << 40;
    private static final long LOCAL_BIT = 1L << 41;
    private static final int TEXT_LENGTH = 17;

    private final long value;

    private MacAddress(long value) {
        this.value = value;
    }

    /**
     * Makes an address from its 48-bit number.
     *
     * @param value the six octets in the low 48 bits, first octet most significant
     * @return the address
     * @throws IllegalArgumentException if a bit above the 48 is set
     */
    public static MacAddress of(long value) {
        if ((value & ~MASK) != 0) {
            throw new IllegalArgumentException("MAC address exceeds 48 bits: value=0x" + Long.toHexString(value));
        }
        return new MacAddress(value);
    }

    /**
     * Makes an address from six octets in wire order.
     *
     * @param octets an array of length 6
     * @return the address
     * @throws IllegalArgumentException if the array has another length
     */
    public static MacAddress of(byte[] octets) {
        if (octets.length != LENGTH) {
            throw new IllegalArgumentException("MAC address needs 6 octets: length=" + octets.length);
        }
        long value = 0;
        for (byte octet : octets) {
            value = value << 8 | octet & 0xff;
        }
        return new MacAddress(value);
    }

    /**
     * Parses six two-digit hexadecimal octets, separated by colons or by hyphens, in either case.
     *
     * @param text for example {@code 52:54:00:12:34:56}
     * @return the address
     * @throws IllegalArgumentException if the text has another form
     */
    public static MacAddress parse(CharSequence text) {
        char separator = text.length() == TEXT_LENGTH ? text.charAt(2) : 0;
        if (separator != ':' && separator != '-') {
            throw malformed(text);
        }
        long value = 0;
        for (int i = 0; i < TEXT_LENGTH; i++) {
            char c = text.charAt(i);
            if (i % 3 == 2) {
                if (c != separator) {
                    throw malformed(text);
                }
            } else {
                int digit = c < 0x80 ? Character.digit(c, 16) : -1;
                if (digit < 0) {
                    throw malformed(text);
                }
                value = value << 4 | digit;
            }
        }
        return new MacAddress(value);
    }

    private static IllegalArgumentException malformed(CharSequence text) {
        return new IllegalArgumentException(
                "not a MAC address: text=\"" + text + "\" (expected six hexadecimal octets, as in 52:54:00:12:34:56)");
    }

    /**
     * Draws a random locally administered individual address: one that no manufacturer has assigned.
     *
     * @return a new address, never a group address and never zero
     */
    public static MacAddress randomLocal() {
        long random = ThreadLocalRandom.current().nextLong() & MASK;
        return new MacAddress(random & ~GROUP_BIT | LOCAL_BIT);
    }

    /**
     * Reads the 48-bit number of an address from a buffer, without judging it and without moving an index.
     *
     * @param buffer the buffer
     * @param index the absolute index of the first octet
     * @return the number, as {@link #value()} returns it
     */
    public static long read(ByteBuf buffer, int index) {
        return (long) buffer.getInt(index) << 16 & MASK | buffer.getUnsignedShort(index + 4);
    }

    /**
     * Writes the 48-bit number of an address into a buffer, without moving an index.
     *
     * @param buffer the buffer
     * @param index the absolute index of the first octet
     * @param value the number, as {@link #value()} returns it
     */
    public static void write(ByteBuf buffer, int index, long value) {
        buffer.setInt(index, (int) (value >>> 16));
        buffer.setShort(index + 4, (int) value);
    }

    /**
     * Tells whether a 48-bit number is a group address (multicast or broadcast).
     *
     * @param value the number, as {@link #value()} returns it
     * @return true for a group address
     */
    public static boolean isGroup(long value) {
        return (value & GROUP_BIT) != 0;
    }

    /**
     * The address as a number.
     *
     * @return the six octets in the low 48 bits, first octet most significant
     */
    public long value() {
        return value;
    }

    /**
     * The address as octets.
     *
     * @return a new array of the six octets in wire order
     */
    public byte[] toBytes() {
        byte[] octets = new byte[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
            octets[i] = (byte) (value >>> 40 - 8 * i);
        }
        return octets;
    }

    /**
     * Tells whether this is {@code ff:ff:ff:ff:ff:ff}.
     *
     * @return true for the broadcast address
     */
    public boolean isBroadcast() {
        return value == MASK;
    }

    /**
     * Tells whether the group bit is set: a multicast address or the broadcast address.
     *
     * @return true for a group address
     */
    public boolean isGroup() {
        return isGroup(value);
    }

    /**
     * Tells whether the address is locally administered.
     *
     * @return true if the local bit is set
     */
    public boolean isLocal() {
        return (value & LOCAL_BIT) != 0;
    }

    @Override
    public int compareTo(MacAddress other) {
        return Long.compare(value, other.value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MacAddress && ((MacAddress) other).value == value;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(value);
    }

    /** The six octets in lower-case hexadecimal, separated by colons. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(TEXT_LENGTH);
        for (int shift = 40; shift >= 0; shift -= 8) {
            int octet = (int) (value >>> shift) & 0xff;
            text.append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 15, 16));
            if (shift > 0) {
                text.append(':');
            }
        }
        return text.toString();
    }
}
