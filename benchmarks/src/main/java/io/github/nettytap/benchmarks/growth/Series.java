/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.growth;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What grows.
 *
 * @param name for {@code --only} and the file
 * @param title for people
 * @param points the values that it takes, in order
 */
record Series(String name, String title, List<Point> points) {

    private static final String SWITCH = "run-example.sh";
    private static final String FORWARDER = "benchmarks/forwarder";
    private static final int ALL_STATIONS = 2_000_000;
    private static final int ETHERNET_MTU = 1500;
    private static final int JUMBO_MTU = 9000;
    private static final int SMALL = 60;
    private static final int FULL = 1514;

    /** What the frames of a point are made by. */
    enum Traffic {
        /** Frames of one size to addresses at random. */
        FRAMES,
        /** One stream of TCP, which is what loss matters to. */
        TCP
    }

    /**
     * One value of what grows.
     *
     * @param label the value
     * @param program which of our programs, and its options; the programs that follow each other with the same options
     *     and MTU are one process
     * @param mtu of both ends
     * @param traffic what is sent
     * @param frameBytes the size of a frame without its checksum
     * @param addresses how many MAC addresses the frames go to
     */
    record Point(String label, List<String> program, int mtu, Traffic traffic, int frameBytes, int addresses) {

        boolean runsIn(Point other) {
            return other != null && mtu == other.mtu && program.equals(other.program);
        }
    }

    static List<Series> all(String io) {
        return List.of(ports(io), stations(io), sizes(io), loss(io), queues(io));
    }

    private static Series ports(String io) {
        List<Point> points = new ArrayList<>();
        for (int ports : List.of(2, 16, 128, 1000)) {
            List<String> program = new ArrayList<>(List.of(SWITCH, "switch", "fx0", "fx1"));
            for (int i = 2; i < ports; i++) {
                program.add("idle" + i);
            }
            program.addAll(List.of("--offloads", "none", "--io", io));
            points.add(frames(Integer.toString(ports), program, ETHERNET_MTU, SMALL, 1));
        }
        return new Series("ports", "Ports on one event loop, two of them busy", points);
    }

    private static Series stations(String io) {
        List<String> program = List.of(
                SWITCH,
                "switch",
                "fx0",
                "fx1",
                "--offloads",
                "none",
                "--io",
                io,
                "--fdb-capacity",
                Integer.toString(ALL_STATIONS));
        return new Series(
                "stations",
                "Entries in the FDB, frames to each of them at random",
                Stream.of(10, 100, 1_000, 10_000, 100_000, 1_000_000)
                        .map(n -> frames(Integer.toString(n), program, ETHERNET_MTU, SMALL, n))
                        .toList());
    }

    private static Series sizes(String io) {
        List<String> program = List.of(SWITCH, "switch", "fx0", "fx1", "--offloads", "none", "--io", io);
        return new Series(
                "size",
                "Bytes of a frame",
                Stream.of(SMALL, 128, 256, 512, 1024, FULL, JUMBO_MTU + 14)
                        .map(n -> frames(Integer.toString(n), program, JUMBO_MTU, n, 1))
                        .toList());
    }

    private static Series loss(String io) {
        return new Series(
                "loss",
                "Frames that the forwarder loses, one stream of TCP in frames of 1,514 bytes",
                Stream.of("0", "0.001", "0.01")
                        .map(loss -> new Point(
                                loss,
                                List.of(FORWARDER, "fx0", "fx1", "--io", io, "--loss", loss),
                                ETHERNET_MTU,
                                Traffic.TCP,
                                FULL,
                                1))
                        .toList());
    }

    private static Series queues(String io) {
        List<Point> points = new ArrayList<>();
        for (int queues = 1; queues <= 2; queues++) {
            for (int threads = 1; threads <= queues; threads++) {
                List<String> program = new ArrayList<>(List.of(FORWARDER, "fx0", "fx1", "--io", io));
                program.addAll(List.of("--queues", Integer.toString(queues)));
                program.addAll(List.of("--threads", Integer.toString(threads)));
                String label = queues
                        + (queues == 1 ? " queue, " : " queues, ")
                        + threads
                        + (threads == 1 ? " loop" : " loops");
                points.add(frames(label, program, ETHERNET_MTU, FULL, 1));
            }
        }
        return new Series("queues", "Queues and event loops, frames of 1,514 bytes in 64 flows", points);
    }

    private static Point frames(String label, List<String> program, int mtu, int bytes, int addresses) {
        return new Point(label, program, mtu, Traffic.FRAMES, bytes, addresses);
    }
}
