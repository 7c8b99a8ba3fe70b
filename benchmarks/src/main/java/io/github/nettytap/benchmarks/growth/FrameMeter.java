/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.growth;

import io.github.nettytap.benchmarks.compare.Background;
import io.github.nettytap.benchmarks.compare.Commands;
import io.github.nettytap.benchmarks.compare.Rig;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Measures what a frame costs a program that is running in a rig. */
final class FrameMeter {

    static final String RATE = "rate, kpps";
    static final String COST = "cost, ns a frame";
    static final String MEMORY = "memory while idle, MB";
    static final String TCP = "TCP, Gb/s";

    private static final double NANOS = 1e9;
    private static final int SPARE_SECONDS = 10;
    private static final int LEARN_SECONDS = 120;
    private static final int SETTLING_MILLIS = 200;

    private final Rig rig;
    private final Path frameRate;
    private double cost;
    private double frames;

    /**
     * Makes a meter.
     *
     * @param rig an open rig
     * @param frameRate the compiled {@code frame_rate}
     */
    FrameMeter(Rig rig, Path frameRate) {
        this.rig = rig;
        this.frameRate = frameRate;
    }

    /** Lets compilers and caches settle, and the switch learn all addresses. */
    void prepare(Series.Point point, int warmUp) throws IOException {
        String program = frameRate.toString();
        Commands.run(
                LEARN_SECONDS, rig.inNamespace("right", program, "learn", "fx1", Integer.toString(point.addresses())));
        if (warmUp > 0) {
            traffic(point, warmUp);
        }
    }

    Map<String, Double> measure(Series.Point point, int seconds) throws IOException {
        Map<String, Double> result = new LinkedHashMap<>();
        double bits = traffic(point, seconds);
        if (point.traffic() == Series.Traffic.TCP) {
            result.put(TCP, bits / NANOS);
        }
        result.put(RATE, frames / 1e3);
        result.put(COST, cost);
        return result;
    }

    /** Sends for that long; returns the bits a second of TCP, if it is TCP. */
    private double traffic(Series.Point point, int seconds) throws IOException {
        return point.traffic() == Series.Traffic.TCP ? stream(seconds) : flood(point, seconds);
    }

    private double flood(Series.Point point, int seconds) throws IOException {
        List<String> flood = rig.inNamespace(
                "left",
                frameRate.toString(),
                "flood",
                "fx0",
                Integer.toString(seconds + SPARE_SECONDS),
                Integer.toString(point.frameBytes()),
                Integer.toString(point.addresses()));
        Background sender = Background.start(flood, "");
        try {
            // The queue has to fill first; what comes after that is the rate and the price of being full.
            Commands.pause(SETTLING_MILLIS);
            Reading before = read();
            Commands.pause(seconds * 1000L);
            since(before);
        } finally {
            sender.close();
        }
        return 0;
    }

    private double stream(int seconds) throws IOException {
        List<String> server = rig.inNamespace("right", "iperf3", "-s", "-1", "--forceflush");
        try (Background receiver = Background.start(server, "Server listening")) {
            Reading before = read();
            List<String> client = rig.inNamespace(
                    "left", "iperf3", "-c", Rig.RIGHT_ADDRESS, "-J", "-C", "cubic", "-t", Integer.toString(seconds));
            String json = Commands.run(seconds + SPARE_SECONDS, client);
            receiver.awaitOutput(SPARE_SECONDS);
            since(before);
            return Double.parseDouble(
                    json.replaceFirst("(?s).*\"sum_received\".*?\"bits_per_second\":\\s*([-+.0-9eE]+).*", "$1"));
        }
    }

    private record Reading(long nanos, double cpuSeconds, long frames) {}

    /** Frames that the program has written to either end. */
    private Reading read() throws IOException {
        long count = Long.parseLong(statistic("right", "fx1")) + Long.parseLong(statistic("left", "fx0"));
        return new Reading(System.nanoTime(), rig.cpuSeconds(), count);
    }

    private String statistic(String end, String link) throws IOException {
        return Commands.run(5, rig.inNamespace(end, "cat", "/sys/class/net/" + link + "/statistics/rx_packets"))
                .strip();
    }

    private void since(Reading before) throws IOException {
        Reading now = read();
        long carried = now.frames() - before.frames();
        if (carried == 0) {
            throw new IOException("no frame has arrived: seconds=" + (now.nanos() - before.nanos()) / NANOS);
        }
        cost = (now.cpuSeconds() - before.cpuSeconds()) * NANOS / carried;
        frames = carried * NANOS / (now.nanos() - before.nanos());
    }
}
