/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a process and its children use, as proc(5) says. Those that are gone used nothing. */
public final class ProcessUsage {

    private static final double TICKS_A_SECOND = 100;

    private ProcessUsage() {}

    /** Processor seconds so far. */
    public static double cpuSeconds(ProcessHandle process) throws IOException {
        double ticks = 0;
        for (ProcessHandle each : withChildren(process)) {
            String[] stat = procFile(each, "stat").split("\\) ", 2);
            if (stat.length == 2) {
                // utime and stime are fields 14 and 15; the state, field 3, comes first after the name.
                String[] fields = stat[1].split(" ");
                ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
            }
        }
        return ticks / TICKS_A_SECOND;
    }

    /** Resident memory in MB. */
    public static double residentMegabytes(ProcessHandle process) throws IOException {
        double kilobytes = 0;
        for (ProcessHandle each : withChildren(process)) {
            kilobytes += procFile(each, "status")
                    .lines()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")))
                    .sum();
        }
        return kilobytes * 1024 / 1e6;
    }

    private static List<ProcessHandle> withChildren(ProcessHandle process) {
        List<ProcessHandle> result = new ArrayList<>(List.of(process));
        process.descendants().forEach(result::add);
        return result;
    }

    private static String procFile(ProcessHandle process, String name) throws IOException {
        Path path = Path.of("/proc", Long.toString(process.pid()), name);
        return Files.exists(path) ? Files.readString(path) : "";
    }
}
