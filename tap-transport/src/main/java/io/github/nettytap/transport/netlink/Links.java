/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.transport.linux.Errno;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** The links of the network namespace that an {@link Rtnetlink} socket is in. Thread-safe. */
public final class Links {

    private static final int AF_UNSPEC = 0;
    private static final int MAX_ALIAS = 255;

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
        return exchange.dump("list links", listRequest(), Link::read);
    }

    static MessageWriter listRequest() {
        return request(Rtm.GETLINK, 0, 0, 0);
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
     * Renames a link. Since Linux 6.2 it may be up; before, it must be down.
     *
     * @param ifindex the link
     * @param name the new name
     * @throws NetlinkException if the kernel refuses
     */
    public void rename(int ifindex, String name) throws NetlinkException {
        exchange.acknowledge(
                "rename link: ifindex=" + ifindex + ", name=" + name,
                request(Rtm.SETLINK, ifindex, 0, 0).attributeString(Rtm.IFLA_IFNAME, name));
    }

    /**
     * Sets the alias, a free text for people and tools.
     *
     * @param ifindex the link
     * @param alias at most 255 bytes; empty removes it
     * @throws NetlinkException if the kernel refuses
     * @throws IllegalArgumentException if the text is too long
     */
    public void setAlias(int ifindex, String alias) throws NetlinkException {
        byte[] text = alias.getBytes(StandardCharsets.UTF_8);
        if (text.length > MAX_ALIAS) {
            throw new IllegalArgumentException("alias is too long: bytes=" + text.length + " (expected: at most 255)");
        }
        exchange.acknowledge(
                "set alias: ifindex=" + ifindex,
                request(Rtm.SETLINK, ifindex, 0, 0).attributeString(Rtm.IFLA_IFALIAS, alias));
    }

    /**
     * Puts a link into a group of links, so that tools can treat them together.
     *
     * @param ifindex the link
     * @param group the number of the group; 0 is the default one
     * @throws NetlinkException if the kernel refuses
     */
    public void setGroup(int ifindex, int group) throws NetlinkException {
        exchange.acknowledge(
                "set group: ifindex=" + ifindex + ", group=" + group,
                request(Rtm.SETLINK, ifindex, 0, 0).attributeU32(Rtm.IFLA_GROUP, group));
    }

    /**
     * Makes a link a port of a bridge (or of another kind of master).
     *
     * @param ifindex the link
     * @param master the bridge
     * @throws NetlinkException if the kernel refuses
     */
    public void enslave(int ifindex, int master) throws NetlinkException {
        exchange.acknowledge(
                "set master: ifindex=" + ifindex + ", master=" + master,
                request(Rtm.SETLINK, ifindex, 0, 0).attributeU32(Rtm.IFLA_MASTER, master));
    }

    /**
     * Takes a link out of its bridge.
     *
     * @param ifindex the link
     * @throws NetlinkException if the kernel refuses
     */
    public void release(int ifindex) throws NetlinkException {
        exchange.acknowledge(
                "release from master: ifindex=" + ifindex,
                request(Rtm.SETLINK, ifindex, 0, 0).attributeU32(Rtm.IFLA_MASTER, 0));
    }

    /**
     * Makes a bridge.
     *
     * @param name the name
     * @return the new link, which is down
     * @throws NetlinkException if the kernel refuses
     */
    public Link createBridge(String name) throws NetlinkException {
        MessageWriter request = create(name);
        int info = request.beginNested(Rtm.IFLA_LINKINFO);
        request.attributeString(Rtm.IFLA_INFO_KIND, "bridge").endNested(info);
        return created("create bridge: name=" + name, request, name);
    }

    /**
     * Makes a pair of virtual Ethernet links: what goes into one comes out of the other.
     *
     * @param name the name of one
     * @param peer the name of the other
     * @return the first link, which is down like its peer
     * @throws NetlinkException if the kernel refuses
     */
    public Link createVeth(String name, String peer) throws NetlinkException {
        MessageWriter request = create(name);
        int info = request.beginNested(Rtm.IFLA_LINKINFO);
        request.attributeString(Rtm.IFLA_INFO_KIND, "veth");
        int data = request.beginNested(Rtm.IFLA_INFO_DATA);
        int other = request.beginNested(Rtm.VETH_INFO_PEER);
        header(request, 0, 0, 0).attributeString(Rtm.IFLA_IFNAME, peer);
        request.endNested(other).endNested(data).endNested(info);
        return created("create veth: name=" + name + ", peer=" + peer, request, name);
    }

    private static MessageWriter create(String name) {
        return header(new MessageWriter(Rtm.NEWLINK, Rtm.NLM_F_CREATE | Rtm.NLM_F_EXCL), 0, 0, 0)
                .attributeString(Rtm.IFLA_IFNAME, name);
    }

    private Link created(String operation, MessageWriter request, String name) throws NetlinkException {
        exchange.acknowledge(operation, request);
        return named(name)
                .orElseThrow(() -> new NetlinkException(operation, Errno.ENODEV.number(), "gone again at once"));
    }

    /**
     * Moves a link into the network namespace of a process, as {@link #moveTo} does.
     *
     * @param ifindex the link
     * @param pid the process
     * @throws NetlinkException if the kernel refuses
     */
    public void moveToProcess(int ifindex, int pid) throws NetlinkException {
        exchange.acknowledge(
                "move link to namespace: ifindex=" + ifindex + ", pid=" + pid,
                request(Rtm.SETLINK, ifindex, 0, 0).attributeU32(Rtm.IFLA_NET_NS_PID, pid));
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
        return header(new MessageWriter(type, 0), ifindex, flags, change);
    }

    /** The ifinfomsg that {@link Link#read} draws. */
    private static MessageWriter header(MessageWriter request, int ifindex, int flags, int change) {
        return request.u8(AF_UNSPEC).u8(0).u16(0).u32(ifindex).u32(flags).u32(change);
    }
}
