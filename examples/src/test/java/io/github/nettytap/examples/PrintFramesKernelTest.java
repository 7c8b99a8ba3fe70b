/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.HostProcess;
import io.github.nettytap.transport.device.NetworkNamespace;
import org.junit.jupiter.api.Test;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.List;
import java.util.stream.Collectors;

/** The program of the README prints what tcpdump prints, though all offloads are on. */
@KernelTest
class PrintFramesKernelTest {

    private static final String NEIGHBOR = "10.99.0.2";

    @Test
    void printsTheFramesThatTcpdumpPrints() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create();
                HostProcess program = HostProcess.startJava(namespace, PrintFrames.class)) {
            awaitTap(namespace);
            run(namespace, "ip", "address", "add", "10.99.0.1/24", "dev", "tap0");
            run(namespace, "ip", "neigh", "add", NEIGHBOR, "lladdr", "02:00:00:00:00:02", "dev", "tap0");
            List<String> command =
                    List.of("tcpdump", "-n", "-e", "-t", "-l", "--immediate-mode", "-i", "tap0", "udp", "port", "9");
            try (HostProcess tcpdump = HostProcess.start(namespace, command)) {
                while (!tcpdump.errors().contains("listening on tap0")) {
                    Thread.sleep(20);
                }
                send(namespace);
                tcpdump.awaitText("length 40");
                program.awaitText("length 40");

                assertThat(lines(program)).isNotEmpty().isEqualTo(lines(tcpdump));
            }
        }
    }

    /** Datagrams whose checksums the kernel leaves to us, the last of 40 bytes. */
    private static void send(NetworkNamespace namespace) throws Exception {
        try (DatagramSocket socket = namespace.call(() -> new DatagramSocket())) {
            for (int length = 10; length <= 40; length++) {
                socket.send(new DatagramPacket(new byte[length], length, InetAddress.getByName(NEIGHBOR), 9));
            }
        }
    }

    private static List<String> lines(HostProcess process) throws Exception {
        return process.output()
                .lines()
                .filter(line -> line.contains(NEIGHBOR + ".9: UDP"))
                .collect(Collectors.toList());
    }

    private static void awaitTap(NetworkNamespace namespace) throws Exception {
        while (exitCode(namespace, "ip", "link", "show", "tap0") != 0) {
            Thread.sleep(20);
        }
    }

    private static void run(NetworkNamespace namespace, String... command) throws Exception {
        assertThat(exitCode(namespace, command)).as(String.join(" ", command)).isZero();
    }

    private static int exitCode(NetworkNamespace namespace, String... command) throws Exception {
        return namespace.call(() -> new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor());
    }
}
