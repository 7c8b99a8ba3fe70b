/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import io.github.nettytap.net.routing.nat.SourceNat;
import io.github.nettytap.net.routing.table.Routes;
import io.github.nettytap.net.switching.SwitchPort;
import io.github.nettytap.net.topology.RunningNode;
import io.github.nettytap.net.topology.RunningRouter;
import io.github.nettytap.net.topology.RunningSwitch;
import io.github.nettytap.net.topology.RunningTopology;
import io.github.nettytap.net.topology.RunningVxlan;
import io.github.nettytap.net.topology.Topology;
import io.github.nettytap.tools.control.Requests;
import io.github.nettytap.tools.statistics.StatsJson;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** What the control socket of a network can be asked; see {@link ControlVerb}. On the thread of the socket. */
public final class NetworkRequests implements Requests {

    private static final String NODE = "node=";
    private static final String PORT = "port=";

    /** Connections of a NAT in one answer. */
    private static final int MAX_NAT_ENTRIES = 10_000;

    private final RunningTopology network;
    private final NetworkView view;
    private final Callable<Topology> file;
    private final long start = System.nanoTime();

    /**
     * For one network.
     *
     * @param network the network
     * @param view shows it
     * @param file reads its description anew
     */
    public NetworkRequests(RunningTopology network, NetworkView view, Callable<Topology> file) {
        this.network = network;
        this.view = view;
        this.file = file;
    }

    @Override
    public Iterator<String> answer(String request) throws Exception {
        ControlRequest asked = ControlRequest.parse(request, ControlVerb.Of.NETWORK);
        String argument = asked.argument();
        return switch (asked.verb()) {
            case NODES -> network.nodes().stream().map(NetworkRequests::node).iterator();
            case PORTS -> nodes(argument).stream().flatMap(NetworkView::ports).iterator();
            case FDB_SHOW -> fdb(argument);
            case FDB_FLUSH -> flush(argument);
            case ROUTES -> routes(argument);
            case NAT -> nat(argument);
            case TABLES -> tables();
            case STATS ->
                List.of(StatsJson.now(view.samples(), System.nanoTime() - start, Map.of()))
                        .iterator();
            case TOPOLOGY -> List.of(view.topology()).iterator();
            case RELOAD -> reload();
            case HELP -> SwitchRequests.help(ControlVerb.Of.NETWORK);
            case PORTS_ADD, PORTS_SET, PORTS_REMOVE, FORWARDS ->
                throw new IllegalStateException(asked.verb().word());
        };
    }

    private static String node(RunningNode node) {
        return new JsonLine()
                .text("node", node.name())
                .text("kind", node.node().kind())
                .number("ports", node.ports().size())
                .number(
                        "lost",
                        node.ports().stream().filter(port -> !port.isOpen()).count())
                .toString();
    }

    /** All, or the one that is named. */
    private List<RunningNode> nodes(String argument) {
        if (argument == null) {
            return network.nodes();
        }
        if (!argument.startsWith(NODE)) {
            throw new IllegalArgumentException(
                    "no such argument: argument=" + argument + " (expected: node=NAME, or none for all nodes)");
        }
        return List.of(named(argument.substring(NODE.length())));
    }

    private RunningNode named(String name) {
        return network.node(name)
                .orElseThrow(() -> new IllegalArgumentException("no such node: node=" + name + " (expected: one of "
                        + network.nodes().stream().map(RunningNode::name).collect(Collectors.joining(", ")) + ")"));
    }

    private <T extends RunningNode> List<T> nodes(String argument, Class<T> kind) {
        List<T> found = nodes(argument).stream()
                .filter(kind::isInstance)
                .map(kind::cast)
                .toList();
        if (argument != null && found.isEmpty()) {
            RunningNode other = nodes(argument).get(0);
            throw new IllegalArgumentException("not of this kind: node=" + other.name() + ", kind="
                    + other.node().kind() + " (expected: a " + (kind == RunningSwitch.class ? "switch" : "router")
                    + ")");
        }
        return found;
    }

    /** The FDBs of all switches. */
    public Iterator<String> fdb() {
        return fdb(null);
    }

