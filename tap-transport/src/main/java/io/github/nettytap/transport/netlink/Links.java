/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.transport.linux.Errno;

import java.util.List;
import java.util.Optional;

/** The links of the network namespace that an {@link Rtnetlink} socket is in. Thread-safe. */
public final class Links {

    private static final int AF_UNSPEC = 0;

    private final NetlinkExchange exchange;

    Links(NetlinkExchange exchange) {
        this.exchange = exchange;
    }

    /**
     * All links.
     *
     * @return the links in the kernel's order
     * @throws NetlinkException if the kernel refuses
     */
    public List<Link> list() throws NetlinkException {
        return exchange.dump("list links", request(Rtm.GETLINK, 0, 0, 0), Link::read);
    }

    /**
     * Finds a link by name.
     *
     * @param name the name
     * @return the link, or empty if there is none
     * @throws NetlinkException if the kernel refuses
     */
    public Optional<Link> named(String name) throws NetlinkException {
        return find("find link: name=" + name, request(Rtm.GETLINK, 0, 0, 0).attributeString(Rtm.IFLA_IFNAME, name));
    }

    /**
     * Finds a link by number.
     *
     * @param ifindex the number
     * @return the link, or empty if there is none
     * @throws NetlinkException if the kernel refuses
     */
    public Optional<Link> at(int ifindex) throws NetlinkException {
        return find("find link: ifindex=" + ifindex, request(Rtm.GETLINK, ifindex, 0, 0));
    }

    private Optional<Link> find(String operation, MessageWriter request) throws NetlinkException {
        try {
            return Optional.of(exchange.one(operation, request, Link::read));
        } catch (NetlinkException e) {
            if (e.isAnswer(Errno.ENODEV)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * Sets a link up or down.
     *
     * @param ifindex the link
     * @param up true for up
     * @throws NetlinkException if the kernel refuses
     */
    public void setUp(int ifindex, boolean up) throws NetlinkException {
        exchange.acknowledge(
                (up ? "set link up: ifindex=" : "set link down: ifindex=") + ifindex,
                request(Rtm.SETLINK, ifindex, up ? Rtm.IFF_UP : 0, Rtm.IFF_UP));
    }

    /**
     * Sets the MTU.
     *
     * @param ifindex the link
     * @param mtu the largest layer-3 packet in bytes; a TAP takes 68 to 65521
     * @throws NetlinkException if the kernel refuses
     */
    public void setMtu(int ifindex, int mtu) throws NetlinkException {
        exchange.acknowledge(
                "set MTU: ifindex=" + ifindex + ", mtu=" + mtu,
                request(Rtm.SETLINK, ifindex, 0, 0).attributeU32(Rtm.IFLA_MTU, mtu));
    }

    /**
     * Sets the MAC address.
     *
     * @param ifindex the link
     * @param mac an individual (not group) address
     * @throws NetlinkException if the kernel refuses
     */
    public void setMac(int ifindex, MacAddress mac) throws NetlinkException {
        exchange.acknowledge(
                "set MAC address: ifindex=" + ifindex + ", mac=" + mac,
                request(Rtm.SETLINK, ifindex, 0, 0).attribute(Rtm.IFLA_ADDRESS, mac.toBytes()));
    }

    /**
     * Sets the length of the transmit queue; for a TAP the number of frames that wait for a reader.
     *
     * @param ifindex the link
     * @param frames the length
     * @throws NetlinkException if the kernel refuses
     */
    public void setTransmitQueueLength(int ifindex, int frames) throws NetlinkException {
        exchange.acknowledge(
                "set transmit queue length: ifindex=" + ifindex + ", frames=" + frames,
                request(Rtm.SETLINK, ifindex, 0, 0).attributeU32(Rtm.IFLA_TXQLEN, frames));
    }

    /**
     * Moves a link into the network namespace that a descriptor refers to. The link arrives there down, without its
     * addresses; open TAP descriptors of it keep working.
     *
     * @param ifindex the link
     * @param namespaceFd a descriptor of the namespace
     * @throws NetlinkException if the kernel refuses
     */
    public void moveTo(int ifindex, int namespaceFd) throws NetlinkException {
        exchange.acknowledge(
                "move link to namespace: ifindex=" + ifindex + ", fd=" + namespaceFd,
                request(Rtm.SETLINK, ifindex, 0, 0).attributeU32(Rtm.IFLA_NET_NS_FD, namespaceFd));
    }

    /**
     * Deletes a link.
     *
     * @param ifindex the link
     * @throws NetlinkException if the kernel refuses
     */
    public void delete(int ifindex) throws NetlinkException {
        exchange.acknowledge("delete link: ifindex=" + ifindex, request(Rtm.DELLINK, ifindex, 0, 0));
    }

    private static MessageWriter request(int type, int ifindex, int flags, int change) {
        return new MessageWriter(type, 0)
                .u8(AF_UNSPEC)
                .u8(0)
                .u16(0)
                .u32(ifindex)
                .u32(flags)
                .u32(change);
    }
}
