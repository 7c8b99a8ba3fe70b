/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.port.socket.SocketPort;
import io.github.nettytap.net.switching.EthernetSwitch;
import io.github.nettytap.net.switching.SwitchPort;
import io.github.nettytap.net.switching.TapSwitch;
import io.github.nettytap.net.switching.fdb.Fdb;
import io.github.nettytap.net.switching.fdb.FdbCounters;
import io.github.nettytap.net.switching.multicast.MulticastSnooping;
import io.github.nettytap.net.switching.policy.Mirroring;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.tools.argument.MirrorArgument;
import io.github.nettytap.tools.argument.PortArgument;
import io.github.nettytap.tools.argument.PortSetting;
import io.github.nettytap.tools.control.Requests;
import io.github.nettytap.tools.statistics.StatsJson;
import io.github.nettytap.transport.channel.TapChannel;
import io.netty.util.concurrent.Future;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What the control socket of a switch can be asked; see {@link ControlVerb}. On the thread of the socket. */
public final class SwitchRequests implements Requests {

    private static final String PORT = "port=";

    private final TapSwitch lan;
    private final PortLedger ledger;
    private final PortOpener opener;
    private final MirrorArgument mirror;
    private final long start = System.nanoTime();

    /**
     * For one switch.
     *
     * @param lan the switch
     * @param ledger knows what its ports have carried
     * @param opener makes TAPs ports of it
     * @param mirror what is copied where, or null
     */
    public SwitchRequests(TapSwitch lan, PortLedger ledger, PortOpener opener, MirrorArgument mirror) {
        this.lan = lan;
        this.ledger = ledger;
        this.opener = opener;
        this.mirror = mirror;
    }

    @Override
    public Iterator<String> answer(String request) throws Exception {
        ControlRequest asked = ControlRequest.parse(request, ControlVerb.Of.SWITCH);
        List<String> arguments = asked.arguments();
        return switch (asked.verb()) {
            case PORTS -> ports();
            case PORTS_ADD -> add(arguments.get(0));
            case PORTS_SET -> set(arguments.get(0));
            case PORTS_REMOVE -> remove(arguments.get(0));
            case FDB_SHOW -> fdb(arguments.isEmpty() ? null : behind(arguments.get(0)));
            case FDB_FLUSH -> flush(arguments);
            case TABLES -> tables("", lan.ethernetSwitch()).iterator();
            case STATS ->
                List.of(StatsJson.now(ledger.samples(), System.nanoTime() - start, counts()))
                        .iterator();
            case HELP -> help(ControlVerb.Of.SWITCH);
            case NODES, ROUTES, NAT, FORWARDS, TOPOLOGY, RELOAD ->
                throw new IllegalStateException(asked.verb().word());
        };
    }

    /** Sockets without a port of their own name, behind the ports. */
    private Iterator<String> ports() {
        List<SwitchPort> ports = lan.ports();
        Set<String> names = ports.stream().map(SwitchPort::name).collect(Collectors.toSet());
        return Stream.concat(
                        ports.stream().map(SwitchRequests::describe),
                        lan.sockets().stream()
                                .filter(socket ->
                                        !names.contains(socket.address().toString()))
                                .map(SwitchRequests::describe))
                .iterator();
    }

    private static String describe(SwitchPort port) {
        return new JsonLine()
                .text("port", port.name())
                .number("index", port.index())
                .text("state", port.channel().isOpen() ? "forwarding" : "lost")
                .text("settings", settings(port))
                .toString();
    }

