/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import io.github.nettytap.codec.fault.FaultCounters;
import io.github.nettytap.net.port.Port;
import io.github.nettytap.net.routing.PortSettings;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.net.switching.SwitchPort;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.topology.Attachment;
import io.github.nettytap.net.topology.LinkAttachment;
import io.github.nettytap.net.topology.LinkFaults;
import io.github.nettytap.net.topology.RunningNode;
import io.github.nettytap.net.topology.RunningPort;
import io.github.nettytap.net.topology.RunningSwitch;
import io.github.nettytap.net.topology.RunningTopology;
import io.github.nettytap.net.topology.TapAttachment;
import io.github.nettytap.net.topology.VxlanNetwork;
import io.github.nettytap.tools.argument.PortSetting;
import io.github.nettytap.tools.statistics.PortSample;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What is shown of a running network: its ports as samples, as lines, and as a picture in JSON. Any thread. */
public final class NetworkView {

    private final RunningTopology network;

    /** The last samples, once the network has ended. */
    private volatile List<PortSample> last;

    public NetworkView(RunningTopology network) {
        this.network = network;
    }

    /** The ports of the moment, by the names NODE/PORT; once the network has ended, those of its end. */
    public List<PortSample> samples() {
        List<PortSample> ended = last;
        if (ended != null) {
            return ended;
        }
        List<PortSample> samples = new ArrayList<>();
        for (RunningNode node : network.nodes()) {
            String prefix = node.name() + "/";
            if (node instanceof RunningSwitch lan) {
                Map<Port, Map<String, Long>> faults = new LinkedHashMap<>();
                node.ports().stream()
                        .filter(port -> port.port() != null)
                        .forEach(port -> faults.put(port.port(), faults(port)));
                for (SwitchPort port : lan.lan().ports()) {
                    samples.add(PortSample.of(port).named(prefix + port.name(), faults.getOrDefault(port, Map.of())));
                }
            } else {
                for (RunningPort port : node.ports()) {
                    samples.add(sample(port.port()).named(prefix + port.port().name(), faults(port)));
                }
            }
        }
        return samples;
    }

    private static PortSample sample(Port port) {
        return port instanceof RouterPort routed ? PortSample.of(routed) : PortSample.of(port, 0, 0);
    }

    private static Map<String, Long> faults(RunningPort port) {
        FaultCounters in = port.inboundFaults();
        FaultCounters out = port.outboundFaults();
        if (in == null || out == null) {
            return Map.of();
        }
        Map<String, Long> counts = new LinkedHashMap<>();
        counts.put("lostOnLink", in.dropped() + out.dropped());
        counts.put("lostToRateOfLink", in.overflowed() + out.overflowed());
        counts.put("corruptedOnLink", in.corrupted() + out.corrupted());
        counts.put("duplicatedOnLink", in.duplicated() + out.duplicated());
        counts.put("reorderedOnLink", in.reordered() + out.reordered());
        return counts;
    }

    /** The network is about to end. */
    public void freeze() {
        last = samples();
    }

    /** The lines of ports, as a switch has them. */
    static Stream<String> ports(RunningNode node) {
        List<RunningPort> ports = node.ports();
        return IntStream.range(0, ports.size()).mapToObj(i -> line(ports.get(i), i));
    }

    private static String line(RunningPort port, int index) {
        return new JsonLine()
                .text("port", port.toString())
                .number("index", index)
                .text("state", state(port))
                .text("settings", settings(port))
                .toString();
    }

    private static String state(RunningPort port) {
        if (port.socket() != null) {
            int peers = port.socket().peers();
            return peers + (peers == 1 ? " peer" : " peers");
        }
        return port.isOpen() ? "forwarding" : "lost";
    }

