/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.statistics;

import io.github.nettytap.tools.lifecycle.CommandException;
import io.github.nettytap.tools.lifecycle.ShutdownSignal;
import io.github.nettytap.tools.lifecycle.StandardOutput;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Shows what the ports carry while a program runs, in the form that suits where it is shown.
 *
 * <p>The main thread calls {@link #show}; {@link #interrupt} may come from any thread.
 */
public final class LiveStats {

    /** How it is shown. */
    public enum Form {
        /** One table, drawn over itself. */
        REDRAWN,
        /** A table below the other. */
        APPENDED,
        /** An object a line. */
        JSON
    }

    private final PrintWriter out;
    private final Form form;
    private final Supplier<List<PortSample>> source;
    private final Supplier<Map<String, Long>> counts;
    private final Supplier<Terminal.Size> size;
    private final LongSupplier clock;
    private final StatsTable table;
    private final Terminal terminal;
    private final long start;
    private List<PortSample> before;
    private long beforeTime;

    /**
     * Begins the first interval.
     *
     * @param out where to show it
     * @param form how to show it
     * @param colours whether the redrawn table has colours
     * @param source the ports of the moment, which may come and go
     * @param counts what else is counted, by the names of JSON members
     * @param size of the terminal, now
     * @param clock the time in nanoseconds
     */
    public LiveStats(
            PrintWriter out,
            Form form,
            boolean colours,
            Supplier<List<PortSample>> source,
            Supplier<Map<String, Long>> counts,
            Supplier<Terminal.Size> size,
            LongSupplier clock) {
        this.out = out;
        this.form = form;
        this.source = source;
        this.counts = counts;
        this.size = size;
        this.clock = clock;
        table = new StatsTable(form == Form.REDRAWN && colours);
        terminal = new Terminal(out);
        start = clock.getAsLong();
        before = source.get();
        beforeTime = start;
    }

    /** Ends an interval, shows it, and begins the next. */
    synchronized void show() {
        List<PortSample> now = source.get();
        before = PortSample.earlier(before, now);
        long time = clock.getAsLong();
        long nanos = Math.max(1, time - beforeTime);
        switch (form) {
            case JSON -> out.println(StatsJson.interval(before, now, nanos, time - start, counts.get()));
            case APPENDED -> lines(now, nanos, time, Terminal.Size.UNBOUNDED).forEach(out::println);
            case REDRAWN -> terminal.draw(lines(now, nanos, time, size.get()));
        }
        out.flush();
        before = now;
        beforeTime = time;
    }

    /**
     * Shows each interval until the program is interrupted.
     *
     * @param interval its length, or null to show none
     */
    public void showUntil(ShutdownSignal interruption, Duration interval)
            throws InterruptedException, CommandException {
        if (interval == null) {
            interruption.await();
            return;
        }
        long next = System.nanoTime() + interval.toNanos();
        while (!interruption.await(next - System.nanoTime())) {
            show();
            StandardOutput.check(out);
            next += interval.toNanos();
        }
    }

    /** The blank line sets the table off from what stands above it: the table of before, or "ready". */
    private List<String> lines(List<PortSample> now, long nanos, long time, Terminal.Size fitting) {
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.add("after " + Units.duration(time - start) + ":");
        lines.addAll(table.format(before, now, nanos, fitting));
        return lines;
    }

    /** Says something in between, which a redrawn table neither covers nor counts as its own. */
    public synchronized void interrupt(Runnable printing) {
        terminal.leave();
        printing.run();
    }

    /** Shows what was carried in all. */
    public synchronized void end() {
        List<PortSample> now = source.get();
        if (form == Form.JSON) {
            out.println(StatsJson.last(now, clock.getAsLong() - start, counts.get()));
        } else {
            out.println();
            out.print(PortTable.format(now.stream().map(PortSample::row).toList()));
        }
        out.flush();
    }
}