    private Iterator<String> fdb(String argument) {
        if (argument != null && argument.startsWith(PORT)) {
            Behind behind = behind(argument);
            return SwitchRequests.fdb(behind.lan().name() + "/", behind.lan().lan(), behind.port());
        }
        List<Iterator<String>> all = new ArrayList<>();
        for (RunningSwitch lan : nodes(argument, RunningSwitch.class)) {
            all.add(SwitchRequests.fdb(lan.name() + "/", lan.lan(), null));
        }
        return joined(all);
    }

    private static Iterator<String> joined(List<Iterator<String>> all) {
        Iterator<Iterator<String>> rest = all.iterator();
        return new Iterator<>() {
            private Iterator<String> now = Collections.emptyIterator();

            @Override
            public boolean hasNext() {
                while (!now.hasNext() && rest.hasNext()) {
                    now = rest.next();
                }
                return now.hasNext();
            }

            @Override
            public String next() {
                hasNext();
                return now.next();
            }
        };
    }

    /** A port of a switch. */
    private record Behind(RunningSwitch lan, SwitchPort port) {}

    private Behind behind(String argument) {
        String name = argument.substring(PORT.length());
        for (RunningNode node : network.nodes()) {
            if (node instanceof RunningSwitch lan && name.startsWith(lan.name() + "/")) {
                for (SwitchPort port : lan.lan().ports()) {
                    if (name.equals(lan.name() + "/" + port.name())) {
                        return new Behind(lan, port);
                    }
                }
            }
        }
        throw new IllegalArgumentException(
                "no such port of a switch: port=" + name + " (expected: NODE/PORT, as ports shows it)");
    }

    private Iterator<String> flush(String argument) {
        if (argument != null && argument.startsWith(PORT)) {
            Behind behind = behind(argument);
            behind.lan().lan().ethernetSwitch().flushFdb(behind.port());
        } else {
            nodes(argument, RunningSwitch.class)
                    .forEach(lan -> lan.lan().ethernetSwitch().flushFdb());
        }
        return Collections.emptyIterator();
    }

    private Iterator<String> routes(String argument) throws InterruptedException {
        List<String> lines = new ArrayList<>();
        for (RunningRouter router : nodes(argument, RunningRouter.class)) {
            for (Routes.Entry route : router.router().routes()) {
                lines.add(new JsonLine()
                        .text("node", router.name())
                        .text("prefix", route.destination().toString())
                        .text(
                                "gateway",
                                route.gateway() == null ? "" : route.gateway().getHostAddress())
                        .text("port", route.port())
                        .toString());
            }
        }
        return lines.iterator();
    }

    private Iterator<String> nat(String argument) throws InterruptedException {
        List<String> lines = new ArrayList<>();
        for (RunningRouter router : nodes(argument, RunningRouter.class)) {
            for (SourceNat.Entry connection : router.router().natEntries(MAX_NAT_ENTRIES)) {
                lines.add(new JsonLine()
                        .text("node", router.name())
                        .text("protocol", connection.protocol())
                        .text("inside", connection.inside())
                        .text("outside", connection.outside())
                        .text("remote", connection.remote())
                        .toString());
            }
        }
        return lines.iterator();
    }

    private Iterator<String> tables() {
        List<String> lines = new ArrayList<>();
        for (RunningNode node : network.nodes()) {
            if (node instanceof RunningSwitch lan) {
                lines.addAll(SwitchRequests.tables(lan.name() + "/", lan.lan().ethernetSwitch()));
            } else if (node instanceof RunningVxlan vxlan) {
                lines.add(new JsonLine()
                        .text("table", vxlan.name() + "/peers")
                        .number("entries", vxlan.endpoint().peers().learned())
                        .number("capacity", vxlan.endpoint().peers().maxLearned())
                        .number("evicted", vxlan.endpoint().peers().evicted())
                        .number("refused", vxlan.endpoint().peers().refused())
                        .toString());
            }
        }
        return lines.iterator();
    }

    /** A file that is wrong changes nothing, and its complaint is the answer. */
    private Iterator<String> reload() throws Exception {
        try {
            return network.apply(file.call()).stream()
                    .map(change -> new JsonLine().text("change", change).toString())
                    .iterator();
        } catch (Exception e) {
            if (e.getSuppressed().length > 0) {
                throw new IllegalStateException(
                        e.getMessage() + "; not all is as it was before: " + e.getSuppressed()[0].getMessage(), e);
            }
            throw e;
        }
    }
}
