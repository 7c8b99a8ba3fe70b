/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.configuration;

import io.github.nettytap.codec.wire.VxlanHeader;
import io.github.nettytap.net.routing.dns.DnsSettings;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.ReservedGroup;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.net.topology.InvalidTopologyException;
import io.github.nettytap.net.topology.PortSpec;
import io.github.nettytap.net.topology.RouterNode;
import io.github.nettytap.net.topology.SwitchNode;
import io.github.nettytap.net.topology.Topology;
import io.github.nettytap.net.topology.VxlanNetwork;
import io.github.nettytap.net.topology.VxlanNode;
import io.github.nettytap.net.vxlan.VxlanEndpoint;
import io.github.nettytap.net.vxlan.VxlanPeers;
import io.github.nettytap.net.vxlan.VxlanSettings;
import io.github.nettytap.tools.argument.DurationConverter;
import io.github.nettytap.tools.argument.IoConverter;
import io.github.nettytap.tools.argument.IpConverter;
import io.github.nettytap.tools.argument.MirrorArgument;
import io.github.nettytap.tools.argument.Offloads;
import io.github.nettytap.tools.argument.PortArgument;
import io.github.nettytap.tools.argument.RouteArgument;
import io.github.nettytap.tools.argument.RouterPortArgument;
import io.github.nettytap.tools.argument.VxlanArgument;
import io.github.nettytap.transport.channel.TapIoType;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A whole network in a file. Ports are written as everywhere else: those of a switch as in its configuration and on its
 * command line, those of routers and VXLAN endpoints as on theirs, or as mappings of the same settings.
 *
 * <p>Everything is checked before anything is opened, and every complaint says its line and column.
 */
public final class LabFile {

    private static final Path RESOLVERS = Path.of("/etc/resolv.conf");
    private static final List<String> KEYS = List.of("switches", "routers", "vxlan", "io", "offloads");
    private static final List<String> SWITCH_KEYS =
            List.of("ports", "threads", "fdb-capacity", "ageing", "snooping", "forward", "mirror");
    private static final List<String> ROUTER_KEYS = List.of("ports", "routes", "dns");
    private static final List<String> VXLAN_KEYS =
            List.of("ports", "remote", "local", "port", "source-ports", "dont-fragment", "learning", "ageing", "allow");

    private static final YamlValue TIME = YamlValue.converted("a time such as 300s or 5min", new DurationConverter());
    private static final YamlValue IP = YamlValue.converted("an IP address", new IpConverter());

    /** Where nodes and their ports are, for what only the whole network shows to be wrong. */
    private final Map<String, Mark> nodeMarks = new HashMap<>();

    private final Map<String, List<Mark>> portMarks = new HashMap<>();
    private final Topology.Builder network = Topology.builder();
    private Offloads offloads = Offloads.ALL;
    private List<InetAddress> ofSystem = List.of();

    private LabFile() {}

    /**
     * Reads a file.
     *
     * @param file its path
     * @return the network
     * @throws IllegalArgumentException if it is not what it should be: FILE:LINE:COLUMN, what was found, what is allowed
     */
    public static Topology read(Path file) throws IOException {
        return parse(file.toString(), YamlText.read(file), DnsSettings.read(RESOLVERS));
    }

    /**
     * Reads the text of a file.
     *
     * @param name for messages
     * @param text the whole of it
     * @param nameServers those of this machine
     */
    static Topology parse(String name, String text, List<InetAddress> nameServers) {
        try {
            LabFile lab = new LabFile();
            lab.ofSystem = nameServers;
            return lab.network(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + ":" + e.getMessage(), e);
        }
    }