    private static String settings(RunningPort port) {
        Object settings = port.spec().settings();
        String own = "";
        if (settings instanceof PortPolicy policy) {
            own = PortSetting.print(policy);
        } else if (settings instanceof PortSettings router) {
            own = router.networks().stream().map(Object::toString).collect(Collectors.joining(","))
                    + (router.translates() ? ",nat" : "")
                    + (router.advertises() ? ",advertise" : "")
                    + (router.dhcp() != null ? ",dhcp" : "");
        } else if (settings instanceof VxlanNetwork network) {
            own = "vni=" + network.vni();
        }
        return Stream.of(own, faults(port.spec().faults()))
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining(","));
    }

    /** The faults of a link as they would be typed. */
    static String faults(LinkFaults faults) {
        List<String> parts = new ArrayList<>();
        if (!faults.delay().isZero()) {
            parts.add("delay=" + faults.delay().toNanos() / 1_000 / 1_000.0 + "ms");
        }
        if (!faults.jitter().isZero()) {
            parts.add("jitter=" + faults.jitter().toNanos() / 1_000 / 1_000.0 + "ms");
        }
        percent(parts, "loss", faults.loss());
        percent(parts, "corrupt", faults.corrupt());
        percent(parts, "duplicate", faults.duplicate());
        percent(parts, "reorder", faults.reorder());
        if (faults.rate() > 0) {
            parts.add("rate=" + (faults.rate() % 1_000_000 == 0 ? faults.rate() / 1_000_000 + "M" : faults.rate()));
        }
        return String.join(",", parts).replace(".0ms", "ms").replace(".0%", "%");
    }

    private static void percent(List<String> parts, String key, double probability) {
        if (probability > 0) {
            parts.add(key + "=" + Math.round(probability * 1e8) / 1e6 + "%");
        }
    }

    /**
     * The network as a JSON object: {@code nodes}, among them the interfaces and sockets that ports lead to, and {@code
     * links} between them.
     */
    public String topology() {
        List<String> nodes = new ArrayList<>();
        Map<String, List<RunningPort>> cables = new LinkedHashMap<>();
        List<String> links = new ArrayList<>();
        for (RunningNode node : network.nodes()) {
            nodes.add(new JsonLine()
                    .text("name", node.name())
                    .text("kind", node.node().kind())
                    .text("detail", node.ports().size() + (node.ports().size() == 1 ? " port" : " ports"))
                    .toString());
            for (RunningPort port : node.ports()) {
                if (port.spec().attachment() instanceof Attachment.Patch) {
                    cables.computeIfAbsent(port.name(), name -> new ArrayList<>())
                            .add(port);
                } else {
                    nodes.add(leaf(port));
                    links.add(link(node.name(), port.toString(), port.name(), settings(port), port.isOpen()));
                }
            }
        }
        cables.forEach((name, ends) -> {
            if (ends.size() == 2) {
                String faults = ends.stream()
                        .map(end -> faults(end.spec().faults()))
                        .filter(text -> !text.isEmpty())
                        .collect(Collectors.joining("; "));
                links.add(link(
                        ends.get(0).node(),
                        ends.get(1).node(),
                        name,
                        faults,
                        ends.get(0).isOpen()));
            }
        });
        return new JsonLine()
                .json("nodes", "[" + String.join(",", nodes) + "]")
                .json("links", "[" + String.join(",", links) + "]")
                .toString();
    }

    private static String link(String from, String to, String name, String detail, boolean isOpen) {
        return new JsonLine()
                .text("from", from)
                .text("to", to)
                .text("name", name)
                .text("detail", detail)
                .text("state", isOpen ? "forwarding" : "lost")
                .toString();
    }

    private static String leaf(RunningPort port) {
        String detail = "";
        String kind = "channel";
        if (port.spec().attachment() instanceof TapAttachment tap) {
            kind = "tap";
            String addresses = tap.addresses().stream().map(Object::toString).collect(Collectors.joining(" "));
            detail = (tap.namespace() instanceof TapAttachment.Namespace.Named named ? named.name() + " " : "")
                    + addresses;
        } else if (port.spec().attachment() instanceof LinkAttachment) {
            kind = "link";
        } else if (port.spec().attachment() instanceof Attachment.Socket) {
            kind = "socket";
            detail = state(port);
        }
        return new JsonLine()
                .text("name", port.toString())
                .text("kind", kind)
                .text("label", port.name())
                .text("detail", detail.strip())
                .toString();
    }
}
