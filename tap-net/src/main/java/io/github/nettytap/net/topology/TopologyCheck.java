/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.socket.SocketPortAddress;
import io.github.nettytap.net.routing.PortSettings;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Whether nodes can be a network: what no node can know of itself. */
final class TopologyCheck {

    /** A port in its place. */
    private record Place(String node, int index) {

        InvalidTopologyException wrong(String message) {
            return new InvalidTopologyException(node, index, message);
        }
    }

    private final List<Node> nodes;
    private final VnetHeader vnetHeader;
    private final Map<String, Place> cables = new HashMap<>();
    private final Set<String> joined = new HashSet<>();
    private final Map<Object, Place> interfaces = new HashMap<>();
    private final Map<Object, Place> addresses = new HashMap<>();
    private final Map<String, Place> sockets = new HashMap<>();
    private final Map<InetSocketAddress, String> tunnels = new HashMap<>();

    TopologyCheck(List<Node> nodes, VnetHeader vnetHeader) {
        this.nodes = nodes;
        this.vnetHeader = vnetHeader;
    }

    void run() {
        Set<String> names = new HashSet<>();
        for (Node node : nodes) {
            if (!names.add(node.name())) {
                throw new InvalidTopologyException(
                        node.name(), -1, "two nodes of one name: name=" + node.name() + " (expected: a name for each)");
            }
            check(node);
        }
        cables.forEach((cable, end) -> {
            if (!joined.contains(cable)) {
                throw end.wrong("cable with one end: port=" + Attachment.Patch.PREFIX + cable
                        + " (expected: a port of the same name at one other node)");
            }
        });
    }

    private void check(Node node) {
        Set<String> ports = new HashSet<>();
        for (int i = 0; i < node.ports().size(); i++) {
            Attachment attachment = node.ports().get(i).attachment();
            Place place = new Place(node.name(), i);
            if (!ports.add(attachment.name())) {
                throw place.wrong("a port is there twice: port=" + attachment.name() + " (expected: once)");
            }
            if (attachment instanceof Attachment.Patch patch) {
                plug(patch.cable(), place);
            } else if (attachment instanceof Attachment.Socket socket) {
                checkSocket(socket.address(), place);
            } else if (attachment instanceof TapAttachment tap) {
                checkTap(tap, place);
            } else if (attachment instanceof LinkAttachment link) {
                checkLink(link, place);
            }
        }
        if (node instanceof RouterNode router) {
            checkRouter(router);
        } else if (node instanceof VxlanNode vxlan) {
            checkVxlan(vxlan);
        }
    }

    private void plug(String cable, Place end) {
        Place other = cables.putIfAbsent(cable, end);
        if (other == null) {
            return;
        }
        if (other.node().equals(end.node())) {
            throw end.wrong("both ends of a cable at one node: port=" + Attachment.Patch.PREFIX + cable
                    + " (expected: the other end at another node)");
        }
        if (!joined.add(cable)) {
            throw end.wrong("cable with three ends: port=" + Attachment.Patch.PREFIX + cable
                    + " (expected: two, a name of its own for each cable)");
        }
    }

    private void checkSocket(SocketPortAddress address, Place place) {
        if (address.local() != null && sockets.putIfAbsent(address.local().toString(), place) != null) {
            throw place.wrong("two ports bind one address: port=" + address + " (expected: an address for each)");
        }
    }

    /** Without a header nobody could tell which of its frames are GSO frames. */
    private void checkLink(LinkAttachment link, Place place) {
        if (!VnetHeader.V1.equals(vnetHeader) && !VnetHeader.LEGACY.equals(vnetHeader)) {
            throw place.wrong("a link needs a virtio-net header of 10 or 12 bytes: port=" + link.name()
                    + ", vnetHeaderSize=" + vnetHeader.length() + " (expected: " + VnetHeader.V1 + ")");
        }
        checkInterface("", link.link(), link.name(), place);
    }

