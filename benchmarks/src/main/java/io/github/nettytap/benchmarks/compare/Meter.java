/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import io.github.nettytap.benchmarks.results.Metric;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Takes all measurements of one candidate in one round. */
final class Meter {

    private static final int UDP_FRAME_BYTES = 60;

    private final Rig rig;
    private final Path udpRate;
    private final int seconds;
    private final Set<Measure> measures;
    private int port = 7000;

    /**
     * Makes a meter.
     *
     * @param rig an open rig
     * @param udpRate the compiled {@code udp_rate}
     * @param seconds how long each measurement takes
     * @param measures what to measure
     */
    Meter(Rig rig, Path udpRate, int seconds, Set<Measure> measures) {
        this.rig = rig;
        this.udpRate = udpRate;
        this.seconds = seconds;
        this.measures = measures;
    }

    /** Lets compilers and caches settle: the same traffic, not counted. */
    void warmUp(int warmUpSeconds) throws IOException {
        if (warmUpSeconds > 0 && (measures.contains(Measure.TCP) || measures.contains(Measure.STREAMS))) {
            iperf(warmUpSeconds);
        }
        if (warmUpSeconds > 0 && (measures.contains(Measure.UDP) || measures.contains(Measure.LATENCY))) {
            flood(warmUpSeconds);
        }
    }

    /** Measures, and puts each value into the result as soon as it is known. */
    void measure(Map<Metric, Double> result) throws IOException {
        if (measures.contains(Measure.TCP)) {
            tcp(result);
        }
        if (measures.contains(Measure.STREAMS)) {
            streams(result);
        }
        if (measures.contains(Measure.UDP)) {
            udp(result);
        }
        if (measures.contains(Measure.LATENCY)) {
            String times = askAndAnswer();
            result.put(Metric.RTT_P50, number(times, "p50"));
            result.put(Metric.RTT_P99, number(times, "p99"));
            result.put(Metric.RTT_P999, number(times, "p999"));
        }
        putProgram(result, Metric.MEMORY, rig.residentMegabytes());
    }

    private void tcp(Map<Metric, Double> result) throws IOException {
        double before = rig.cpuSeconds();
        double bytes = iperf(seconds);
        putProgram(result, Metric.CPU_PER_GIB, (rig.cpuSeconds() - before) / (bytes / (1 << 30)));
        result.put(Metric.TCP_1, gigabits(bytes));
    }

    private void streams(Map<Metric, Double> result) throws IOException {
        result.put(Metric.TCP_4, gigabits(iperf(seconds, "-P", "4")));
        result.put(Metric.TCP_REVERSE, gigabits(iperf(seconds, "-R")));
    }

    private void udp(Map<Metric, Double> result) throws IOException {
        double before = rig.cpuSeconds();
        String counted = flood(seconds);
        double packets = number(counted, "packets");
        putProgram(result, Metric.CPU_PER_MILLION, (rig.cpuSeconds() - before) / (packets / 1e6));
        result.put(Metric.UDP_64, packets / number(counted, "seconds") / 1e3);
    }

    /** The kernel's own work is nobody's process. */
    private void putProgram(Map<Metric, Double> result, Metric metric, double value) {
        if (rig.hasProgram()) {
            result.put(metric, value);
        }
    }

    private double gigabits(double bytes) {
        return bytes * 8 / seconds / 1e9;
    }

    /** A TCP transfer; returns the bytes that arrived. */
    private double iperf(int duration, String... options) throws IOException {
        List<String> server = rig.inNamespace("right", "iperf3", "-s", "-1", "--forceflush");
        try (Background background = Background.start(server, "Server listening")) {
            List<String> command = new ArrayList<>(List.of("iperf3", "-c", Rig.RIGHT_ADDRESS, "-J"));
            // Others, such as bbr, halve the rate over an offloading TAP and would be what is measured.
            command.addAll(List.of("-C", "cubic", "-t", Integer.toString(duration)));
            command.addAll(List.of(options));
            String json = Commands.run(duration + 20, rig.inNamespace("left", command));
            background.awaitOutput(10);
            return number(json.replaceFirst("(?s).*\"sum_received\"", ""), "bytes");
        }
    }

    private String flood(int duration) throws IOException {
        String udp = Integer.toString(port++);
        List<String> sender = udpSender("flood", udp, duration + 5, Integer.toString(UDP_FRAME_BYTES));
        // The flood ends with the count, so that processor time is not taken of frames that nobody counts.
        try (Background counter = udpReceiver("count", udp, duration)) {
            Background flood = Background.start(sender, "");
            try {
                return counter.awaitOutput(duration + 20);
            } finally {
                flood.close();
            }
        }
    }

    private String askAndAnswer() throws IOException {
        String udp = Integer.toString(port++);
        Background answerer = udpReceiver("answer", udp, seconds + 10);
        try {
            return Commands.run(seconds + 20, udpSender("ask", udp, seconds));
        } finally {
            answerer.close();
        }
    }

    private Background udpReceiver(String role, String udp, int duration) throws IOException {
        String length = Integer.toString(duration);
        return Background.start(rig.inNamespace("right", udpRate.toString(), role, udp, length), "ready");
    }

    private List<String> udpSender(String role, String udp, int duration, String... more) {
        List<String> command = new ArrayList<>(List.of(udpRate.toString(), role, Rig.RIGHT_ADDRESS, udp));
        command.add(Integer.toString(duration));
        command.addAll(List.of(more));
        return rig.inNamespace("left", command);
    }

    /** The first number of that name in a JSON text; the texts are those of two known programs. */
    static double number(String json, String name) {
        Matcher matcher =
                Pattern.compile("\"" + name + "\"\\s*:\\s*([-+0-9.eE]+)").matcher(json);
        if (!matcher.find()) {
            throw new IllegalArgumentException("no such number: name=" + name + ", text=" + json.strip());
        }
        return Double.parseDouble(matcher.group(1));
    }
}
