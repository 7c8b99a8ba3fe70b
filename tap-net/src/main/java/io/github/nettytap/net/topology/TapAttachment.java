/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapChannelOption;
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.OffloadRequest;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapDeviceBuilder;
import io.github.nettytap.transport.netlink.Route;
import io.github.nettytap.transport.netlink.Rtnetlink;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The interface of a TAP, which is made unless it is there, and what the kernel's side of it is to be: in which network
 * namespace, with which addresses and default routes.
 *
 * @param name its name
 * @param offloads what its kernel may leave to the other end
 * @param mtu its MTU in bytes, or null for what it has
 * @param mac its MAC address, or null for what it has
 * @param namespace where it is, or null for the namespace of the process
 * @param addresses of the interface; the port on our side of it has none of these
 * @param gateways what default routes of the namespace go through, one for each IP version at most
 */
public record TapAttachment(
        String name,
        OffloadRequest offloads,
        Integer mtu,
        MacAddress mac,
        Namespace namespace,
        List<Cidr> addresses,
        List<InetAddress> gateways)
        implements ChannelAttachment {

    /** IFNAMSIZ of uapi/linux/if.h, without the terminator. */
    private static final int MAX_NAME = 15;

    private static final int LEAST_MTU = 68;
    private static final int GREATEST_MTU = 65_521;

    /** A network namespace, by name or held open. */
    public sealed interface Namespace {

        /**
         * One that {@code ip netns add NAME} has made, or makes before the network starts.
         *
         * @param name its name
         */
        record Named(String name) implements Namespace {

            /**
             * Checks the name.
             *
             * @param name its name
             */
            public Named {
                if (name.isEmpty() || name.indexOf('/') >= 0 || name.startsWith(".")) {
                    throw new IllegalArgumentException("no name of a network namespace: namespace=" + name
                            + " (expected: one that `ip netns list` shows)");
                }
            }

            @Override
            public String toString() {
                return name;
            }
        }

        /**
         * One that its owner keeps open for as long as the network runs.
         *
         * @param namespace the namespace
         */
        record Held(NetworkNamespace namespace) implements Namespace {}
    }

    /**
     * Checks what can be checked without the kernel.
     *
     * @param name its name
     * @param offloads what its kernel may leave to the other end
     * @param mtu its MTU in bytes, or null for what it has
     * @param mac its MAC address, or null for what it has
     * @param namespace where it is, or null for the namespace of the process
     * @param addresses of the interface
     * @param gateways what default routes of the namespace go through
     * @throws IllegalArgumentException if something is out of range, or does not go together
     */
    public TapAttachment {
        Objects.requireNonNull(offloads, "offloads");
        addresses = List.copyOf(addresses);
        gateways = List.copyOf(gateways);
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        if (length == 0
                || length > MAX_NAME
                || name.equals(".")
                || name.equals("..")
                || name.chars().anyMatch(c -> c == '/' || c == ':' || Character.isWhitespace(c))) {
            throw new IllegalArgumentException("no name of an interface: name=" + name + " (expected: 1 to " + MAX_NAME
                    + " bytes without blanks, / and :)");
        }
        if (mtu != null && (mtu < LEAST_MTU || mtu > GREATEST_MTU)) {
            throw new IllegalArgumentException(
                    "no such MTU: mtu=" + mtu + " (expected: " + LEAST_MTU + " to " + GREATEST_MTU + ")");
        }
        if (mac != null && (mac.isGroup() || mac.value() == 0)) {
            throw new IllegalArgumentException(
                    "no MAC address of an interface: mac=" + mac + " (expected: neither a group nor zero)");
        }
        for (InetAddress gateway : gateways) {
            if (addresses.stream().noneMatch(address -> Prefixes.contains(address, gateway))) {
                throw new IllegalArgumentException("gateway in no network of the interface: gateway="
                        + gateway.getHostAddress() + ", addresses=" + addresses
                        + " (expected: an address in one of these networks)");
            }
        }
        if (gateways.stream().map(InetAddress::getClass).distinct().count() < gateways.size()) {
            throw new IllegalArgumentException(
                    "two default routes of one IP version: gateways=" + gateways + " (expected: one for each)");
        }
    }

    /**
     * A TAP with all offloads, in the namespace of the process, without addresses.
     *
     * @param name its name
     * @return the attachment
     */
    public static TapAttachment named(String name) {
        return new TapAttachment(name, OffloadRequest.BEST_AVAILABLE, null, null, null, List.of(), List.of());
    }

    /**
     * The same with other offloads.
     *
     * @param request what its kernel may leave to the other end
     * @return a new attachment
     */
    public TapAttachment withOffloads(OffloadRequest request) {
        return new TapAttachment(name, request, mtu, mac, namespace, addresses, gateways);
    }

    /**
     * The same with an MTU.
     *
     * @param bytes 68 to 65,521, or null for what the interface has
     * @return a new attachment
     */
    public TapAttachment withMtu(Integer bytes) {
        return new TapAttachment(name, offloads, bytes, mac, namespace, addresses, gateways);
    }

    /**
     * The same with a MAC address.
     *
     * @param address of the interface, or null for what it has
     * @return a new attachment
     */
    public TapAttachment withMac(MacAddress address) {
        return new TapAttachment(name, offloads, mtu, address, namespace, addresses, gateways);
    }

    /**
     * The same in a namespace that has a name.
     *
     * @param namespaceName as {@code ip netns list} shows it
     * @return a new attachment
     */
    public TapAttachment in(String namespaceName) {
        return new TapAttachment(name, offloads, mtu, mac, new Namespace.Named(namespaceName), addresses, gateways);
    }

    /**
     * The same in a namespace that is open.
     *
     * @param open stays its owner's, who keeps it open for as long as the network runs
     * @return a new attachment
     */
    public TapAttachment in(NetworkNamespace open) {
        return new TapAttachment(name, offloads, mtu, mac, new Namespace.Held(open), addresses, gateways);
    }

    /**
     * The same with one more address.
     *
     * @param address of the interface, with the length of its network, such as {@code 10.0.0.2/24}
     * @return a new attachment
     */
    public TapAttachment address(String address) {
        List<Cidr> more = new ArrayList<>(addresses);
        more.add(Cidr.parse(address));
        return new TapAttachment(name, offloads, mtu, mac, namespace, more, gateways);
    }

    /**
     * The same with a default route.
     *
     * @param gateway an address in a network of the interface
     * @return a new attachment
     */
    public TapAttachment gateway(String gateway) {
        List<InetAddress> more = new ArrayList<>(gateways);
        more.add(Cidr.parse(gateway).address());
        return new TapAttachment(name, offloads, mtu, mac, namespace, addresses, more);
    }

    @Override
    public Opened open(VnetHeader vnetHeader) throws IOException {
        TapDeviceBuilder builder = TapDevice.builder(name)
                .offloads(vnetHeader.isPresent() ? offloads : OffloadRequest.NONE)
                .vnetHeader(vnetHeader);
        if (mtu != null) {
            builder.mtu(mtu);
        }
        if (mac != null) {
            builder.mac(mac);
        }
        addresses.forEach(builder::address);
        TapDevice device = open(builder);
        boolean done = false;
        try {
            TapChannel channel = TapChannel.factory(device).newChannel();
            channel.config().setOption(TapChannelOption.TAP_LINK_EVENTS, true);
            Opened opened = new Opened(channel, device.offloads(), device.mtu(), () -> bringUp(device));
            done = true;
            return opened;
        } finally {
            if (!done) {
                device.close();
            }
        }
    }

    private TapDevice open(TapDeviceBuilder builder) throws IOException {
        if (namespace instanceof Namespace.Held held) {
            return builder.namespace(held.namespace()).open();
        }
        if (namespace instanceof Namespace.Named named) {
            try (NetworkNamespace open = NetworkNamespace.named(named.name())) {
                return builder.namespace(open).open();
            }
        }
        return builder.open();
    }

    /** An interface that is up stays as it is: whoever prepared it may be the only one who may change it. */
    private void bringUp(TapDevice device) throws IOException {
        if (!device.link().isUp()) {
            device.up();
        }
        if (gateways.isEmpty()) {
            return;
        }
        try (Rtnetlink rtnetlink = device.openRtnetlink()) {
            int index = device.ifindex();
            List<Route> there = rtnetlink.routes().list();
            for (InetAddress gateway : gateways) {
                Cidr all = Cidr.parse(gateway instanceof Inet4Address ? "0.0.0.0/0" : "::/0");
                boolean isThere = there.stream()
                        .anyMatch(route -> route.destination().equals(all)
                                && route.ifindex() == index
                                && route.gateway().filter(gateway::equals).isPresent());
                if (!isThere) {
                    rtnetlink.routes().add(Route.via(all, gateway, index));
                }
            }
        }
    }
}