    /**
     * The kernel of a TAP has one other end. Two packet sockets on one link would not hear each other; one on the
     * interface of a TAP would hear what its own network says, over and over.
     */
    private void checkInterface(Object namespace, String name, String port, Place place) {
        Place other = interfaces.putIfAbsent(List.of(namespace, name), place);
        if (other != null) {
            throw place.wrong("one interface at two ports: port=" + port + ", other=" + other.node()
                    + " (expected: an interface for each port; a cable, patch:NAME at both, joins two nodes)");
        }
    }

    private void checkTap(TapAttachment tap, Place place) {
        Object namespace = tap.namespace() == null ? "" : tap.namespace();
        // A name with a number of the kernel's choice is another each time.
        if (tap.name().indexOf('%') < 0) {
            checkInterface(namespace, tap.name(), tap.name(), place);
        }
        for (Cidr address : tap.addresses()) {
            if (addresses.putIfAbsent(List.of(namespace, address.address()), place) != null) {
                throw place.wrong("one address at two interfaces: address=" + address
                        + " (expected: an address for each in one namespace)");
            }
        }
    }

    private static void checkRouter(RouterNode router) {
        Map<Cidr, Integer> networks = new HashMap<>();
        for (int i = 0; i < router.ports().size(); i++) {
            Place place = new Place(router.name(), i);
            PortSettings settings = router.ports().get(i).settings();
            for (Cidr network : settings.networks()) {
                for (Map.Entry<Cidr, Integer> other : networks.entrySet()) {
                    if (Prefixes.overlap(network, other.getKey()) && other.getValue() != i) {
                        throw place.wrong("network of two ports: network=" + network + ", other=" + other.getKey()
                                + ", port="
                                + router.ports().get(other.getValue()).name()
                                + " (expected: a network of its own behind each)");
                    }
                }
                networks.put(network, i);
            }
            if (router.ports().get(i).attachment() instanceof TapAttachment tap) {
                checkNeighbor(tap, settings, place);
            }
        }
        router.routes().forEach((destination, gateway) -> checkRoute(router, networks, destination, gateway));
    }

    /** The router and the interface are two hosts of one link. */
    private static void checkNeighbor(TapAttachment tap, PortSettings settings, Place place) {
        for (Cidr own : tap.addresses()) {
            if (settings.networks().stream()
                    .anyMatch(network -> network.address().equals(own.address()))) {
                throw place.wrong("one address at both ends of a link: address=" + own
                        + " (expected: one for the router, and another for the interface)");
            }
        }
    }

    private static void checkRoute(
            RouterNode router, Map<Cidr, Integer> networks, Cidr destination, InetAddress gateway) {
        Place place = new Place(router.name(), -1);
        if (destination.address() instanceof Inet4Address != gateway instanceof Inet4Address) {
            throw place.wrong("gateway of another family: destination=" + destination + ", gateway="
                    + gateway.getHostAddress() + " (expected: both IPv4 or both IPv6)");
        }
        if (networks.keySet().stream().noneMatch(network -> Prefixes.contains(network, gateway))) {
            throw place.wrong("gateway on no network of the router: destination=" + destination + ", gateway="
                    + gateway.getHostAddress() + " (expected: an address in the network of a port)");
        }
    }

    private void checkVxlan(VxlanNode vxlan) {
        String other = tunnels.putIfAbsent(vxlan.settings().local(), vxlan.name());
        if (other != null) {
            throw new InvalidTopologyException(
                    vxlan.name(),
                    -1,
                    "two endpoints on one address: port="
                            + vxlan.settings().local().getPort() + ", other=" + other
                            + " (expected: one endpoint with a port for each network, or another address or UDP port)");
        }
        Set<Integer> vnis = new HashSet<>();
        for (int i = 0; i < vxlan.ports().size(); i++) {
            int vni = vxlan.ports().get(i).settings().vni();
            if (!vnis.add(vni)) {
                throw new Place(vxlan.name(), i)
                        .wrong("two ports in one network: vni=" + vni
                                + " (expected: one; a switch joins several, by a cable)");
            }
        }
    }
}
