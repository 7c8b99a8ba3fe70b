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
import org.junit.jupiter.api.Test;

import java.util.List;

/** The switch as a program, with settings of its ports. */
@KernelTest
class SwitchPolicyProgramTest {

    private final Host host = Host.create();

    SwitchPolicyProgramTest() throws Exception {}

    @AfterEach
    void close() {
        host.close();
    }

    @Test
    void settingsOfPortsAreInForceAndTheirDropsInTheJson() throws Exception {
        try (HostProcess program = RunningProgram.start(
                        host,
                        List.of("switch", "red1,vlan=10", "up0,trunk=10+20", "mon0", "--mirror", "mon0=up0", "--json"))
                .awaitLine("ready")) {
            // A frame without a tag, at a trunk.
            host.execute("ip", "address", "add", "10.66.0.1/24", "dev", "up0");
            host.call(() -> new ProcessBuilder("ping", "-q", "-c", "1", "-W", "1", "10.66.0.2").start())
                    .waitFor();
            RunningProgram.awaitRead(host, "up0", 1);
            RunningProgram.awaitWritten(host, "mon0");
            assertThat(program.terminate().await()).isZero();
            assertThat(program.output())
                    .containsPattern("\"port\":\"up0\",.*?\"vlan\":[1-9]")
                    .containsPattern("\"port\":\"mon0\",\"framesIn\":[0-9]+,\"bytesIn\":[0-9]+,\"framesOut\":[1-9]");
        }
    }

    @Test
    void settingThatCannotBeIsToldBeforeAnythingIsMade() throws Exception {
        try (HostProcess program = RunningProgram.start(host, List.of("switch", "red1,vlan=4095", "red2"))) {
            assertThat(program.await()).isEqualTo(2);
            assertThat(program.errors()).contains("no such VLAN: vlan=4095 (expected: 1 to 4094)");
        }
        try (HostProcess program = RunningProgram.start(host, List.of("switch", "red1", "red2", "--mirror", "mon0"))) {
            assertThat(program.await()).isEqualTo(2);
            assertThat(program.errors()).contains("no such port to mirror: port=mon0 (expected: one of red1, red2)");
        }
    }
}
