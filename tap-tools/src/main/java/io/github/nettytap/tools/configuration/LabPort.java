/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.configuration;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.port.socket.SocketPortAddress;
import io.github.nettytap.net.topology.Attachment;
import io.github.nettytap.net.topology.LinkAttachment;
import io.github.nettytap.net.topology.LinkFaults;
import io.github.nettytap.net.topology.PortSpec;
import io.github.nettytap.net.topology.TapAttachment;
import io.github.nettytap.tools.argument.LinkPort;
import io.github.nettytap.tools.argument.MacConverter;
import io.github.nettytap.tools.argument.Offloads;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * What a port of any node may say besides its settings there: the faults of its link, a capture, and the kernel's side
 * of a TAP.
 *
 * <pre>
 *   - name: tap0
 *     interface: {namespace: red, addresses: [10.0.0.2/24], gateway: 10.0.0.1}
 *     link: {delay: 5ms}
 *     capture: red.pcapng
 * </pre>
 */
final class LabPort {

    private static final String CAPTURE = "capture";
    private static final String INTERFACE = "interface";

    /** The keys that a port of a network has besides those of its node. */
    static final List<String> KEYS = List.of(LinkNode.KEY, CAPTURE, INTERFACE);

    private static final List<String> INTERFACE_KEYS = List.of("namespace", "addresses", "gateway", "mtu", "mac");
    private static final YamlValue ADDRESS = YamlValue.converted("ADDRESS/LENGTH, such as 10.0.0.2/24", text -> {
        if (text.indexOf('/') < 0) {
            throw new IllegalArgumentException(text);
        }
        return Cidr.parse(text);
    });

    /** A kind of port, by how its name begins. */
    private record Kind(Function<String, Boolean> isOne, Function<String, Attachment> attachment) {}

    /** The first that fits. Whatever else is a channel of frames becomes a port by a line here. */
    private static final List<Kind> KINDS = List.of(
            new Kind(
                    name -> name.startsWith(Attachment.Patch.PREFIX),
                    name -> Attachment.patch(name.substring(Attachment.Patch.PREFIX.length()))),
            new Kind(SocketPortAddress::isOne, Attachment::socket),
            new Kind(LinkPort::isOne, name -> Attachment.link(LinkPort.link(name))),
            new Kind(name -> true, Attachment::tap));

    private LabPort() {}

    /**
     * Makes a port.
     *
     * @param node where it is read from
     * @param name what it leads to
     * @param offloads of a TAP or a link
     * @param mtu of a TAP or a link, or null
     * @param settings at its node
     */
    static <S> PortSpec<S> read(Node node, String name, Offloads offloads, Integer mtu, S settings) {
        Attachment attachment = attachment(node, name);
        Node kernel = value(node, INTERFACE);
        if (attachment instanceof LinkAttachment) {
            attachment = LinkPort.attachment(name, offloads, mtu);
        }
        if (attachment instanceof TapAttachment tap) {
            TapAttachment sized = tap.withOffloads(offloads.request()).withMtu(mtu);
            attachment = kernel == null ? sized : onInterface(sized, kernel);
        } else if (kernel != null) {
            throw new YamlException(
                    kernel.getStartMark(),
                    INTERFACE + ": only a TAP has one: port=" + name
                            + " (expected: no such key, or the name of a TAP)");
        }
        Node link = value(node, LinkNode.KEY);
        Node capture = value(node, CAPTURE);
        return new PortSpec<>(
                attachment,
                settings,
                link == null ? LinkFaults.NONE : LinkNode.read(link),
                capture == null ? null : (Path) YamlValue.path().read(CAPTURE, capture));
    }

    private static Attachment attachment(Node node, String name) {
        try {
            return KINDS.stream()
                    .filter(kind -> kind.isOne().apply(name))
                    .findFirst()
                    .orElseThrow()
                    .attachment()
                    .apply(name);
        } catch (IllegalArgumentException e) {
            throw new YamlException(node.getStartMark(), "ports: " + e.getMessage());
        }
    }

    /** The value of a key of a mapping whose keys have been checked, or null. */
    static Node value(Node node, String key) {
        if (node instanceof MappingNode) {
            for (NodeTuple tuple : ((MappingNode) node).getValue()) {
                if (tuple.getKeyNode() instanceof ScalarNode
                        && ((ScalarNode) tuple.getKeyNode()).getValue().equals(key)) {
                    return tuple.getValueNode();
                }
            }
        }
        return null;
    }

    private static TapAttachment onInterface(TapAttachment tap, Node node) {
        YamlMapping settings = YamlMapping.of(INTERFACE, node, INTERFACE_KEYS);
        TapAttachment made = tap;
        Node namespace = settings.get("namespace");
        if (namespace != null) {
            String name = YamlMapping.text("namespace", namespace, "the name of a network namespace");
            made = at(namespace, made, attachment -> attachment.in(name));
        }
        if (settings.get("mtu") != null) {
            made = made.withMtu((Integer) YamlValue.number(68, 65_521).read("mtu", settings.get("mtu")));
        }
        Node mac = settings.get("mac");
        if (mac != null) {
            YamlValue allowed = YamlValue.converted(
                    "a MAC address of a host, such as 02:00:00:00:00:01",
                    text -> tap.withMac(new MacConverter().convert(text)).mac());
            made = made.withMac((MacAddress) allowed.read("mac", mac));
        }
        if (settings.get("addresses") != null) {
            for (Node address : YamlMapping.elements(settings.get("addresses"))) {
                made = made.address(ADDRESS.read("addresses", address).toString());
            }
        }
        if (settings.get("gateway") != null) {
            for (Node gateway : YamlMapping.elements(settings.get("gateway"))) {
                String text = YamlMapping.text("gateway", gateway, "an IP address");
                made = at(gateway, made, attachment -> attachment.gateway(text));
            }
        }
        return made;
    }

    private static TapAttachment at(Node node, TapAttachment tap, Function<TapAttachment, TapAttachment> change) {
        try {
            return change.apply(tap);
        } catch (IllegalArgumentException e) {
            throw new YamlException(node.getStartMark(), INTERFACE + ": " + e.getMessage());
        }
    }
}
