/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.attack;

import io.github.nettytap.benchmarks.attack.Attack.Network;
import io.github.nettytap.benchmarks.compare.Background;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the honest host tries, and how it fares: pings of its peer, new connections or leases, new neighbors, and one
 * TCP flow as fast as it goes.
 */
final class HonestHost {

    private static final String SERVICE = "7000";
    private static final int ATTEMPTS = 10;
    private static final int NEIGHBORS = 5;
    private static final Pattern RECEIVED =
            Pattern.compile("\"sum_received\":\\s*\\{[^}]*\"bits_per_second\":\\s*([0-9.e+]+)");
    private static final Pattern TIME = Pattern.compile("time=([0-9.]+) ms");
    private static final Pattern SENT = Pattern.compile("(\\d+) packets transmitted, (\\d+) received");

    private final Neighborhood neighborhood;
    private final Network network;
    private final Path honest;
    private int neighbor = 1;

    HonestHost(Neighborhood neighborhood, Network network, Path honest) {
        this.neighborhood = neighborhood;
        this.network = network;
        this.honest = honest;
    }

    /** The peer takes connections. */
    Background service() throws IOException {
        return Background.start(neighborhood.in(Neighborhood.PEER, honest.toString(), "accept", SERVICE), "ready");
    }

    /** The peer receives flows. */
    Background receiver() throws IOException {
        return Background.start(neighborhood.in(Neighborhood.PEER, "iperf3", "-s", "--forceflush"), "Server listening");
    }

    /** One TCP flow to the peer; bits a second that arrived, 0 if it could not be begun. */
    double throughput(int seconds) throws IOException {
        try (Background flow =
                shell("iperf3 -J --connect-timeout 2000 -c " + Neighborhood.PEER_ADDRESS + " -t " + seconds)) {
            Matcher received = RECEIVED.matcher(flow.awaitOutput(seconds + 20));
            return received.find() ? Double.parseDouble(received.group(1)) : 0;
        }
    }

    /** Attempts that are under way. */
    final class Trial {
        private final int seconds;
        private final Background ping;
        private final Background connections;
        private final Background neighbors;

        private Trial(int seconds) throws IOException {
            this.seconds = seconds;
            ping = shell("ping -n -i 0.02 -W 1 -w " + seconds + " " + Neighborhood.PEER_ADDRESS);
            connections = shell(honest
                    + (network == Network.DHCP
                            ? " lease fx1 "
                            : " connect " + Neighborhood.PEER_ADDRESS + " " + SERVICE + " ")
                    + ATTEMPTS);
            StringBuilder pings = new StringBuilder();
            for (int i = 0; i < NEIGHBORS; i++, neighbor++) {
                pings.append("ping -q -n -c 1 -W 1 10.3.7.").append(neighbor).append(" & ");
                if (network.isRouted()) {
                    pings.append("ping -q -n -c 1 -W 1 fd00:3::7:")
                            .append(neighbor)
                            .append(" & ");
                }
            }
            neighbors = shell(pings + "wait");
        }

        /** The figures, when all is done. */
        Map<String, Object> await() throws IOException {
            try (ping;
                    connections;
                    neighbors) {
                Map<String, Object> figures = new LinkedHashMap<>();
                String pinged = ping.awaitOutput(seconds + 10);
                Matcher sent = SENT.matcher(pinged);
                if (!sent.find()) {
                    throw new IOException("no answer of ping: output=" + pinged);
                }
                figures.put("pings", Integer.parseInt(sent.group(1)));
                figures.put("lost", Integer.parseInt(sent.group(1)) - Integer.parseInt(sent.group(2)));
                double[] times = TIME.matcher(pinged)
                        .results()
                        .mapToDouble(result -> Double.parseDouble(result.group(1)))
                        .sorted()
                        .toArray();
                figures.put("p50Millis", percentile(times, 0.5));
                figures.put("p99Millis", percentile(times, 0.99));
                String connected = connections.awaitOutput(ATTEMPTS + 10);
                figures.put(
                        network == Network.DHCP ? "offers" : "connections",
                        connected.replaceFirst("(?s).*\"ok\": (\\d+).*", "$1") + " of " + ATTEMPTS);
                long reached = neighbors
                        .awaitOutput(20)
                        .lines()
                        .filter(line -> line.contains(" 1 received"))
                        .count();
                figures.put("newNeighbors", reached + " of " + (network.isRouted() ? 2 : 1) * NEIGHBORS);
                return figures;
            }
        }
    }

    private static double percentile(double[] sorted, double part) {
        return sorted.length == 0 ? Double.NaN : sorted[(int) Math.min(sorted.length - 1, sorted.length * part)];
    }

    Trial start(int seconds) throws IOException {
        return new Trial(seconds);
    }

    private Background shell(String command) throws IOException {
        // What is lost is a figure and no failure.
        return Background.start(
                List.copyOf(neighborhood.in(Neighborhood.HONEST, "sh", "-c", command + " || true")), "");
    }
}
