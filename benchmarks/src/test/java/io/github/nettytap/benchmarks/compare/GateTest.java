/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;

class GateTest {

    @TempDir
    Path repository;

    @Test
    void commitIsCheckedOutAndGoneAfterwards() throws Exception {
        commit("first");
        commit("second");
        Path path;
        try (Worktree past = Worktree.add(repository, "HEAD~1")) {
            path = past.path();
            assertThat(path.resolve("file")).hasContent("first");
            Files.writeString(path.resolve("built"), "here");
        }
        assertThat(path.getParent()).doesNotExist();
        assertThat(Commands.run(10, "git", "-C", repository.toString(), "worktree", "list"))
                .hasLineCount(1);
    }

    @Test
    void unknownCommitIsNamed() throws Exception {
        commit("first");
        assertThatThrownBy(() -> Worktree.add(repository, "no-such"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no-such");
    }

    @Test
    void oneRoundIsWrongUsage() {
        assertThat(run("HEAD", "--rounds", "1")).startsWith("2: too few rounds: rounds=1 (expected: 2 or more)");
    }

    @Test
    void othersCannotBeMeasuredAgainstThemselves() {
        assertThat(run("HEAD", "--only", "veth"))
                .startsWith("2: not a form of our switch: names=[veth] (expected: netty-tap-…)");
    }

    private static String run(String... arguments) {
        StringWriter errors = new StringWriter();
        int exit = Compare.commandLine(new Gate())
                .setErr(new PrintWriter(errors, true))
                .execute(arguments);
        return exit + ": " + errors;
    }

    private void commit(String content) throws IOException {
        String directory = repository.toString();
        Files.writeString(repository.resolve("file"), content);
        Commands.run(10, "git", "-C", directory, "init", "-q");
        Commands.run(10, "git", "-C", directory, "add", "file");
        Commands.run(
                10,
                "git",
                "-C",
                directory,
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@example.org",
                "commit",
                "-qm",
                "x");
    }
}
