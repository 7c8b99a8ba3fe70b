/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.transport.linux.Sockets;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The neighbors (ARP and NDP entries) of the links of a network namespace. Thread-safe. */
public final class Neighbors {

    private static final int FIXED_HEADER = 12;

    private final NetlinkExchange exchange;

    Neighbors(NetlinkExchange exchange) {
        this.exchange = exchange;
    }

    /**
     * The neighbors on a link whose MAC address is known.
     *
     * @param ifindex the link
     * @return IPv4 neighbors, then IPv6 neighbors
     * @throws NetlinkException if the kernel refuses
     */
    public List<Neighbor> list(int ifindex) throws NetlinkException {
        List<Neighbor> neighbors = new ArrayList<>();
        for (int family : new int[] {Sockets.AF_INET, Sockets.AF_INET6}) {
            MessageWriter request = header(new MessageWriter(Rtm.GETNEIGH, 0), family, 0, 0);
            neighbors.addAll(
                    exchange.dump("list neighbors: ifindex=" + ifindex, request, message -> read(message, ifindex)));
        }
        return neighbors;
    }

    /**
     * Sets a neighbor by hand. It replaces what was learned and never ages.
     *
     * @param ifindex the link
     * @param address the IP address
     * @param mac the MAC address
     * @throws NetlinkException if the kernel refuses
     */
    public void add(int ifindex, InetAddress address, MacAddress mac) throws NetlinkException {
        MessageWriter request = new MessageWriter(Rtm.NEWNEIGH, Rtm.NLM_F_CREATE | Rtm.NLM_F_REPLACE);
        exchange.acknowledge(
                "add neighbor: ifindex=" + ifindex + ", address=" + address.getHostAddress() + ", mac=" + mac,
                header(request, family(address), ifindex, Rtm.NUD_PERMANENT)
                        .attribute(Rtm.NDA_DST, address.getAddress())
                        .attribute(Rtm.NDA_LLADDR, mac.toBytes()));
    }

    /**
     * Removes a neighbor.
     *
     * @param ifindex the link
     * @param address the IP address
     * @throws NetlinkException if the kernel refuses: ENOENT if there is no such entry
     */
    public void remove(int ifindex, InetAddress address) throws NetlinkException {
        exchange.acknowledge(
                "remove neighbor: ifindex=" + ifindex + ", address=" + address.getHostAddress(),
                header(new MessageWriter(Rtm.DELNEIGH, 0), family(address), ifindex, 0)
                        .attribute(Rtm.NDA_DST, address.getAddress()));
    }

    private static int family(InetAddress address) {
        return address.getAddress().length == 4 ? Sockets.AF_INET : Sockets.AF_INET6;
    }

    /**
     * <pre>
     * ndmsg:   0 family u8   1 pad u8   2 pad u16   4 ifindex i32   8 state u16   10 flags u8   11 type u8
     * </pre>
     */
    private static MessageWriter header(MessageWriter request, int family, int ifindex, int state) {
        return request.u8(family).u8(0).u16(0).u32(ifindex).u16(state).u8(0).u8(0);
    }

    private static Neighbor read(ByteBuffer message, int ifindex) {
        int body = MessageWriter.HEADER_SIZE;
        if (message.limit() < body + FIXED_HEADER || message.getInt(body + 4) != ifindex) {
            return null;
        }
        Attributes attributes = Attributes.parse(message, body + FIXED_HEADER);
        byte[] mac = attributes.bytes(Rtm.NDA_LLADDR);
        if (mac.length != MacAddress.LENGTH) {
            return null; // Being looked for, or not to be had.
        }
        boolean permanent = (message.getShort(body + 8) & Rtm.NUD_PERMANENT) != 0;
        InetAddress address = attributes.address(Rtm.NDA_DST);
        return address == null
                ? null // A family that is neither IPv4 nor IPv6.
                : new Neighbor(address, MacAddress.of(mac), permanent);
    }
}