    private static String settings(SwitchPort port) {
        if (!(port.channel() instanceof TapChannel)) {
            return PortSetting.print(port.policy());
        }
        boolean plain = port.offloads().isEmpty();
        Mirroring mirroring = port.policy().mirroring();
        return Stream.of(
                        plain ? "offloads=none" : "",
                        PortSetting.print(port.policy()),
                        mirroring == Mirroring.NONE ? "" : mirroring.name().toLowerCase(Locale.ROOT))
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining(","));
    }

    private Iterator<String> add(String text) throws Exception {
        PortArgument port = new PortArgument.Converter().convert(text);
        if (port.tap().indexOf('%') >= 0) {
            throw new IllegalArgumentException("the name of a port, not a pattern, is needed here: port=" + port.tap()
                    + " (expected: the name that ports/remove will be given)");
        }
        if (lan.ports().stream().anyMatch(other -> other.name().equals(port.tap()))) {
            throw new IllegalArgumentException(
                    "a port of that name is there: port=" + port.tap() + " (expected: ports/remove it before)");
        }
        PortArgument mirrored = mirror == null ? port : mirror.applyTo(port);
        if (port.socket() != null) {
            return List.of(describe(opener.addSocket(mirrored))).iterator();
        }
        SwitchPort added = opener.add(mirrored);
        boolean up = false;
        try {
            PortOpener.setUp(added);
            up = true;
        } finally {
            if (!up) {
                ledger.remove(added);
            }
        }
        return List.of(describe(added)).iterator();
    }

    /** The settings are those of the line, and defaults for the rest, as when the port was added. */
    private Iterator<String> set(String text) throws InterruptedException {
        PortArgument port = new PortArgument.Converter().convert(text);
        SwitchPort changed = named(port.tap());
        if (port.offloads() != null) {
            throw new IllegalArgumentException("offloads are negotiated when a port is made: port=" + port.tap()
                    + " (expected: no offloads=, or ports/remove and ports/add)");
        }
        PortPolicy policy = (mirror == null ? port : mirror.applyTo(port)).policy();
        Future<?> done = lan.ethernetSwitch().update(changed, policy).await();
        if (done.cause() instanceof IllegalArgumentException refused) {
            throw refused;
        }
        if (!done.isSuccess()) {
            throw new IllegalStateException(done.cause());
        }
        return List.of(describe(changed)).iterator();
    }

    /** The verbs that a program knows. */
    static Iterator<String> help(ControlVerb.Of program) {
        return Arrays.stream(ControlVerb.values())
                .filter(verb -> verb.isOf(program))
                .map(ControlVerb::toJson)
                .iterator();
    }

    /** The tables of a switch, their names behind a prefix. */
    static List<String> tables(String prefix, EthernetSwitch core) {
        FdbCounters fdb = core.fdbCounters();
        List<String> lines = new ArrayList<>();
        lines.add(new JsonLine()
                .text("table", prefix + "fdb")
                .number("entries", core.fdbSize())
                .number("capacity", core.fdbCapacity())
                .number("evicted", fdb.evicted() + fdb.evictedOwn())
                .number("refused", fdb.refused())
                .toString());
        MulticastSnooping.Counters groups = core.groupCounters();
        if (groups != null) {
            lines.add(new JsonLine()
                    .text("table", prefix + "groups")
                    .number("entries", groups.size())
                    .number("capacity", groups.capacity())
                    .number("evicted", groups.evicted())
                    .number("refused", groups.refused())
                    .toString());
        }
        return lines;
    }

    /** A socket, which is there whether it has peers, that are ports, or not. */
    private static String describe(SocketPort socket) {
        return new JsonLine()
                .text("port", socket.address().toString())
                .number("index", -1)
                .text("state", socket.peers() + (socket.peers() == 1 ? " peer" : " peers"))
                .text("settings", "")
                .toString();
    }

    private Iterator<String> remove(String name) throws InterruptedException {
        Optional<SocketPort> socket = lan.sockets().stream()
                .filter(open -> open.address().toString().equals(name))
                .findFirst();
        if (socket.isPresent()) {
            lan.remove(socket.get());
            return Collections.emptyIterator();
        }
        ledger.remove(named(name));
        return Collections.emptyIterator();
    }

    private Iterator<String> flush(List<String> arguments) {
        if (arguments.isEmpty()) {
            lan.ethernetSwitch().flushFdb();
        } else {
            lan.ethernetSwitch().flushFdb(behind(arguments.get(0)));
        }
        return Collections.emptyIterator();
    }

    private SwitchPort behind(String argument) {
        if (!argument.startsWith(PORT)) {
            throw new IllegalArgumentException(
                    "no such argument: argument=" + argument + " (expected: port=NAME, or none for all ports)");
        }
        return named(argument.substring(PORT.length()));
    }

    private SwitchPort named(String name) {
        return lan.ports().stream()
                .filter(port -> port.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such port: port=" + name + " (expected: one of "
                        + lan.ports().stream().map(SwitchPort::name).collect(Collectors.joining(", ")) + ")"));
    }

    /** The FDB, as JSON objects, an entry each. */
    public Iterator<String> fdb() {
        return fdb(null);
    }

    /** What found no room in a table, or had to make some, since the start: as {@code /metrics} and JSON have it. */
    public Map<String, Long> counts() {
        EthernetSwitch core = lan.ethernetSwitch();
        Map<String, Long> counts = new LinkedHashMap<>();
        counts.put(
                "fdbEvicted", core.fdbCounters().evicted() + core.fdbCounters().evictedOwn());
        counts.put("fdbRefused", core.fdbCounters().refused());
        if (core.groupCounters() != null) {
            counts.put("groupsEvicted", core.groupCounters().evicted());
            counts.put("groupsRefused", core.groupCounters().refused());
        }
        return counts;
    }

    /**
     * The table as it is walked now, as numbers; the lines are made when the client takes them. A port that goes
     * meanwhile keeps its name here.
     */
    private Iterator<String> fdb(SwitchPort only) {
        return fdb("", lan, only);
    }

    /**
     * The FDB of a switch.
     *
     * @param prefix of the names of ports
     * @param only the port that is asked for, or null for all
     */
    static Iterator<String> fdb(String prefix, TapSwitch lan, SwitchPort only) {
        Map<Integer, String> names = new HashMap<>();
        lan.ports().forEach(port -> names.put(port.index(), prefix + port.name()));
        FdbListing found = new FdbListing();
        lan.ethernetSwitch().forEachFdbEntry((key, port, kind, age) -> {
            if ((only == null || port == only.index()) && names.containsKey(port)) {
                found.add(key, port, kind, age);
            }
        });
        return IntStream.range(0, found.size())
                .mapToObj(i -> entry(found.key(i), names.get(found.port(i)), found.kind(i), found.age(i)))
                .iterator();
    }

    private static String entry(long key, String port, Fdb.Kind kind, long age) {
        return new JsonLine()
                .text("mac", MacAddress.of(Fdb.mac(key)).toString())
                .number("vlan", Fdb.vlan(key))
                .text("port", port)
                .text("kind", kind.name().toLowerCase(Locale.ROOT))
                .number("age", age)
                .toString();
    }
}
