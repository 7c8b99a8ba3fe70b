/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.dhcp.DhcpPool;
import io.github.nettytap.net.routing.dns.DnsSettings;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.NetworkExtension;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;
import io.github.nettytap.transport.device.TapOffload;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;

/**
 * A host asks the router for names, with dig of BIND: one of its own by DHCP, and others of a name server that is a
 * socket of this process.
 */
@KernelTest
class DnsKernelTest {

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    private TapRouter router;

    private DatagramSocket server;
    private Thread answers;

    @BeforeEach
    void open() throws Exception {
        server = new DatagramSocket(new InetSocketAddress("127.0.0.1", 0));
        answers = new Thread(() -> serve(server), "name server");
        answers.start();
    }

    @AfterEach
    void close() throws Exception {
        router.close();
        server.close();
        answers.join();
    }

    private static Inet4Address ipv4(String address) throws Exception {
        return (Inet4Address) InetAddress.getByName(address);
    }

    /** Answers each question for an address with 192.0.2.7. */
    private static void serve(DatagramSocket socket) {
        byte[] record = {(byte) 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, (byte) 192, 0, 2, 7};
        try {
            while (true) {
                DatagramPacket packet = new DatagramPacket(new byte[1500], 1500);
                socket.receive(packet);
                byte[] query = packet.getData();
                int end = 12;
                while (query[end] != 0) {
                    end += 1 + query[end];
                }
                end += 5;
                byte[] answer = Arrays.copyOf(query, end + record.length);
                answer[2] = (byte) 0x81;
                answer[3] = (byte) 0x80;
                answer[7] = 1;
                answer[11] = 0;
                System.arraycopy(record, 0, answer, end, record.length);
                socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            }
        } catch (SocketException e) {
            // Closed by the test.
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "IO_URING"})
    void hostResolvesItsOwnNameAndThatOfOthers(TapIoType io) throws Exception {
        router = new TapRouter(
                TapEventLoopGroup.builder().threads(1).io(io).build(), VnetHeader.V1, (port, cause) -> {});
        Host host = network.closing(
                Host.create("host", tap -> tap.offloads(TapOffload.ALL).vnetHeader(true)));
        DhcpPool pool = new DhcpPool(ipv4("10.88.0.100"), ipv4("10.88.0.199"), List.of());
        InetSocketAddress upstream = (InetSocketAddress) server.getLocalSocketAddress();
        List<Cidr> networks = List.of(Cidr.parse("10.88.0.1/24"), Cidr.parse("2001:db8:88::1/64"));
        router.add(
                host.device(),
                new PortSettings(networks, true, false, pool)
                        .withDns(new DnsSettings(true, List.of(upstream), "lab.example", List.of("other.example"))));
        Path script = script();
        try {
            assertThat(host.execute(
                            "busybox",
                            "udhcpc",
                            "-fqn",
                            "-t",
                            "9",
                            "-T",
                            "1",
                            "-i",
                            "host",
                            "-x",
                            "hostname:Alpha",
                            "-s",
                            script.toString()))
                    .contains("dns 10.88.0.1 domain lab.example search other.example");
        } finally {
            Files.delete(script);
        }
        assertThat(dig(host, "alpha.lab.example")).contains("10.88.0.100");
        assertThat(dig(host, "alpha")).contains("10.88.0.100");
        assertThat(dig(host, "-x", "10.88.0.100")).contains("alpha.lab.example.");
        assertThat(dig(host, "wWw.example.org")).contains("192.0.2.7");
        assertThat(dig(host, "+noedns", "www.example.org")).contains("192.0.2.7");
        // A link-local address and one of the prefix, neither tentative.
        host.execute(
                "sh",
                "-c",
                "for i in $(seq 100); do ip -6 -o address show dev host -tentative | grep -q 2001: && break;"
                        + " sleep 0.1; done");
        assertThat(host.execute("dig", "+tries=3", "+time=5", "@2001:db8:88::1", "router.lab.example", "AAAA"))
                .contains("flags: qr aa rd ra", "2001:db8:88::1");
        assertThat(host.execute("rdisc6", "-1", "-w", "5000", "host"))
                .contains("Recursive DNS server     : 2001:db8:88::1")
                .contains("DNS search list          : lab.example other.example");
    }

    private static Path script() throws Exception {
        Path script = Files.createTempFile("udhcpc", ".sh");
        Files.writeString(script, """
                #!/bin/sh
                if [ "$1" = bound ]; then
                    ip address replace "$ip/$mask" dev "$interface"
                    echo "dns $dns domain $domain search $search"
                fi
                """, StandardCharsets.US_ASCII);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return script;
    }

    private static String dig(Host host, String... question) throws Exception {
        String[] command = {"dig", "+short", "+tries=3", "+time=5", "@10.88.0.1"};
        String[] all = Arrays.copyOf(command, command.length + question.length);
        System.arraycopy(question, 0, all, command.length, question.length);
        return host.execute(all);
    }
}
