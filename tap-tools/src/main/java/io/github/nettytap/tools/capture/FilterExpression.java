/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.codec.filter.BpfFilter;
import io.github.nettytap.transport.device.ClassicBpf;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** A filter in the syntax of tcpdump, compiled by tcpdump. */
public final class FilterExpression {

    private static final long COMPILE_SECONDS = 10;

    private final String program;

    private FilterExpression(String program) {
        this.program = program;
    }

    /**
     * Compiles an expression.
     *
     * @param expression for example {@code udp port 53}
     * @throws IllegalArgumentException if tcpdump does not understand it
     * @throws IOException if there is no tcpdump
     */
    public static FilterExpression compile(String expression) throws IOException, InterruptedException {
        Process tcpdump;
        try {
            // As one argument behind "--": it may begin with a minus.
            tcpdump = new ProcessBuilder("tcpdump", "-y", "EN10MB", "-ddd", "--", expression).start();
        } catch (IOException e) {
            throw new IOException(
                    "no tcpdump to compile the filter: filter=" + expression
                            + ". Install it (`sudo apt-get install tcpdump`), or capture without a filter",
                    e);
        }
        String program = new String(tcpdump.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        String errors = new String(tcpdump.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!tcpdump.waitFor(COMPILE_SECONDS, TimeUnit.SECONDS) || tcpdump.exitValue() != 0) {
            tcpdump.destroyForcibly();
            throw new IllegalArgumentException("not a filter: filter=" + expression + ", tcpdump says: "
                    + errors.strip().replaceAll("\\s*\\n\\s*", " "));
        }
        return new FilterExpression(program);
    }

    /** For the kernel, in front of a TAP. */
    public ClassicBpf forKernel() {
        return ClassicBpf.parse(program);
    }

    /** For frames that no kernel filters: those of a file, and those that came before the kernel had the filter. */
    public BpfFilter forProgram() {
        return BpfFilter.parse(program);
    }
}
