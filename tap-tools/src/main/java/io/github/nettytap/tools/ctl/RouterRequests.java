/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.routing.RouterTable;
import io.github.nettytap.net.routing.TapRouter;
import io.github.nettytap.net.routing.dns.DnsCounter;
import io.github.nettytap.net.routing.nat.ForwardedPort;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.tools.control.Requests;
import io.github.nettytap.tools.statistics.PortSample;
import io.github.nettytap.tools.statistics.StatsJson;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** What the control socket of a router can be asked; see {@link ControlVerb}. On the thread of the socket. */
public final class RouterRequests implements Requests {

    private final TapRouter router;
    private final long start = System.nanoTime();

    /** For one router. */
    public RouterRequests(TapRouter router) {
        this.router = router;
    }

    @Override
    public Iterator<String> answer(String request) {
        ControlVerb verb = ControlRequest.parse(request, ControlVerb.Of.ROUTER).verb();
        return switch (verb) {
            case PORTS -> router.ports().stream().map(RouterRequests::describe).iterator();
            case TABLES ->
                router.tables().stream().map(RouterRequests::describe).iterator();
            case FORWARDS ->
                router.forwardedPorts().stream().map(RouterRequests::describe).iterator();
            case STATS ->
                List.of(StatsJson.now(samples(), System.nanoTime() - start, counts()))
                        .iterator();
            case HELP -> SwitchRequests.help(ControlVerb.Of.ROUTER);
            default -> throw new IllegalStateException("no verb of a router: verb=" + verb);
        };
    }

    /** The ports of the moment. */
    public List<PortSample> samples() {
        return router.ports().stream().map(PortSample::of).toList();
    }

    /**
     * How full the tables are, and what found no room, as {@code /metrics} and JSON have it. The numbers of entries are
     * of the moment, all others have grown since the start.
     */
    public Map<String, Long> counts() {
        Map<String, Long> counts = new LinkedHashMap<>();
        for (RouterTable table : router.tables()) {
            // Leases of all ports are one number.
            counts.merge(table.name() + "Evicted", table.evicted(), Long::sum);
            counts.merge(table.name() + "Refused", table.refused(), Long::sum);
        }
        if (router.dnsCounters().get(DnsCounter.QUERIES) > 0) {
            router.dnsCounters()
                    .values()
                    .forEach((name, count) ->
                            counts.put("dns" + Character.toUpperCase(name.charAt(0)) + name.substring(1), count));
            counts.put("namesRefused", router.namesRefused());
        }
        if (!router.forwardedPorts().isEmpty()) {
            counts.put("forwardsAccepted", sum(ForwardedPort::accepted));
            counts.put("forwardsRefused", sum(ForwardedPort::refused));
        }
        return counts;
    }

    private long sum(ToLongFunction<ForwardedPort> count) {
        return router.forwardedPorts().stream().mapToLong(count).sum();
    }

    private static String describe(RouterPort port) {
        return new JsonLine()
                .text("port", port.name())
                .number("index", port.number())
                .text("state", port.channel().isOpen() ? "forwarding" : "lost")
                .text("settings", settings(port))
                .toString();
    }

    private static String settings(RouterPort port) {
        return port.networks().stream().map(Cidr::toString).collect(Collectors.joining(","))
                + (port.translates() ? ",nat" : "")
                + (port.checksReversePath() ? ",reverse-path" : "")
                + ",mac=" + MacAddress.of(port.mac());
    }

    private static String describe(RouterTable table) {
        return new JsonLine()
                .text("table", table.port().isEmpty() ? table.name() : table.name() + " of " + table.port())
                .number("entries", table.entries())
                .number("capacity", table.capacity())
                .number("evicted", table.evicted())
                .number("refused", table.refused())
                .toString();
    }

    private static String describe(ForwardedPort port) {
        int outside = port.outsideAddress();
        return new JsonLine()
                .text("forward", port.forward().toString())
                .text(
                        "outside",
                        (outside >>> 24) + "." + (outside >>> 16 & 0xff) + "." + (outside >>> 8 & 0xff) + "."
                                + (outside & 0xff))
                .number("open", port.open())
                .number("accepted", port.accepted())
                .number("refused", port.refused())
                .toString();
    }
}
