/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.tools.lifecycle.CommandException;
import io.github.nettytap.transport.device.TapException;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;

class NettyTapTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void withoutACommandTheCommandsAreListed() {
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString())
                .startsWith("netty-tap: no command given\nUsage: netty-tap ")
                .contains("\n  switch ", "\n  doctor ");
        assertThat(out).hasToString("");
    }

    @Test
    void unknownOptionIsWrongUsage() {
        assertThat(run("--no-such-option")).isEqualTo(2);
        assertThat(err).hasToString("netty-tap: Unknown option: '--no-such-option'\ntry: netty-tap --help\n");
    }

    @Test
    void helpGoesToStandardOutputAndSucceeds() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).startsWith("Usage: netty-tap").contains("Examples:", "77   no permission");
        assertThat(err).hasToString("");
    }

    @Test
    void versionNamesNettyAndJava() {
        assertThat(run("--version")).isZero();
        assertThat(out.toString()).startsWith("netty-tap ").contains("Netty 4.2.", "Java " + Runtime.version());
    }

    @Test
    void failureIsOneParagraph() {
        assertThat(runFailing(new ExecutionException(new IOException("link is gone: name=tap0\n  (check it)"))))
                .isEqualTo(1);
        assertThat(err).hasToString("netty-tap fail: link is gone: name=tap0 (check it)\n");
    }

    @Test
    void fileNameGetsItsReason() {
        assertThat(runFailing(new NoSuchFileException("/no/file"))).isEqualTo(1);
        assertThat(err).hasToString("netty-tap fail: no such file or directory: path=/no/file\n");
    }

    @Test
    void deniedAccessHasItsOwnExitCode() {
        assertThat(runFailing(new AccessDeniedException("/dev/net/tun"))).isEqualTo(77);
        assertThat(err).hasToString("netty-tap fail: permission denied: path=/dev/net/tun\n");
    }

    @Test
    void missingPrivilegeHasItsOwnExitCode() {
        TapException failure = TapException.ofCall("TUNSETIFF", "tap0", 1);
        assertThat(runFailing(failure)).isEqualTo(77);
        assertThat(runFailing(new CommandException(77, "no right"))).isEqualTo(77);
    }

    @Test
    void bugsShowTheirStackTrace() {
        assertThat(runFailing(new IllegalStateException("impossible"))).isEqualTo(1);
        assertThat(err.toString()).contains("please report it", "IllegalStateException: impossible", "\tat ");
    }

    private int run(String... arguments) {
        return wired(NettyTap.commandLine()).execute(arguments);
    }

    private int runFailing(Exception failure) {
        return wired(NettyTap.commandLine().addSubcommand(new Failing(failure))).execute("fail");
    }

    private CommandLine wired(CommandLine commandLine) {
        return commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    }

    @Command(name = "fail")
    private static final class Failing implements Callable<Integer> {
        private final Exception failure;

        Failing(Exception failure) {
            this.failure = failure;
        }

        @Override
        public Integer call() throws Exception {
            throw failure;
        }
    }
}
