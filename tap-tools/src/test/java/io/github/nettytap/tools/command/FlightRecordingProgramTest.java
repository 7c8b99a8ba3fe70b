/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** {@code --jfr FILE}: what a program did, in a recording that is read again. */
@KernelTest
class FlightRecordingProgramTest {

    @TempDir
    private Path folder;

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
    void aSwitchIsRecordedFromReadyToItsEnd() throws Exception {
        Path file = folder.resolve("switch.jfr");
        try (HostProcess program =
                RunningProgram.start(host, List.of("switch", "fr0", "fr1", "--jfr", file.toString()))) {
            program.awaitLine("ready");
            host.execute("ip", "link", "set", "fr0", "mtu", "1400");
            assertThat(program.terminate().await()).isZero();
        }
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        Set<String> kinds =
                events.stream().map(event -> event.getEventType().getName()).collect(Collectors.toSet());
        assertThat(kinds).contains("nettytap.ChannelBatches", "nettytap.LoopBatches", "jdk.JVMInformation");
        assertThat(events.stream()
                        .filter(event -> event.getEventType().getName().equals("nettytap.ChannelBatches"))
                        .map(event -> event.getString("networkInterface")))
                .contains("fr0", "fr1");
    }

    @Test
    void aFileThatCannotBeWrittenIsReportedAtTheStart() throws Exception {
        try (HostProcess program = RunningProgram.start(
                host,
                List.of(
                        "switch",
                        "fr0",
                        "fr1",
                        "--jfr",
                        folder.resolve("no/such.jfr").toString()))) {
            assertThat(program.await()).isEqualTo(1);
            assertThat(program.errors())
                    .contains("netty-tap switch: no such file or directory: path=" + folder.resolve("no/such.jfr"));
        }
    }
}
