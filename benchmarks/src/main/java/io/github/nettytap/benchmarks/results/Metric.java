/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.results;

import java.util.EnumSet;
import java.util.List;

/** What is measured. */
public enum Metric {
    TCP_1("TCP 1", "Gb/s", true),
    TCP_4("TCP 4", "Gb/s", true),
    TCP_REVERSE("TCP rev", "Gb/s", true),
    UDP_64("UDP 64", "kpps", true),
    RTT_P50("RTT p50", "µs", false),
    RTT_P99("RTT p99", "µs", false),
    RTT_P999("RTT p99.9", "µs", false),
    CPU_PER_GIB("CPU/GiB", "s", false),
    CPU_PER_MILLION("CPU/Mframe", "s", false),
    MEMORY("memory", "MB", false),
    /** One frame through a switch in memory, without any kernel. */
    FORWARDING("forwarding", "ns", false);

    /** What is measured with a host on either side. */
    public static final List<Metric> BETWEEN_HOSTS = List.copyOf(EnumSet.complementOf(EnumSet.of(FORWARDING)));

    private final String title;
    private final String unit;
    private final boolean moreIsBetter;

    Metric(String title, String unit, boolean moreIsBetter) {
        this.title = title;
        this.unit = unit;
        this.moreIsBetter = moreIsBetter;
    }

    public String title() {
        return title;
    }

    public String unit() {
        return unit;
    }

    public boolean moreIsBetter() {
        return moreIsBetter;
    }
}
