/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import io.github.nettytap.testkit.host.NetworkExtension;
import io.github.nettytap.tools.command.RunningProgram;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;

/** Real virtual machines on socket ports of the programs. */
@KernelTest
@Timeout(900)
class GuestKernelTest {

    private static final String ONE = "52:54:00:00:00:01";
    private static final String TWO = "52:54:00:00:00:02";

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    @TempDir
    Path directory;

    @BeforeAll
    static void build() throws Exception {
        Guest.build();
    }

    private static String stream(Path socket) {
        return "stream,server=off,addr.type=unix,addr.path=" + socket;
    }

    /**
     * A router with a socket: leases, addresses by advertisement, the other guest, and one that is killed and comes
     * back.
     */
    @Test
    void guestsLiveBehindARouter() throws Exception {
        Host host = network.host();
        Path socket = directory.resolve("vms.sock");
        List<String> router = List.of(
                "router",
                "unix:" + socket + "=10.0.9.1/24,fd00:9::1/64,advertise,dhcp=10.0.9.100-10.0.9.109",
                "--dns",
                "10.0.9.1");
        try (HostProcess program = RunningProgram.start(host, router).awaitLine("ready");
                Guest one = Guest.boot(ONE, stream(socket))) {
            assertThat(one.run("udhcpc -i eth0 -n -q -t 10 && ip -4 address show eth0"))
                    .contains("inet 10.0.9.100/24");
            assertThat(one.run("cat /etc/resolv.conf")).contains("nameserver 10.0.9.1");
            Guest killed = Guest.boot(TWO, stream(socket));
            killed.run("udhcpc -i eth0 -n -q -t 10");
            killed.close();
            try (Guest two = Guest.boot(TWO, stream(socket))) {
                assertThat(two.run("udhcpc -i eth0 -n -q -t 10 && ip -4 address show eth0"))
                        .as("the same address again")
                        .contains("inet 10.0.9.101/24");
                two.ping("10.0.9.1");
                two.ping("10.0.9.100", "-s", "1400");
                assertThat(two.run("for i in $(seq 60); do"
                                + " ip -6 address show eth0 | grep 'fd00:9:.*dynamic' | grep -qv tentative && break;"
                                + " sleep 1; done;"
                                + " ip -6 address show eth0"))
                        .contains("inet6 fd00:9::5054:ff:fe00:2/64");
                two.ping("fd00:9::1", "-6");
                // TCP both ways, the same bytes.
                for (Guest[] way : new Guest[][] {{one, two}, {two, one}}) {
                    String address = way[1] == two ? "10.0.9.101" : "10.0.9.100";
                    // Ready when it listens, on port 7000 (1B58), in state TCP_LISTEN (0A).
                    way[1].run("( sleep 100 | nc -l -p 7000 >/tmp/in & );"
                            + " until cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q ':1B58 0*:0000 0A';"
                            + " do sleep 1; done");
                    // In the background of another shell: this one ends when a child of its own does.
                    way[0].run("head -c 4000000 /dev/urandom >/tmp/out; ( nc " + address
                            + " 7000 </tmp/out >/tmp/end & )");
                    String sent = way[0].run("sha256sum </tmp/out");
                    String received =
                            way[1].run("until [ $(wc -c </tmp/in) = 4000000 ]; do sleep 1; done; sha256sum </tmp/in");
                    String hash = sent.replaceAll("(?s).*([0-9a-f]{64}).*", "$1");
                    assertThat(received).contains(hash);
                }
            }
            assertThat(program.terminate().await()).isZero();
        }
    }

    /** A switch on which one guest joins by a stream, the other by datagrams. */
    @Test
    void aSwitchJoinsStreamAndDatagrams() throws Exception {
        Host host = network.host();
        Path socket = directory.resolve("lan.sock");
        Path ours = directory.resolve("vm2.sock");
        Path its = directory.resolve("qemu2.sock");
        List<String> lan = List.of("switch", "unix:" + socket, "unixgram:" + ours, "--io", "epoll");
        try (HostProcess program = RunningProgram.start(host, lan).awaitLine("ready");
                Guest one = Guest.boot(ONE, stream(socket));
                Guest two = Guest.boot(
                        TWO, "dgram,local.type=unix,local.path=" + its + ",remote.type=unix,remote.path=" + ours)) {
            one.run("ip address add 10.0.9.1/24 dev eth0");
            two.run("ip address add 10.0.9.2/24 dev eth0");
            two.ping("10.0.9.1");
            one.ping("10.0.9.2", "-s", "1400");
            assertThat(program.terminate().await()).isZero();
            assertThat(program.output()).contains("(removed)");
        }
    }
}
