/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An IPv4 or IPv6 address with a prefix length, as in {@code 10.0.0.1/24}. Host bits are kept, and an IPv4-mapped
 * address ({@code ::ffff:10.0.0.1}, RFC 4291 section 2.5.5.2) stays the IPv6 address that it is, which {@code
 * InetAddress} turns into an IPv4 address.
 */
public final class Cidr {

    /** What the JDK takes as an address; anything else it would look up as a name. */
    private static final Pattern LITERAL = Pattern.compile(
            "(25[0-5]|(2[0-4]|1?[0-9])?[0-9])(\\.(25[0-5]|(2[0-4]|1?[0-9])?[0-9])){3}|[0-9a-fA-F.]*:[0-9a-fA-F:.]*");

    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,3}");

    private static final Pattern ZEROS = Pattern.compile("(^|:)0(:0)+(:|$)");

    private final InetAddress address;
    private final int prefixLength;

    private Cidr(InetAddress address, int prefixLength) {
        this.address = address;
        this.prefixLength = prefixLength;
    }

    /**
     * Makes one from its parts.
     *
     * @param address the address
     * @param prefixLength 0 to 32 for IPv4, 0 to 128 for IPv6
     * @return the address with its prefix length
     * @throws IllegalArgumentException if the length is out of range
     */
    public static Cidr of(InetAddress address, int prefixLength) {
        int bits = address.getAddress().length * Byte.SIZE;
        if (prefixLength < 0 || prefixLength > bits) {
            throw new IllegalArgumentException("prefix length out of range: address=" + address.getHostAddress()
                    + ", prefixLength=" + prefixLength + " (expected: 0 to " + bits + ")");
        }
        return new Cidr(address, prefixLength);
    }

    /**
     * Makes one from an address as it is on the wire.
     *
     * @param octets 4 octets for IPv4, 16 for IPv6
     * @param prefixLength 0 to 32 for IPv4, 0 to 128 for IPv6
     * @return the address with its prefix length
     * @throws IllegalArgumentException if the length of either is out of range
     */
    public static Cidr of(byte[] octets, int prefixLength) {
        try {
            return of(address(octets), prefixLength);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("not an address: octets=" + octets.length + " (expected: 4 or 16)", e);
        }
    }

    private static InetAddress address(byte[] octets) throws UnknownHostException {
        return octets.length == 16 ? Inet6Address.getByAddress(null, octets, -1) : InetAddress.getByAddress(octets);
    }

    /**
     * Parses the usual text. No name is looked up.
     *
     * @param text for example {@code 10.0.0.1/24} or {@code fd00::1/64}; without a slash it is one whole address
     * @return the address with its prefix length
     * @throws IllegalArgumentException if the text has another form
     */
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        String literal = slash < 0 ? text : text.substring(0, slash);
        String length = slash < 0 ? "0" : text.substring(slash + 1);
        if (!LITERAL.matcher(literal).matches() || !LENGTH.matcher(length).matches()) {
            throw malformed(text, null);
        }
        try {
            InetAddress address = InetAddress.getByName(literal);
            if (address instanceof Inet4Address && literal.indexOf(':') >= 0) {
                address = mapped(address.getAddress());
            }
            int bits = address.getAddress().length * Byte.SIZE;
            return of(address, slash < 0 ? bits : Integer.parseInt(length));
        } catch (UnknownHostException e) {
            throw malformed(text, e);
        }
    }

    private static InetAddress mapped(byte[] octets) throws UnknownHostException {
        byte[] whole = new byte[16];
        whole[10] = (byte) 0xff;
        whole[11] = (byte) 0xff;
        System.arraycopy(octets, 0, whole, 12, octets.length);
        return address(whole);
    }

    private static IllegalArgumentException malformed(String text, Exception cause) {
        return new IllegalArgumentException(
                "not an address with prefix length: text=\"" + text + "\" (expected: 10.0.0.1/24 or fd00::1/64)",
                cause);
    }

    /**
     * The address.
     *
     * @return the address with its host bits
     */
    public InetAddress address() {
        return address;
    }

    /**
     * The prefix length.
     *
     * @return the number of leading bits that make the network
     */
    public int prefixLength() {
        return prefixLength;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Cidr
                && ((Cidr) other).prefixLength == prefixLength
                && ((Cidr) other).address.equals(address);
    }

    @Override
    public int hashCode() {
        return 31 * address.hashCode() + prefixLength;
    }

    /** The usual text, with IPv6 in its short form. */
    @Override
    public String toString() {
        return textOf(address) + "/" + prefixLength;
    }

    /** IPv6 with its longest run of zeros left out, and a mapped address with its IPv4 part (RFC 5952, 4.2 and 5). */
    private static String textOf(InetAddress address) {
        String text = address.getHostAddress();
        if (address instanceof Inet4Address) {
            return text;
        }
        if (text.startsWith("0:0:0:0:0:ffff:")) {
            byte[] octets = address.getAddress();
            return "::ffff:" + (octets[12] & 0xff) + "." + (octets[13] & 0xff) + "." + (octets[14] & 0xff) + "."
                    + (octets[15] & 0xff);
        }
        Matcher zeros = ZEROS.matcher(text);
        int start = 0;
        int end = 0;
        while (zeros.find()) {
            if (zeros.end() - zeros.start() > end - start) {
                start = zeros.start();
                end = zeros.end();
            }
        }
        return end == 0 ? text : text.substring(0, start) + "::" + text.substring(end);
    }
}
