/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.packet;

import io.netty.buffer.ByteBuf;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/** Domain names as labels behind their lengths: RFC 1035, section 3.1, which RFC 3397 (DHCP) and RFC 8106 use. */
public final class DomainNames {

    /** Of a name as text, without the last dot. */
    public static final int MAX_LENGTH = 253;

    /** RFC 1123, section 2.1, and underscores, which are about. */
    private static final Pattern NAME =
            Pattern.compile("(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*");

    private DomainNames() {}

    /**
     * Checks that a text is a domain name: labels of letters, digits, hyphens and underscores, without a dot at the
     * end.
     *
     * @param name the text
     * @throws IllegalArgumentException if it is not a domain name
     */
    public static void check(String name) {
        if (name.length() > MAX_LENGTH || !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("no domain name: name=" + name
                    + " (expected: labels of letters, digits and hyphens, as example.com)");
        }
    }

    /**
     * How many bytes the names take, one behind the other.
     *
     * @param names {@linkplain #check valid} names
     * @return the length in bytes
     */
    public static int encodedLength(List<String> names) {
        return names.stream().mapToInt(name -> name.length() + 2).sum();
    }

    /**
     * Writes names one after the other, without compression.
     *
     * @param buffer has room for {@link #encodedLength} bytes at the index; its own indexes do not change
     * @param index where the first name begins
     * @param names {@linkplain #check valid} names
     * @return the index after the last name
     */
    public static int write(ByteBuf buffer, int index, List<String> names) {
        int at = index;
        for (String name : names) {
            for (String label : name.split("\\.")) {
                buffer.setByte(at, label.length());
                buffer.setCharSequence(at + 1, label, StandardCharsets.US_ASCII);
                at += 1 + label.length();
            }
            buffer.setByte(at++, 0);
        }
        return at;
    }
}
