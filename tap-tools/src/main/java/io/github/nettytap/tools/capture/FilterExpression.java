/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.codec.filter.BpfFilter;
import io.github.nettytap.tools.lifecycle.CommandException;
import io.github.nettytap.transport.device.ClassicBpf;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A filter in the syntax of tcpdump, compiled for Ethernet frames as they are in a file: by libpcap in this process
 * where that is installed, else by tcpdump.
 *
 * <p>Frames of a TAP are filtered in this program, not in front of the device: a VLAN tag that the kernel keeps beside
 * a frame is in the frame by the time that it is read, so the same program selects the same frames live and from a
 * file. And what the filter refuses is told apart from what was lost.
 */
public final class FilterExpression {

    private static final long COMPILE_SECONDS = 10;
    private static final int MAX_QUOTED = 500;
    private static final int FAILURE = 1;

    private FilterExpression() {}

    /** Compiles a filter: empty if this compiler is not there. */
    interface Compiler {
        Optional<ClassicBpf> compile(String expression);
    }

    /**
     * Compiles an expression.
     *
     * @param expression for example {@code udp port 53}
     * @throws IllegalArgumentException if the compiler does not understand it
     * @throws IOException if there is no compiler, or it does not answer
     */
    public static BpfFilter compile(String expression) throws IOException {
        return compile(expression, ClassicBpf::compile, "tcpdump", COMPILE_SECONDS);
    }

    static BpfFilter compile(String expression, Compiler libpcap, String tcpdump, long seconds) throws IOException {
        try {
            Optional<ClassicBpf> program = byLibpcap(expression, libpcap, seconds);
            return BpfFilter.parse(
                    program.isPresent() ? program.get().toString() : byTcpdump(expression, tcpdump, seconds));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while a filter was compiled: filter=" + expression);
        }
    }

    /** On a thread of its own, which is left behind where the resolver hangs. */
    private static Optional<ClassicBpf> byLibpcap(String expression, Compiler libpcap, long seconds)
            throws IOException, InterruptedException {
        FutureTask<Optional<ClassicBpf>> task = new FutureTask<>(() -> libpcap.compile(expression));
        Thread thread = new Thread(task, "filter-compiler");
        thread.setDaemon(true);
        thread.start();
        try {
            return task.get(seconds, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw late("libpcap", expression, seconds);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IllegalArgumentException) {
                throw wrong("libpcap", expression, e.getCause().getMessage());
            }
            throw new IOException("libpcap failed: filter=" + expression + ", " + e.getCause(), e.getCause());
        }
    }

    private static String byTcpdump(String expression, String tcpdump, long seconds)
            throws IOException, InterruptedException {
        BoundedCommand run;
        try {
            // As one argument behind "--": it may begin with a minus.
            run = BoundedCommand.run(seconds, List.of(tcpdump, "-y", "EN10MB", "-ddd", "--", expression));
        } catch (IOException e) {
            throw new IOException(
                    "no libpcap and no tcpdump to compile the filter: filter=" + expression
                            + ". Install one (`sudo apt-get install libpcap0.8` or `tcpdump`), or capture without a filter",
                    e);
        }
        if (!run.isInTime()) {
            throw late("tcpdump", expression, seconds);
        }
        if (run.exitCode() != 0) {
            throw wrong("tcpdump", expression, run.errors());
        }
        return run.output();
    }

    private static CommandException late(String compiler, String expression, long seconds) {
        return new CommandException(
                FAILURE,
                compiler + " does not compile the filter: filter=" + expression + ", waited " + seconds
                        + " s. Names of hosts in a filter are looked up: where the resolver hangs, use addresses");
    }

    private static IllegalArgumentException wrong(String compiler, String expression, String words) {
        String said = words.strip().replaceAll("\\s*\\n\\s*", " ");
        return new IllegalArgumentException("not a filter: filter=" + expression + ", " + compiler + " says: "
                + said.substring(0, Math.min(said.length(), MAX_QUOTED)));
    }
}
