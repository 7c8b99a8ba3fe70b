/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.transport.linux.Sockets;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;

/** The IPv4 and IPv6 addresses of the links of a network namespace. Thread-safe. */
public final class Addresses {

    private static final int FIXED_HEADER = 8;

    private final NetlinkExchange exchange;

    Addresses(NetlinkExchange exchange) {
        this.exchange = exchange;
    }

    /**
     * The addresses of a link.
     *
     * @param ifindex the link
     * @return IPv4 and IPv6 addresses in the kernel's order
     * @throws NetlinkException if the kernel refuses
     */
    public List<Cidr> list(int ifindex) throws NetlinkException {
        return exchange.dump(
                "list addresses: ifindex=" + ifindex,
                new MessageWriter(Rtm.GETADDR, 0).u8(0).u8(0).u8(0).u8(0).u32(ifindex),
                message -> read(message, ifindex));
    }

    /**
     * Adds an address. An IPv4 address gets the broadcast address of its prefix. An IPv6 address is usable at once:
     * duplicate address detection, which would hold it back for a second or two, is left out.
     *
     * @param ifindex the link
     * @param address the address with its prefix length
     * @throws NetlinkException if the kernel refuses: EEXIST if the link has it already
     */
    public void add(int ifindex, Cidr address) throws NetlinkException {
        MessageWriter request = request(Rtm.NEWADDR, Rtm.NLM_F_CREATE | Rtm.NLM_F_EXCL, ifindex, address);
        if (address.address() instanceof Inet4Address) {
            if (address.prefixLength() < 31) {
                request.attribute(Rtm.IFA_BROADCAST, broadcast(address));
            }
        } else {
            request.attributeU32(Rtm.IFA_FLAGS, Rtm.IFA_F_NODAD);
        }
        exchange.acknowledge("add address: ifindex=" + ifindex + ", address=" + address, request);
    }

    /**
     * Removes an address.
     *
     * @param ifindex the link
     * @param address the address with its prefix length
     * @throws NetlinkException if the kernel refuses: EADDRNOTAVAIL if the link does not have it
     */
    public void remove(int ifindex, Cidr address) throws NetlinkException {
        exchange.acknowledge(
                "remove address: ifindex=" + ifindex + ", address=" + address,
                request(Rtm.DELADDR, 0, ifindex, address));
    }

    /**
     * <pre>
     * ifaddrmsg:   0 family u8    1 prefix length u8    2 flags u8    3 scope u8    4 ifindex u32
     * </pre>
     */
    private static MessageWriter request(int type, int flags, int ifindex, Cidr address) {
        byte[] octets = address.address().getAddress();
        return new MessageWriter(type, flags)
                .u8(octets.length == 4 ? Sockets.AF_INET : Sockets.AF_INET6)
                .u8(address.prefixLength())
                .u8(0)
                .u8(0)
                .u32(ifindex)
                .attribute(Rtm.IFA_LOCAL, octets)
                .attribute(Rtm.IFA_ADDRESS, octets);
    }

    private static Cidr read(ByteBuffer message, int ifindex) {
        int body = MessageWriter.HEADER_SIZE;
        if (message.limit() < body + FIXED_HEADER || message.getInt(body + 4) != ifindex) {
            return null; // A kernel without strict checking (before 4.20) lists the addresses of all links.
        }
        Attributes attributes = Attributes.parse(message, body + FIXED_HEADER);
        // On a point-to-point link IFA_ADDRESS is the peer's; IPv6 has IFA_LOCAL only there.
        InetAddress address = attributes.address(attributes.has(Rtm.IFA_LOCAL) ? Rtm.IFA_LOCAL : Rtm.IFA_ADDRESS);
        int prefixLength = message.get(body + 1) & 0xff;
        return address == null || prefixLength > address.getAddress().length * Byte.SIZE
                ? null // A family that is neither IPv4 nor IPv6.
                : Cidr.of(address, prefixLength);
    }

    private static byte[] broadcast(Cidr address) {
        byte[] octets = address.address().getAddress();
        for (int bit = address.prefixLength(); bit < Integer.SIZE; bit++) {
            octets[bit / Byte.SIZE] |= (byte) (0x80 >> bit % Byte.SIZE);
        }
        return octets;
    }
}
