/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.HashedTransfer;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The tunnel endpoint against the kernel's own vxlan device, in two networks, over IPv4 and IPv6. */
@KernelTest
class VxlanProgramTest {

    private static final int CHUNKS = 256;

    private Host ours;
    private Host kernel;

    @BeforeEach
    void join() throws Exception {
        ours = Host.create();
        kernel = Host.create();
        ip(ours, "link add va type veth peer name vb");
        kernel.take(ours.namespace(), "vb", "192.0.2.2/24", "2001:db8::2/64");
        // A veth hands on inner checksums that no wire would carry, unfinished, and a UDP socket does not finish them.
        kernel.execute("ethtool", "-K", "vb", "tx", "off");
        ip(ours, "address add 192.0.2.1/24 dev va");
        ip(ours, "address add 2001:db8::1/64 dev va nodad");
        ip(ours, "link set va up");
    }

    @AfterEach
    void part() {
        ours.close();
        kernel.close();
    }

    private static void ip(Host host, String arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments.split(" ")));
        host.execute(command.toArray(new String[0]));
    }

    /** The kernel's side of a network: its device, and an address on it. */
    private void kernelDevice(int vni, String remote, String address) throws Exception {
        ip(kernel, "link add vx" + vni + " type vxlan id " + vni + " remote " + remote + " dstport 4789");
        ip(kernel, "link set vx" + vni + " up");
        ip(kernel, "address add " + address + " dev vx" + vni);
    }

    private HostProcess endpoint(String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("vxlan", "tp1,vni=100", "tp2,vni=200"));
        arguments.addAll(List.of(options));
        HostProcess program = RunningProgram.start(ours, arguments).awaitLine("ready");
        ip(ours, "address add 10.71.0.1/24 broadcast 10.71.0.255 dev tp1");
        ip(ours, "address add 10.72.0.1/24 dev tp2");
        return program;
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.2, 192.0.2.1, 1450, all, epoll",
        "192.0.2.2, 192.0.2.1, 1450, none, io_uring",
        "192.0.2.2, 192.0.2.1, 1450, all, io_uring",
        "2001:db8::2, 2001:db8::1, 1430, all, epoll"
    })
    void hostsReachEachOtherThroughTheKernelsEndpoint(String remote, String local, int mtu, String offloads, String io)
            throws Exception {
        kernelDevice(100, local, "10.71.0.2/24");
        kernelDevice(200, local, "10.72.0.2/24");
        try (HostProcess endpoint = endpoint("--remote=" + remote, "--offloads=" + offloads, "--io=" + io)) {
            assertThat(endpoint.errors()).contains("tp1: network 100, MTU " + mtu + " (1500 of va, less ");
            for (String address : List.of("10.71.0.2", "10.72.0.2")) {
                // Ends with the first answer: the underlay itself needs a moment to find its neighbor.
                ours.execute("ping", "-q", "-c", "1", "-w", "60", address);
                assertThat(ours.ping(3, address)).contains(" 0% packet loss");
                // The longest packet that travels in one piece.
                assertThat(ours.ping(3, address, "-M", "do", "-s", "" + (mtu - 28)))
                        .contains(" 0% packet loss");
            }
            assertSameBytes(ours, kernel, "10.71.0.2");
            assertSameBytes(kernel, ours, "10.71.0.1");
            assertThat(endpoint.terminate().await()).isZero();
            assertThat(endpoint.output())
                    .contains("drops: 0 without a VXLAN header, 0 of other networks, 0 malformed, ")
                    .containsPattern(
                            "UDP GSO: [1-9][0-9]* writes with [1-9][0-9]* of the datagrams, 0 refused and sent singly");
            assertThat(ours.execute("ip", "-o", "link")).doesNotContain("tp1", "tp2");
        }
    }

    @Test
    void broadcastsReachTheOtherEndAndOnlyTheirNetwork() throws Exception {
        kernelDevice(100, "192.0.2.1", "10.71.0.2/24");
        kernelDevice(200, "192.0.2.1", "10.72.0.2/24");
        try (HostProcess endpoint = endpoint("--remote=192.0.2.2");
                DatagramSocket receiver = kernel.call(() -> new DatagramSocket(9))) {
            receiver.setSoTimeout(30_000);
            try (DatagramSocket sender = ours.call(DatagramSocket::new)) {
                sender.setBroadcast(true);
                sender.send(new DatagramPacket(new byte[] {7}, 1, InetAddress.getByName("10.71.0.255"), 9));
            }
            DatagramPacket received = new DatagramPacket(new byte[10], 10);
            receiver.receive(received);
            assertThat(received.getAddress().getHostAddress()).isEqualTo("10.71.0.1");
            assertThat(endpoint.terminate().await()).isZero();
        }
    }

    @Test
    void addressesOfOneNetworkAreNotThereInTheOther() throws Exception {
        // Only network 200 has the address that network 100 asks for.
        kernelDevice(100, "192.0.2.1", "10.73.0.2/24");
        kernelDevice(200, "192.0.2.1", "10.71.0.2/24");
        kernel.execute("sh", "-c", "echo 1 | tee /proc/sys/net/ipv4/conf/*/arp_ignore");
        try (HostProcess endpoint = endpoint("--remote=192.0.2.2")) {
            Process ping = ours.call(() -> new ProcessBuilder("ping", "-q", "-c", "2", "-W", "1", "10.71.0.2").start());
            assertThat(ping.waitFor()).isEqualTo(1);
            assertThat(endpoint.terminate().await()).isZero();
        }
    }

    /** The kernel hands a UDP GSO write from one end to the other as it is: segmented by nobody, coalesced by nobody. */
    @ParameterizedTest
    @CsvSource({"epoll, epoll", "epoll, io_uring"})
    void endpointsInJavaTakeEachOthersUdpGsoWrites(String io, String otherIo) throws Exception {
        try (HostProcess endpoint = endpoint("--remote=192.0.2.2", "--io=" + io);
                HostProcess other = RunningProgram.start(
                                kernel, List.of("vxlan", "tp1,vni=100", "--remote=192.0.2.1", "--io=" + otherIo))
                        .awaitLine("ready")) {
            ip(kernel, "address add 10.71.0.2/24 dev tp1");
            assertSameBytes(ours, kernel, "10.71.0.2");
            assertSameBytes(kernel, ours, "10.71.0.1");
            assertThat(endpoint.terminate().await()).isZero();
            assertThat(other.terminate().await()).isZero();
        }
    }

    @Test
    void portThatTheKernelsEndpointHasIsRefused() throws Exception {
        ip(ours, "link add vk type vxlan id 7 remote 192.0.2.2 dstport 4789");
        ip(ours, "link set vk up");
        assertRefused(
                "netty-tap vxlan: UDP port taken: port=4789 (expected: one that nobody listens on). `ip -d link show type"
                        + " vxlan` shows the endpoints of the kernel, `ss -ulnp` the programs");
    }

    @Test
    void addressOfAnotherMachineIsRefused() throws Exception {
        assertRefused(
                "netty-tap vxlan: not an address of this machine: local=192.0.2.77 (expected: one that `ip -br address`"
                        + " shows)",
                "--local",
                "192.0.2.77");
    }

    private void assertRefused(String message, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of("vxlan", "vt0,vni=1", "--remote", "192.0.2.2"));
        command.addAll(List.of(more));
        try (HostProcess program = RunningProgram.start(ours, command)) {
            assertThat(program.await()).isEqualTo(1);
            assertThat(program.errors().lines()).containsExactly(message);
            assertThat(ours.execute("ip", "-o", "link")).doesNotContain("vt0");
        }
    }

    @Test
    void gsoWritesLongerThanTheUnderlayTravelInFragments() throws Exception {
        kernelDevice(100, "192.0.2.1", "10.71.0.2/24");
        try (HostProcess endpoint = endpoint("--remote=192.0.2.2")) {
            ip(ours, "link set va mtu 1400");
            assertSameBytes(ours, kernel, "10.71.0.2");
            assertThat(endpoint.terminate().await()).isZero();
            assertThat(endpoint.output()).containsPattern("of the datagrams, [1-9][0-9]* refused and sent singly");
        }
    }

    @Test
    void eachFlowHasOneSourcePortOfSeveral() throws Exception {
        Map<Integer, Set<Integer>> portsOfFlows = sourcePorts("--source-ports=8");

        assertThat(portsOfFlows.values())
                .allSatisfy(ports -> assertThat(ports).hasSize(1).allMatch(port -> port >= 49_152));
        // 64 flows on eight ports: fewer than five of them used is less likely than a meteorite.
        assertThat(portsOfFlows.values().stream().flatMap(Set::stream).distinct())
                .hasSizeBetween(5, 8);
    }

    @Test
    void withoutSourcePortsAllComesFromThePortThatIsListenedOn() throws Exception {
        assertThat(sourcePorts("--source-ports=0").values()).allMatch(Set.of(4790)::equals);
    }

    /** What outer ports the datagrams of 64 inner flows come from, by inner source port: three datagrams of each. */
    private Map<Integer, Set<Integer>> sourcePorts(String option) throws Exception {
        Map<Integer, Set<Integer>> ports = new HashMap<>();
        try (DatagramSocket outer = kernel.call(() -> new DatagramSocket(4790));
                HostProcess endpoint = endpoint("--remote=192.0.2.2", "--port=4790", option)) {
            outer.setSoTimeout(30_000);
            // For all of them, however late they are received.
            outer.setReceiveBufferSize(1 << 20);
            for (int flow = 0; flow < 64; flow++) {
                try (DatagramSocket sender = ours.call(DatagramSocket::new)) {
                    sender.setBroadcast(true);
                    for (int i = 0; i < 3; i++) {
                        sender.send(new DatagramPacket(new byte[50], 50, InetAddress.getByName("10.71.0.255"), 9));
                    }
                }
            }
            DatagramPacket received = new DatagramPacket(new byte[2_000], 2_000);
            for (int i = 0; i < 3 * 64; ) {
                outer.receive(received);
                byte[] datagram = received.getData();
                // Behind VXLAN, Ethernet and IPv4: our UDP to port 9, not what the kernel says by itself.
                int udp = 8 + 14 + 20;
                if (datagram[8 + 12] == 8 && datagram[8 + 13] == 0 && datagram[udp + 3] == 9) {
                    int flow = (datagram[udp] & 0xff) << 8 | datagram[udp + 1] & 0xff;
                    ports.computeIfAbsent(flow, key -> new HashSet<>()).add(received.getPort());
                    i++;
                }
            }
            assertThat(endpoint.terminate().await()).isZero();
        }
        return ports;
    }

    private static void assertSameBytes(Host from, Host to, String address) throws Exception {
        HashedTransfer.assertSameBytes(from::call, to::call, InetAddress.getByName(address), CHUNKS);
    }
}
