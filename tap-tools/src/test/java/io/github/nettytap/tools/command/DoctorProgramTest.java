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

import java.util.List;

/** The doctor as different users meet it. */
@KernelTest
class DoctorProgramTest {

    private Host host;

    @BeforeEach
    void makeNamespace() throws Exception {
        host = Host.create();
    }

    @AfterEach
    void cleanUp() {
        host.close();
    }

    @Test
    void rootCanMakeTaps() throws Exception {
        try (HostProcess doctor = RunningProgram.start(host, List.of("doctor"))) {
            assertThat(doctor.await()).isZero();
            assertThat(doctor.output()).endsWith("\n\nThis process can make TAP devices here.\n");
            assertThat(doctor.errors()).isEmpty();
        }
    }

    @Test
    void lackOfCapabilitiesIsLackOfPermission() throws Exception {
        List<String> powerless = List.of("setpriv", "--bounding-set", "-all", "--inh-caps", "-all");
        try (HostProcess doctor = RunningProgram.startUnder(host, powerless, List.of("doctor"))) {
            assertThat(doctor.await()).isEqualTo(77);
            assertThat(doctor.output())
                    .contains("it lacks CAP_NET_ADMIN, the part of root's", "`sudo ip tuntap add tap0 mode tap user ");
        }
    }

    @Test
    void missingNodeIsFailureWithAnInstruction() throws Exception {
        List<String> bare = List.of("unshare", "-m", "sh", "-c", "mount -t tmpfs none /dev/net && exec \"$@\"", "sh");
        try (HostProcess doctor = RunningProgram.startUnder(host, bare, List.of("doctor", "--json"))) {
            assertThat(doctor.await()).isEqualTo(1);
            assertThat(doctor.output())
                    .startsWith("{\n  \"canCreate\": false,\n  \"verdict\": \"This process can make no TAP device")
                    .contains(
                            "\"topic\": \"device node\",\n      \"status\": \"problem\",\n      \"text\": \"There is no device node /dev/net/tun.")
                    .endsWith("\n  ]\n}\n");
        }
    }
}
