/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.codec.filter.BpfFilter;
import io.github.nettytap.tools.lifecycle.CommandException;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;

/**
 * A filter in the syntax of tcpdump, compiled by tcpdump for Ethernet frames as they are in a file.
 *
 * <p>Frames of a TAP are filtered in this program, not in front of the device: a VLAN tag that the kernel keeps beside a frame
 * is in the frame by the time that it is read, so the same program selects the same frames live and from a file. And what the
 * filter refuses is told apart from what was lost.
 */
public final class FilterExpression {

    private static final long COMPILE_SECONDS = 10;
    private static final int MAX_QUOTED = 500;
    private static final int FAILURE = 1;

    private FilterExpression() {}

    /**
     * Compiles an expression.
     *
     * @param expression for example {@code udp port 53}
     * @throws IllegalArgumentException if tcpdump does not understand it
     * @throws IOException if there is no tcpdump, or it does not answer
     */
    public static BpfFilter compile(String expression) throws IOException {
        return compile(expression, "tcpdump", COMPILE_SECONDS);
    }

    static BpfFilter compile(String expression, String tcpdump, long seconds) throws IOException {
        BoundedCommand run;
        try {
            // As one argument behind "--": it may begin with a minus.
            run = BoundedCommand.run(seconds, List.of(tcpdump, "-y", "EN10MB", "-ddd", "--", expression));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while tcpdump compiled the filter: filter=" + expression);
        } catch (IOException e) {
            throw new IOException(
                    "no tcpdump to compile the filter: filter=" + expression
                            + ". Install it (`sudo apt-get install tcpdump`), or capture without a filter",
                    e);
        }
        if (!run.isInTime()) {
            throw new CommandException(
                    FAILURE,
                    "tcpdump does not compile the filter: filter=" + expression + ", waited " + seconds
                            + " s. Names of hosts in a filter are looked up: where the resolver hangs, use addresses");
        }
        if (run.exitCode() != 0) {
            String said = run.errors().strip().replaceAll("\\s*\\n\\s*", " ");
            throw new IllegalArgumentException("not a filter: filter=" + expression + ", tcpdump says: "
                    + said.substring(0, Math.min(said.length(), MAX_QUOTED)));
        }
        return BpfFilter.parse(run.output());
    }
}
