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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

class ConditionsTest {

    @TempDir
    private Path repository;

    @Test
    void unknownMeasurementIsNamed() {
        assertThatThrownBy(() -> Measure.named(List.of("tcp", "ip")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no such measurement: name=ip (expected: tcp, streams, udp, latency)");
    }

    @Test
    void measurementsAreChosenByName() {
        assertThat(Measure.named(List.of("latency", "tcp"))).containsExactly(Measure.TCP, Measure.LATENCY);
    }

    @Test
    void whoCannotTakeLargeFramesSaysWhy() {
        Candidates candidates = new Candidates(repository, repository);
        assertThat(candidates.named(List.of("vde")).get(0).refusal(9000))
                .isEqualTo("vde_switch drops frames of more than 1,518 bytes");
        assertThat(candidates.all())
                .allSatisfy(candidate -> assertThat(candidate.refusal(1500)).isEmpty());
    }

    @Test
    void treeIsDirtyWithAChangeThatIsNotAResult() throws IOException {
        git("init", "-q");
        Files.createDirectories(repository.resolve("benchmarks/results"));
        git("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "--allow-empty", "-m", "x");
        Files.writeString(repository.resolve("benchmarks/results/today.json"), "{}");
        assertThat(Versions.tree(repository)).containsEntry("dirty", false).containsKey("commit");
        Files.writeString(repository.resolve("file"), "new");
        assertThat(Versions.tree(repository)).containsEntry("dirty", true);
    }

    @Test
    void interruptedCleaningUpIsDoneAndToldAgain() throws IOException {
        boolean[] done = new boolean[1];
        Thread.currentThread().interrupt();
        Commands.uninterrupted(() -> {
            Commands.run(10, "true");
            done[0] = true;
        });
        assertThat(done[0]).isTrue();
        assertThat(Thread.interrupted()).isTrue();
    }

    private void git(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("git", "-C", repository.toString()));
        command.addAll(List.of(arguments));
        Commands.run(10, command);
    }
}
