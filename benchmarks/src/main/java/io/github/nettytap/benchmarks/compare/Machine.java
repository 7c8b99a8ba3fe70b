/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the figures were measured on, and whether it was busy with other things. */
public final class Machine {

    private static final long WATCH_MILLIS = 2_000;

    private Machine() {}

    public static Map<String, Object> describe() throws IOException {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("processor", firstValue("/proc/cpuinfo", "model name"));
        result.put("processors", Runtime.getRuntime().availableProcessors());
        result.put("memory", firstValue("/proc/meminfo", "MemTotal"));
        result.put("kernel", System.getProperty("os.version"));
        result.put("architecture", System.getProperty("os.arch"));
        result.put("java", Runtime.version().toString());
        return result;
    }

    /** The part of its time that the machine is busy while nothing is measured: 0 to 1. */
    public static double busy() throws IOException {
        long[] before = ticks();
        Commands.pause(WATCH_MILLIS);
        long[] after = ticks();
        long total = after[0] - before[0];
        return total == 0 ? 0 : 1 - (double) (after[1] - before[1]) / total;
    }

    /** proc(5): the line of /proc/stat has user, nice, system, idle, iowait and more; all, and the idle ones. */
    private static long[] ticks() throws IOException {
        String[] fields =
                Files.readAllLines(Path.of("/proc/stat")).get(0).trim().split("\\s+");
        long total = 0;
        for (int i = 1; i < fields.length; i++) {
            total += Long.parseLong(fields[i]);
        }
        return new long[] {total, Long.parseLong(fields[4]) + Long.parseLong(fields[5])};
    }

    private static String firstValue(String file, String name) throws IOException {
        return Files.readAllLines(Path.of(file)).stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("unknown");
    }
}