    private Topology network(String text) {
        MappingNode root = YamlText.compose(text, KEYS);
        YamlMapping file = new YamlMapping(root, KEYS);
        if (file.get("io") != null) {
            network.io((TapIoType) YamlValue.converted("epoll, io_uring or auto", new IoConverter())
                    .read("io", file.get("io")));
        }
        if (file.get("offloads") != null) {
            offloads =
                    (Offloads) YamlValue.constant(Offloads.class, "all or none").read("offloads", file.get("offloads"));
        }
        nodes(file, "switches", this::lan);
        nodes(file, "routers", this::router);
        nodes(file, "vxlan", this::vxlan);
        if (nodeMarks.isEmpty()) {
            throw new YamlException(
                    root.getStartMark(), "no node (expected: one or more under switches, routers or vxlan)");
        }
        try {
            return network.build();
        } catch (InvalidTopologyException e) {
            Mark mark = e.port() < 0
                    ? nodeMarks.get(e.node())
                    : portMarks.get(e.node()).get(e.port());
            throw new YamlException(mark, e.node() + ": " + e.getMessage());
        }
    }

    /** Reads one node. */
    private interface Reader {
        void read(String name, Node node);
    }

    private void nodes(YamlMapping file, String key, Reader reader) {
        if (file.get(key) == null) {
            return;
        }
        YamlMapping nodes = YamlMapping.ofNames(key, file.get(key), "a mapping from names to " + key);
        nodes.forEach((name, node) -> {
            Mark mark = nodes.mark(name);
            if (nodeMarks.putIfAbsent(name, mark) != null) {
                throw new YamlException(mark, name + ": two nodes of one name (expected: a name for each)");
            }
            try {
                reader.read(name, node);
            } catch (YamlException e) {
                throw e;
            } catch (IllegalArgumentException e) {
                throw new YamlException(mark, name + ": " + e.getMessage());
            }
        });
    }

    private List<Node> ports(String name, YamlMapping node, Node whole) {
        Node ports = node.get("ports");
        if (ports == null) {
            throw new YamlException(whole.getStartMark(), name + ": no ports (expected: the key ports)");
        }
        if (!(ports instanceof SequenceNode)) {
            throw YamlMapping.wrong("ports", ports, "a list of ports");
        }
        List<Node> list = ((SequenceNode) ports).getValue();
        portMarks.put(name, list.stream().map(Node::getStartMark).toList());
        return list;
    }

    @SuppressWarnings("unchecked")
    private static <T> T value(YamlMapping node, String key, YamlValue allowed, T otherwise) {
        Node value = node.get(key);
        return value == null ? otherwise : (T) allowed.read(key, value);
    }

    @SuppressWarnings("unchecked")
    private static <T> List<T> values(YamlMapping node, String key, YamlValue allowed) {
        List<T> values = new ArrayList<>();
        if (node.get(key) != null) {
            YamlMapping.elements(node.get(key)).forEach(value -> values.add((T) allowed.read(key, value)));
        }
        return values;
    }

    private void lan(String name, Node whole) {
        YamlMapping node = YamlMapping.of(name, whole, SWITCH_KEYS);
        List<Node> nodes = ports(name, node, whole);
        List<PortArgument> ports =
                nodes.stream().map(port -> PortNode.read(port, LabPort.KEYS)).toList();
        MirrorArgument mirror = value(
                node, "mirror", YamlValue.converted("PORT or PORT=PORT+PORT…", new MirrorArgument.Converter()), null);
        if (mirror != null) {
            ports = mirrored(mirror, ports, node.get("mirror"));
        }
        List<PortSpec<PortPolicy>> specs = new ArrayList<>();
        for (int i = 0; i < ports.size(); i++) {
            PortArgument port = ports.get(i);
            Offloads own = port.offloads() == null ? offloads : port.offloads();
            specs.add(LabPort.read(nodes.get(i), port.tap(), own, null, port.policy()));
        }
        Duration ageing = value(node, "ageing", TIME, Duration.ofSeconds(SwitchSettings.DEFAULT.ageingSeconds()));
        Set<ReservedGroup> forwarded = new HashSet<>(LabFile.<ReservedGroup>values(
                node, "forward", YamlValue.converted("stp, lacp, eapol or lldp", ReservedGroup::of)));
        SwitchSettings settings = new SwitchSettings(
                        value(
                                node,
                                "fdb-capacity",
                                YamlValue.number(1, SwitchSettings.MAX_FDB_CAPACITY),
                                SwitchSettings.DEFAULT.fdbCapacity()),
                        DurationConverter.wholeSeconds("ageing", ageing),
                        value(node, "snooping", YamlValue.flag(), false))
                .withForwarded(forwarded);
        network.node(new SwitchNode(name, settings, value(node, "threads", YamlValue.number(1, 1024), 1), specs));
    }

