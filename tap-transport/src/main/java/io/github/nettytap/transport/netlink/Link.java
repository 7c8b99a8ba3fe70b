/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import io.github.nettytap.codec.wire.MacAddress;

import java.nio.ByteBuffer;
import java.util.Optional;

/** A link (network interface) as the kernel described it at one moment. */
public final class Link {

    /** The length of an ifinfomsg. */
    static final int HEADER_SIZE = 16;

    private static final int UNKNOWN = -1;

    private final int index;
    private final int hardwareType;
    private final int flags;
    private final Attributes attributes;
    private final Attributes info;

    private Link(int index, int hardwareType, int flags, Attributes attributes) {
        this.index = index;
        this.hardwareType = hardwareType;
        this.flags = flags;
        this.attributes = attributes;
        info = attributes.nested(Rtm.IFLA_LINKINFO);
    }

    /**
     * Reads an RTM_NEWLINK or RTM_DELLINK message; null if it is too short for one.
     *
     * <pre>
     * ifinfomsg after the message header:
     * 0 family u8    1 pad u8    2 ARPHRD type u16    4 index i32    8 flags u32    12 change mask u32
     * </pre>
     */
    static Link read(ByteBuffer message) {
        int body = MessageWriter.HEADER_SIZE;
        if (message.limit() < body + HEADER_SIZE) {
            return null;
        }
        ByteBuffer copy = ByteBuffer.allocate(message.limit()).order(message.order());
        copy.put(message.duplicate()).flip();
        return new Link(
                index(copy),
                copy.getShort(body + 2) & 0xffff,
                copy.getInt(body + 8),
                Attributes.parse(copy, body + HEADER_SIZE));
    }

    /** The ifindex in a message that has the whole ifinfomsg. */
    static int index(ByteBuffer message) {
        return message.getInt(MessageWriter.HEADER_SIZE + 4);
    }

    /**
     * The number of the link in its namespace.
     *
     * @return the ifindex, at least 1
     */
    public int index() {
        return index;
    }

    /**
     * The name.
     *
     * @return for example {@code tap0}
     */
    public String name() {
        return attributes.string(Rtm.IFLA_IFNAME);
    }

    /**
     * Whether the link is set up (IFF_UP), which says nothing about its carrier.
     *
     * @return true if up
     */
    public boolean isUp() {
        return (flags & Rtm.IFF_UP) != 0;
    }

    /**
     * Whether the link has a carrier. A TAP has one while a queue of it is attached, unless it was taken away.
     *
     * @return true if the carrier is on
     */
    public boolean hasCarrier() {
        return attributes.u8(Rtm.IFLA_CARRIER, 0) != 0;
    }

    /**
     * The largest layer-3 packet of the link.
     *
     * @return the MTU in bytes, without the Ethernet header
     */
    public int mtu() {
        return attributes.u32(Rtm.IFLA_MTU, UNKNOWN);
    }

    /**
     * The hardware address.
     *
     * @return the address, empty on a link that is not Ethernet-like
     */
    public Optional<MacAddress> mac() {
        byte[] octets = attributes.bytes(Rtm.IFLA_ADDRESS);
        return octets.length == MacAddress.LENGTH ? Optional.of(MacAddress.of(octets)) : Optional.empty();
    }

    /**
     * Whether its frames have Ethernet headers: those of a network card, a TAP, a bridge or the loopback interface, but
     * not those of a TUN or a tunnel of IP packets.
     *
     * @return true if so
     */
    public boolean isEthernet() {
        return hardwareType == Rtm.ARPHRD_ETHER || hardwareType == Rtm.ARPHRD_LOOPBACK;
    }

    /**
     * The driver's kind.
     *
     * @return for example {@code tun} (for TAP too), {@code bridge}, {@code veth}; empty for a link without one
     */
    public String kind() {
        return info.string(Rtm.IFLA_INFO_KIND);
    }

    /**
     * The bridge or other link that this one is a port of.
     *
     * @return the ifindex of the master, or 0
     */
    public int master() {
        return attributes.u32(Rtm.IFLA_MASTER, 0);
    }

    /**
     * The length of the transmit queue; for a TAP the number of frames that wait for a reader.
     *
     * @return the length in frames
     */
    public int transmitQueueLength() {
        return attributes.u32(Rtm.IFLA_TXQLEN, UNKNOWN);
    }

    /**
     * The alias, a free text.
     *
     * @return the text, empty if none is set
     */
    public String alias() {
        return attributes.string(Rtm.IFLA_IFALIAS);
    }

    /**
     * The group of links that this one is in.
     *
     * @return the group, 0 if none was set
     */
    public int group() {
        return attributes.u32(Rtm.IFLA_GROUP, 0);
    }

    /**
     * The counters. For a TAP, what the kernel transmits is what we receive.
     *
     * @return the counters of this moment
     */
    public LinkStatistics statistics() {
        return new LinkStatistics(attributes.value(Rtm.IFLA_STATS64));
    }

    /** Whether this description, of a link that has gone, says that it went to another namespace. */
    boolean hasMoved() {
        return attributes.has(Rtm.IFLA_NEW_NETNSID);
    }

    /**
     * What the TUN/TAP driver adds.
     *
     * @return the driver's part, empty for a link of another kind
     */
    public Optional<TunLink> tun() {
        return kind().equals("tun") ? Optional.of(new TunLink(info.nested(Rtm.IFLA_INFO_DATA))) : Optional.empty();
    }

    @Override
    public String toString() {
        return "Link(index=" + index + ", name=" + name() + ", kind=" + kind() + ", up=" + isUp() + ", carrier="
                + hasCarrier() + ", mtu=" + mtu() + ", mac="
                + mac().map(MacAddress::toString).orElse("none") + ")";
    }
}
