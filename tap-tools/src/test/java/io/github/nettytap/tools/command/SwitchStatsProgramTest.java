/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** The switch that shows its counters, in a pipe and on a terminal, with frames that the kernel sends by itself. */
@KernelTest
class SwitchStatsProgramTest {

    private static final long PATIENCE_SECONDS = 60;

    private Host host;

    @BeforeEach
    void makeNamespace() throws Exception {
        host = Host.create();
    }

    @AfterEach
    void cleanUp() throws Exception {
        host.close();
    }

    @Test
    void jsonCountsWhatThePortsCarry() throws Exception {
        try (HostProcess program = start(List.of(), "--stats", "100ms", "--json")) {
            sendFrames();
            // The switch floods what it does not know, so what came in at one port went out at the other.
            awaitLine(
                    program,
                    line -> line.matches("\\{\"event\":\"interval\".*\"port\":\"fx0\",\"framesIn\":[1-9].*"
                            + "\"port\":\"fx1\",.*\"framesOut\":[1-9].*"));
            assertThat(program.terminate().await()).isZero();
            List<String> lines = program.output().lines().toList();
            assertThat(lines.get(0)).isEqualTo("ready");
            assertThat(lines.subList(1, lines.size() - 1))
                    .allMatch(line -> line.startsWith("{\"event\":\"interval\"")
                            && line.endsWith("}}],\"counts\":{\"fdbEvicted\":0,\"fdbRefused\":0}}"));
            assertThat(lines.get(lines.size() - 1)).startsWith("{\"event\":\"final\"");
        }
    }

    @Test
    void tablesInAPipeFollowEachOther() throws Exception {
        try (HostProcess program = start(List.of(), "--stats", "100ms")) {
            sendFrames();
            awaitLine(program, line -> line.matches("fx0 +[1-9].*"));
            assertThat(program.terminate().await()).isZero();
            assertThat(program.output())
                    .contains("\nfx0 ", "\nfx1 ", "\ntotal ")
                    .doesNotContain("\033");
        }
    }

    @Test
    void tableOnATerminalIsRedrawn() throws Exception {
        // script(1) gives the program a terminal; it joins its words by blanks.
        List<String> onATerminal = List.of("sh", "-c", "TERM=xterm exec script -qfec \"$*\" /dev/null", "sh");
        try (HostProcess program = start(onATerminal, "--stats", "100ms")) {
            awaitLine(program, line -> line.contains("\033[6A"));
            assertThat(program.output()).contains("\033[1mport ");
            program.terminate().await();
        }
    }

    @Test
    void terminalWithoutColoursHasNone() throws Exception {
        List<String> onATerminal =
                List.of("sh", "-c", "NO_COLOR=1 TERM=xterm exec script -qfec \"$*\" /dev/null", "sh");
        try (HostProcess program = start(onATerminal, "--stats", "100ms")) {
            awaitLine(program, line -> line.contains("\033[6A"));
            assertThat(program.output()).contains("\nport ").doesNotContain("\033[1m", "\033[31m");
            program.terminate().await();
        }
    }

    private HostProcess start(List<String> wrapper, String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("switch", "fx0", "fx1"));
        arguments.addAll(List.of(options));
        return RunningProgram.startUnder(host, wrapper, arguments).awaitLine("ready");
    }

    /** Neighbor discovery for an address that nobody has. */
    private void sendFrames() throws Exception {
        host.execute("ip", "address", "add", "10.66.0.1/24", "dev", "fx0");
        host.call(() -> new ProcessBuilder("ping", "-q", "-c", "1", "-W", "1", "10.66.0.2").start())
                .waitFor();
    }

    private static void awaitLine(HostProcess program, Predicate<String> wanted) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (program.output().lines().noneMatch(wanted)) {
            assertThat(System.nanoTime())
                    .as(() -> "waiting in: " + outputOf(program))
                    .isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    private static String outputOf(HostProcess program) {
        try {
            return program.output() + program.errors();
        } catch (IOException e) {
            return e.toString();
        }
    }
}