    private static List<PortArgument> mirrored(MirrorArgument mirror, List<PortArgument> ports, Node node) {
        try {
            return mirror.applyTo(ports);
        } catch (IllegalArgumentException e) {
            throw new YamlException(node.getStartMark(), "mirror: " + e.getMessage());
        }
    }

    private void router(String name, Node whole) {
        YamlMapping node = YamlMapping.of(name, whole, ROUTER_KEYS);
        List<InetAddress> dns = values(node, "dns", IP);
        RouterNode.Builder router = RouterNode.builder(name);
        for (Node port : ports(name, node, whole)) {
            RouterPortArgument argument = RouterPortNode.read(port, LabPort.KEYS);
            Offloads own = argument.offloads() == null ? offloads : argument.offloads();
            router.port(LabPort.read(port, argument.tap(), own, argument.mtu(), argument.settings(dns, ofSystem)));
        }
        List<RouteArgument> routes = values(
                node,
                "routes",
                YamlValue.converted("PREFIX=GATEWAY, such as 0.0.0.0/0=10.0.0.254", new RouteArgument.Converter()));
        routes.forEach(route -> router.route(route.destination(), route.gateway()));
        network.node(router);
    }

    private void vxlan(String name, Node whole) {
        YamlMapping node = YamlMapping.of(name, whole, VXLAN_KEYS);
        List<InetAddress> remotes = values(node, "remote", IP);
        List<PortSpec<VxlanNetwork>> specs = new ArrayList<>();
        for (Node port : ports(name, node, whole)) {
            VxlanArgument argument = vxlanPort(port);
            List<InetAddress> all = new ArrayList<>(remotes);
            all.addAll(argument.remotes());
            try {
                VxlanNetwork joined = new VxlanNetwork(argument.vni(), all, Map.of());
                specs.add(LabPort.read(port, argument.tap(), offloads, null, joined));
            } catch (YamlException e) {
                throw e;
            } catch (IllegalArgumentException e) {
                throw new YamlException(port.getStartMark(), "ports: " + e.getMessage());
            }
        }
        int udp = value(node, "port", YamlValue.number(1, 65_535), VxlanHeader.PORT);
        InetAddress local = value(node, "local", IP, null);
        VxlanSettings settings = new VxlanSettings(
                local == null ? new InetSocketAddress(udp) : new InetSocketAddress(local, udp),
                value(
                        node,
                        "source-ports",
                        YamlValue.number(0, VxlanSettings.MAX_SOURCE_PORTS),
                        VxlanEndpoint.DEFAULT_SOURCE_PORTS),
                value(node, "dont-fragment", YamlValue.flag(), false));
        network.node(new VxlanNode(
                name,
                settings,
                value(node, "learning", YamlValue.flag(), true),
                value(node, "ageing", TIME, VxlanPeers.DEFAULT_AGEING),
                LabFile.<InetAddress>values(node, "allow", IP).stream().collect(Collectors.toSet()),
                specs));
    }

    private static VxlanArgument vxlanPort(Node node) {
        List<String> keys = new ArrayList<>(List.of("name", "vni", "remote"));
        keys.addAll(LabPort.KEYS);
        String argument;
        if (node instanceof ScalarNode) {
            argument = ((ScalarNode) node).getValue();
        } else {
            YamlMapping port = YamlMapping.of("ports", node, keys);
            if (port.get("name") == null || port.get("vni") == null) {
                throw new YamlException(node.getStartMark(), "ports: a port without name or vni (expected: both keys)");
            }
            argument = YamlMapping.text("name", port.get("name"), "the name of a port") + ",vni="
                    + YamlValue.number(0, VxlanHeader.MAX_VNI).read("vni", port.get("vni"));
            for (InetAddress remote : LabFile.<InetAddress>values(port, "remote", IP)) {
                argument += ",remote=" + remote.getHostAddress();
            }
        }
        try {
            return new VxlanArgument.Converter().convert(argument);
        } catch (Exception e) {
            throw new YamlException(node.getStartMark(), "ports: " + e.getMessage());
        }
    }
}
