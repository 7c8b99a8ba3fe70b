/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.packet;

import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.netty.buffer.ByteBuf;

/** IPv4 headers of the router's own packets, and the one change to those that it forwards. */
public final class Ipv4Packets {

    /** RFC 1122, section 3.2.1.7, leaves it to the sender; this is what most send. */
    public static final int TIME_TO_LIVE = 64;

    private static final int VERSION_AND_LENGTH = 0x45;

    private Ipv4Packets() {}

    /**
     * Writes a header without options, with its checksum. The identification is 0 and the packet may be fragmented.
     *
     * @param frame where the header goes; its indexes do not change
     * @param ip the index of the header
     * @param totalLength the length of the packet in bytes, this header included
     * @param protocol the protocol number of the payload
     * @param source the source address, first octet most significant
     * @param destination the destination address, first octet most significant
     */
    public static void write(ByteBuf frame, int ip, int totalLength, int protocol, int source, int destination) {
        frame.setZero(ip, Ipv4Header.MIN_LENGTH);
        frame.setByte(ip, VERSION_AND_LENGTH);
        Ipv4Header.totalLength(frame, ip, totalLength);
        Ipv4Header.timeToLive(frame, ip, TIME_TO_LIVE);
        Ipv4Header.protocol(frame, ip, protocol);
        Ipv4Header.source(frame, ip, source);
        Ipv4Header.destination(frame, ip, destination);
        Ipv4Header.updateChecksum(frame, ip);
    }

    /**
     * Changes the time to live and updates the header checksum incrementally.
     *
     * @param frame changed in place
     * @param ip the index of its IPv4 header
     * @param value the new time to live, 0 to 255
     */
    public static void timeToLive(ByteBuf frame, int ip, int value) {
        int old = Ipv4Header.timeToLive(frame, ip);
        int protocol = Ipv4Header.protocol(frame, ip);
        Ipv4Header.timeToLive(frame, ip, value);
        int checksum = Ipv4Header.checksum(frame, ip);
        Ipv4Header.checksum(
                frame,
                ip,
                InternetChecksum.update(checksum, old << Byte.SIZE | protocol, value << Byte.SIZE | protocol));
    }

    /**
     * Swaps source and destination. No checksum changes.
     *
     * @param frame changed in place
     * @param ip the index of its IPv4 header
     */
    public static void swapAddresses(ByteBuf frame, int ip) {
        int source = Ipv4Header.source(frame, ip);
        Ipv4Header.source(frame, ip, Ipv4Header.destination(frame, ip));
        Ipv4Header.destination(frame, ip, source);
    }

    /**
     * Whether a packet begins its datagram, and so has the transport header: a first fragment, or no fragment at all.
     *
     * @param frame unchanged
     * @param ip the index of its IPv4 header
     * @return whether its fragment offset is 0
     */
    public static boolean isFirstFragment(ByteBuf frame, int ip) {
        return (Ipv4Header.fragment(frame, ip) & Ipv4Header.FRAGMENT_OFFSET_MASK) == 0;
    }
}
