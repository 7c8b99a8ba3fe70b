/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import io.github.nettytap.transport.netlink.LinkStatistics;
import io.github.nettytap.transport.netlink.Rtnetlink;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** Starts netty-tap as a process of its own, as a host, as users run it. */
public final class RunningProgram {

    private static final long PATIENCE_SECONDS = 60;

    private RunningProgram() {}

    /** Waits until a program has read so many frames from a TAP: the driver counts them as sent when they are read. */
    static void awaitRead(Host host, String link, long frames) throws Exception {
        await(() -> statistics(host, link).transmittedFrames() >= frames, "frames read from " + link);
    }

    /** Waits until a program has written a frame to a TAP. */
    static void awaitWritten(Host host, String link) throws Exception {
        await(() -> statistics(host, link).receivedFrames() > 0, "frames written to " + link);
    }

    private static LinkStatistics statistics(Host host, String link) throws Exception {
        return host.call(() -> {
            try (Rtnetlink rtnetlink = Rtnetlink.open()) {
                return rtnetlink.links().named(link).orElseThrow().statistics();
            }
        });
    }

    private static void await(Callable<Boolean> condition, String what) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.call()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    /** Starts the program. */
    public static HostProcess start(Host host, List<String> arguments) throws Exception {
        return startUnder(host, List.of(), arguments);
    }

    /** Starts the program by way of another, such as setpriv. */
    public static HostProcess startUnder(Host host, List<String> wrapper, List<String> arguments) throws Exception {
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(HostProcess.java(NettyTap.class, arguments));
        return HostProcess.start(host.namespace(), command);
    }
}
