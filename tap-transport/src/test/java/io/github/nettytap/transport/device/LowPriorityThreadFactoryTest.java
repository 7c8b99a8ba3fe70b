/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

class LowPriorityThreadFactoryTest {

    /**
     * The nice value is the 19th field of the line (proc_pid_stat(5)); the second, a name, ends with the last bracket.
     */
    private static int niceOfThisThread() {
        try {
            String line = Files.readString(Path.of("/proc/thread-self/stat"));
            return Integer.parseInt(line.substring(line.lastIndexOf(')') + 2).split(" ")[16]);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void onlyItsThreadsGiveWay() throws Exception {
        int before = niceOfThisThread();
        CompletableFuture<Integer> nice = new CompletableFuture<>();
        Thread thread = new LowPriorityThreadFactory("low").newThread(() -> nice.complete(niceOfThisThread()));
        assertThat(thread.getName()).isEqualTo("low");
        assertThat(thread.isDaemon()).isTrue();
        thread.start();
        thread.join();

        assertThat(nice.getNow(null)).isEqualTo(19);
        assertThat(niceOfThisThread()).isEqualTo(before);
    }
}
