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

import java.util.ArrayList;
import java.util.List;

/**
 * The programs as a user without rights runs them, on a TAP that root has prepared: made, given to the user, and up.
 */
@KernelTest
class UnprivilegedProgramTest {

    /** To read the class path, which may lie where only its owner can look; nothing about networks. */
    private static final String READING = "-all,+dac_read_search";

    private static final List<String> AS_NOBODY = List.of(
            "unshare",
            "-m",
            "sh",
            "-c",
            "mount -t tmpfs none /dev/net && chmod 755 /dev/net && mknod -m 666 /dev/net/tun c 10 200 && exec setpriv"
                    + " --reuid 65534 --regid 65534 --clear-groups --inh-caps=" + READING + " --ambient-caps=" + READING
                    + " --bounding-set=" + READING + " \"$@\"",
            "sh");

    private Host host;

    @BeforeEach
    void prepare() throws Exception {
        host = Host.create();
        host.execute("ip", "tuntap", "add", "mine", "mode", "tap", "user", "65534");
        host.execute("ip", "address", "add", "10.66.0.1/24", "dev", "mine");
        host.execute("ip", "link", "set", "mine", "up");
    }

    @AfterEach
    void cleanUp() {
        host.close();
    }

    private HostProcess start(String... arguments) throws Exception {
        return RunningProgram.startUnder(host, AS_NOBODY, List.of(arguments)).awaitLine("ready");
    }

    private void ping(String address) throws Exception {
        assertThat(host.ping(3, address)).contains(" 0% packet loss");
    }

    private void end(HostProcess program) throws Exception {
        assertThat(program.terminate().await()).as(program.errors()).isZero();
        assertThat(host.execute("ip", "-o", "link")).as("prepared, so it stays").contains("mine");
    }

    @Test
    void echo() throws Exception {
        try (HostProcess program = start("echo", "mine", "10.66.0.2", "--host=10.66.0.1/24")) {
            ping("10.66.0.2");
            end(program);
        }
    }

    @Test
    void router() throws Exception {
        try (HostProcess program = start("router", "mine=10.66.0.2/24")) {
            ping("10.66.0.2");
            end(program);
        }
    }

    @Test
    void switching() throws Exception {
        host.execute("ip", "tuntap", "add", "mine2", "mode", "tap", "user", "65534");
        host.execute("ip", "link", "set", "mine2", "up");
        try (HostProcess program = start("switch", "mine", "mine2")) {
            end(program);
        }
    }

    @Test
    void vxlanLeavesTheMtuAsItIs() throws Exception {
        try (HostProcess program = start("vxlan", "mine,vni=100", "--remote=127.0.0.1")) {
            assertThat(program.errors())
                    .contains(
                            "mine: the MTU stays as it is, 1500, since this user may not set it: `sudo ip link set mine"
                                    + " mtu ");
            end(program);
        }
        List<String> arguments = new ArrayList<>(List.of("vxlan", "mine,vni=100", "--remote=127.0.0.1", "--mtu=1400"));
        try (HostProcess program = RunningProgram.startUnder(host, AS_NOBODY, arguments)) {
            assertThat(program.await()).isEqualTo(77);
            assertThat(program.errors()).contains("Have it made: `sudo ip link set mine mtu 1400`");
        }
    }

    @Test
    void capture() throws Exception {
        try (HostProcess program =
                        RunningProgram.startUnder(host, AS_NOBODY, List.of("capture", "-i", "mine", "-c", "1", "arp"));
                HostProcess ping =
                        HostProcess.start(host.namespace(), List.of("ping", "-q", "-w", "120", "10.66.0.9"))) {
            assertThat(ping.isAlive()).isTrue();
            int exit = program.await();
            assertThat(exit).as(program.errors()).isZero();
            assertThat(program.output()).contains("who-has 10.66.0.9");
        }
    }
}
