/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command {@code ctl}, within the test's own process.
 *
 * @param socket the control socket of the switch
 */
record Ctl(Path socket) {

    /** What it prints. */
    String ask(String... words) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        assertThat(execute(out, err, words)).as(err.toString()).isZero();
        return out.toString();
    }

    /** What it complains of. */
    String askInVain(int exitCode, String... words) {
        StringWriter err = new StringWriter();
        assertThat(execute(new StringWriter(), err, words)).isEqualTo(exitCode);
        return err.toString();
    }

    private int execute(StringWriter out, StringWriter err, String... words) {
        List<String> all = new ArrayList<>(List.of("ctl", "--control", socket.toString()));
        all.addAll(List.of(words));
        return NettyTap.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(all.toArray(String[]::new));
    }
}
