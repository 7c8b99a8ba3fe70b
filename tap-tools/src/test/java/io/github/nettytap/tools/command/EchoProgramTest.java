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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** The echo responder as users run it, asked by the kernel, by ping and by sockets. */
@KernelTest
class EchoProgramTest {

    private Host host;

    @BeforeEach
    void makeNamespace() throws Exception {
        host = Host.create();
    }

    @AfterEach
    void cleanUp() {
        host.close();
    }

    private HostProcess echo(String offloads) throws Exception {
        return RunningProgram.start(
                        host,
                        List.of(
                                "echo",
                                "ec0",
                                "10.66.0.2",
                                "fd66::2",
                                "10.66.1.0/24",
                                "--offloads=" + offloads,
                                "--host=10.66.0.1/16",
                                "--host=fd66::1/64"))
                .awaitLine("ready");
    }

    @ParameterizedTest
    @ValueSource(strings = {"all", "none"})
    void pingsAndDatagramsComeBack(String offloads) throws Exception {
        try (HostProcess echo = echo(offloads)) {
            for (String address : List.of("10.66.0.2", "10.66.1.77", "fd66::2")) {
                awaitPing(address);
                assertThat(ping(5, address, "-s", "1400")).contains(" 0% packet loss");
                // In fragments.
                assertThat(ping(3, address, "-s", "4000")).contains(" 0% packet loss");
                datagramsComeBack(InetAddress.getByName(address));
            }
            assertThat(echo.terminate().await()).isZero();
            assertThat(echo.output()).contains("\nanswered: ").contains("; dropped: 0\n");
            assertThat(host.execute("ip", "-o", "link")).doesNotContain("ec0");
        }
    }

    /** The kernel's own IPv6 address is tentative for a second or two. */
    private void awaitPing(String address) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < deadline) {
            try {
                ping(1, address, "-W", "1");
                return;
            } catch (java.io.IOException e) {
                // Once more.
            }
        }
    }

    private String ping(int count, String address, String... options) throws Exception {
        return host.ping(count, address, options);
    }

    private void datagramsComeBack(InetAddress address) throws Exception {
        try (DatagramSocket socket = host.call(DatagramSocket::new)) {
            socket.setSoTimeout(30_000);
            socket.connect(address, 7);
            Random random = new Random(7);
            for (int length : new int[] {1, 1000, 1472, 5000}) {
                byte[] sent = new byte[length];
                random.nextBytes(sent);
                socket.send(new DatagramPacket(sent, length));
                DatagramPacket received = new DatagramPacket(new byte[8000], 8000);
                socket.receive(received);
                assertThat(Arrays.copyOf(received.getData(), received.getLength()))
                        .isEqualTo(sent);
            }
        }
    }
}
