/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.packet;

import io.github.nettytap.codec.wire.Ipv6Header;
import io.netty.buffer.ByteBuf;

/** IPv6 headers of the router's own packets, and the one change to those that it forwards. */
public final class Ipv6Packets {

    private static final int VERSION = 6 << 28;

    private Ipv6Packets() {}

    /**
     * Writes a header without its addresses. Traffic class and flow label are 0.
     *
     * @param frame where the header goes; its indexes do not change
     * @param ip the index of the header
     * @param payloadLength the number of bytes after this header
     * @param nextHeader the protocol number of what follows
     * @param hopLimit the hop limit, 0 to 255
     */
    public static void write(ByteBuf frame, int ip, int payloadLength, int nextHeader, int hopLimit) {
        frame.setInt(ip, VERSION);
        Ipv6Header.payloadLength(frame, ip, payloadLength);
        Ipv6Header.nextHeader(frame, ip, nextHeader);
        Ipv6Header.hopLimit(frame, ip, hopLimit);
    }

    /**
     * Takes one from the hop limit, which must not be 0. No checksum covers it.
     *
     * @param frame changed in place
     * @param ip the index of its IPv6 header
     */
    public static void decrementHopLimit(ByteBuf frame, int ip) {
        Ipv6Header.hopLimit(frame, ip, Ipv6Header.hopLimit(frame, ip) - 1);
    }

    /**
     * Swaps source and destination. No checksum changes.
     *
     * @param frame changed in place
     * @param ip the index of its IPv6 header
     */
    public static void swapAddresses(ByteBuf frame, int ip) {
        int source = Ipv6Header.sourceIndex(ip);
        int destination = Ipv6Header.destinationIndex(ip);
        for (int i = 0; i < 2 * Long.BYTES; i += Long.BYTES) {
            long word = frame.getLong(source + i);
            frame.setLong(source + i, frame.getLong(destination + i));
            frame.setLong(destination + i, word);
        }
    }
}
