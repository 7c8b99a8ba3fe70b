/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static io.github.nettytap.net.routing.MemoryRouter.ipv4;
import static io.github.nettytap.net.routing.MemoryRouter.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Icmpv4Header;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.net.routing.nat.ForwardedPort;
import io.github.nettytap.net.routing.nat.NatSettings;
import io.github.nettytap.net.routing.nat.PortForward;
import io.github.nettytap.net.routing.packet.Ipv4Packets;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Hosts inside that are reached by ports of the router, over channels in memory. */
class PortForwardTest {

    private static final int IP = EthernetHeader.LENGTH;
    private static final int L4 = IP + Ipv4Header.MIN_LENGTH;
    private static final String SERVER = "10.0.0.2";
    private static final String CLIENT = "10.0.0.3";
    private static final String OUTSIDE = "198.51.100.1";
    private static final String REMOTE = "198.51.100.2";

    private final NatSettings like = NatSettings.DEFAULT;
    private final MemoryRouter lan = new MemoryRouter(
            0, new NatSettings(1_000, 100, like.tcpEstablished(), like.tcpTransitory(), like.udp(), like.icmp()));
    private int inside;
    private int outside;

    @BeforeEach
    void addPorts() {
        inside = lan.port(1500, "10.0.0.1/24");
        outside = lan.natPort(
                1500,
                OUTSIDE + "/24",
                "udp:5000->" + SERVER + ":53",
                "udp:5001->" + SERVER + ":53",
                "tcp:2222->" + SERVER + ":22");
        // What is waited for is asked for with a first packet.
        lan.receive(inside, ports(udp(inside, CLIENT, REMOTE, 64, 0, 0), 9, 9));
        lan.arpReply(outside, REMOTE);
        int other = lan.port(1500, "10.0.1.1/24");
        for (String host : List.of(SERVER, CLIENT)) {
            lan.receive(other, udp(other, "10.0.1.2", host, 64, 0, 0));
            lan.arpReply(inside, host);
        }
        lan.sent(inside);
        lan.sent(outside);
    }

    @AfterEach
    void close() {
        // A frame that fails is sent again by its sender, and so is not missed.
        assertThat(lan.failures(inside) + lan.failures(outside)).isZero();
        lan.close();
    }

    private static ByteBuf ports(ByteBuf packet, int source, int destination) {
        UdpHeader.sourcePort(packet, L4, source);
        UdpHeader.destinationPort(packet, L4, destination);
        return packet;
    }

    private ByteBuf fromOutside(int source, int destination) {
        return ports(udp(outside, REMOTE, OUTSIDE, 64, 0, 10), source, destination);
    }

    private ByteBuf fromInside(String host, String to, int source, int destination) {
        return ports(udp(inside, host, to, 64, 0, 10), source, destination);
    }

    private static void assertPacket(ByteBuf frame, String source, int sourcePort, String to, int destinationPort) {
        assertThat(frame).as("the packet").isNotNull();
        assertThat(Ipv4Header.source(frame, IP)).isEqualTo(ipv4(source));
        assertThat(Ipv4Header.destination(frame, IP)).isEqualTo(ipv4(to));
        assertThat(UdpHeader.sourcePort(frame, L4)).isEqualTo(sourcePort);
        assertThat(UdpHeader.destinationPort(frame, L4)).isEqualTo(destinationPort);
        frame.release();
    }

    private ForwardedPort forwarded(int index) {
        return lan.router.nat().forwardedPorts().get(index);
    }

    @Test
    void strangerReachesTheHostAndHasItsAnswerFromThePortThatItKnows() {
        lan.receive(outside, fromOutside(700, 5000));
        assertPacket(lan.take(inside), REMOTE, 700, SERVER, 53);
        lan.receive(inside, fromInside(SERVER, REMOTE, 53, 700));
        assertPacket(lan.take(outside), OUTSIDE, 5000, REMOTE, 700);
        assertThat(forwarded(0).accepted()).isOne();
        assertThat(forwarded(0).open()).isOne();
        lan.passMillis(301_000);
        lan.passMillis(1_000);
        assertThat(forwarded(0).open()).as("after the timeout").isZero();
        lan.receive(outside, fromOutside(700, 5000));
        assertThat(lan.take(inside).release()).isTrue();
        assertThat(forwarded(0).accepted()).isEqualTo(2);
    }

    @Test
    void twoPortsOfOneHostAreToldApart() {
        lan.receive(outside, fromOutside(700, 5001));
        lan.receive(outside, fromOutside(701, 5000));
        lan.sent(inside);
        lan.receive(inside, fromInside(SERVER, REMOTE, 53, 700));
        assertPacket(lan.take(outside), OUTSIDE, 5001, REMOTE, 700);
        lan.receive(inside, fromInside(SERVER, REMOTE, 53, 701));
        assertPacket(lan.take(outside), OUTSIDE, 5000, REMOTE, 701);
        // From one port to both, an answer could be that of either.
        lan.receive(outside, fromOutside(700, 5000));
        assertThat(lan.take(inside)).isNull();
        assertThat(forwarded(0).refused()).isOne();
    }

    @Test
    void everyOtherPortIsClosed() {
        for (int port : new int[] {53, 22, 2222, 4999, 5002}) {
            lan.receive(outside, fromOutside(700, port));
        }
        assertThat(lan.sent(inside)).isEmpty();
        assertThat(lan.router.nat().forwardedPorts()).allMatch(port -> port.accepted() + port.refused() == 0);
    }

    @Test
    void forwardsGoWithTheirPortAndComeBackWithIt() {
        lan.receive(outside, fromOutside(700, 5000));
        lan.receive(outside, fromOutside(701, 5001));
        assertThat(lan.sent(inside)).hasSize(2);
        lan.close(outside);
        lan.router.removePort(lan.at(outside)).run();
        assertThat(lan.router.forwardedPorts()).isEmpty();
        assertThat(lan.router.nat().size()).as("but the connection of before").isOne();
        int again = lan.natPort(1500, OUTSIDE + "/24", "udp:5001->" + SERVER + ":53");
        lan.receive(again, ports(udp(again, REMOTE, OUTSIDE, 64, 0, 10), 701, 5001));
        assertPacket(lan.take(inside), REMOTE, 701, SERVER, 53);
        lan.receive(again, ports(udp(again, REMOTE, OUTSIDE, 64, 0, 10), 701, 5000));
        assertThat(lan.take(inside)).isNull();
    }

    @Test
    void forwardedPortIsGivenToNobodyElse() {
        for (int host = 4; host < 100; host++) {
            lan.receive(inside, fromInside("10.0.0." + host, REMOTE, 5000, 80));
            ByteBuf frame = lan.take(outside);
            assertThat(UdpHeader.sourcePort(frame, L4)).isNotIn(5000, 5001);
            frame.release();
        }
    }

    @Test
    void hostThatIsForwardedToSpeaksFirstByThatPort() {
        lan.receive(inside, fromInside(SERVER, REMOTE, 53, 900));
        ByteBuf frame = lan.take(outside);
        assertThat(UdpHeader.sourcePort(frame, L4)).isIn(5000, 5001);
        frame.release();
    }

    @Test
    void hostInsideReachesAnotherByTheAddressOutside() {
        lan.receive(inside, fromInside(CLIENT, OUTSIDE, 800, 5000));
        assertPacket(lan.take(inside), OUTSIDE, 800, SERVER, 53);
        lan.receive(inside, fromInside(SERVER, OUTSIDE, 53, 800));
        assertPacket(lan.take(inside), OUTSIDE, 5000, CLIENT, 800);
        assertThat(lan.sent(outside)).isEmpty();
    }

    /** RFC 5508, REQ-7. */
    @Test
    void errorAboutAPacketByTheAddressOutsideReachesItsSenderInside() {
        lan.receive(inside, fromInside(CLIENT, OUTSIDE, 800, 5000));
        ByteBuf delivered = lan.take(inside);
        lan.receive(inside, unreachable(SERVER, OUTSIDE, delivered));
        ByteBuf error = lan.take(inside);
        assertThat(error).as("the error").isNotNull();
        int quote = L4 + Icmpv4Header.LENGTH;
        assertThat(Ipv4Header.source(error, IP)).isEqualTo(ipv4(OUTSIDE));
        assertThat(Ipv4Header.destination(error, IP)).isEqualTo(ipv4(CLIENT));
        assertThat(Ipv4Header.source(error, quote)).isEqualTo(ipv4(CLIENT));
        assertThat(Ipv4Header.destination(error, quote)).isEqualTo(ipv4(OUTSIDE));
        assertThat(UdpHeader.sourcePort(error, quote + Ipv4Header.MIN_LENGTH)).isEqualTo(800);
        assertThat(UdpHeader.destinationPort(error, quote + Ipv4Header.MIN_LENGTH))
                .isEqualTo(5000);
        assertThat(Icmpv4Header.isChecksumValid(error, L4, error.writerIndex() - L4))
                .isTrue();
        error.release();
    }

    @Test
    void errorOfTheHostQuotesThePortThatTheRemoteKnows() {
        lan.receive(outside, fromOutside(700, 5000));
        lan.receive(inside, unreachable(SERVER, REMOTE, lan.take(inside)));
        ByteBuf error = lan.take(outside);
        int quote = L4 + Icmpv4Header.LENGTH;
        assertThat(Ipv4Header.source(error, IP)).isEqualTo(ipv4(OUTSIDE));
        assertThat(Ipv4Header.destination(error, quote)).isEqualTo(ipv4(OUTSIDE));
        assertThat(UdpHeader.destinationPort(error, quote + Ipv4Header.MIN_LENGTH))
                .isEqualTo(5000);
        error.release();
    }

    private ByteBuf unreachable(String source, String destination, ByteBuf about) {
        int quoted = about.writerIndex() - IP;
        int length = Ipv4Header.MIN_LENGTH + Icmpv4Header.LENGTH + quoted;
        ByteBuf frame = MemoryRouter.ethernet(inside, EthernetHeader.TYPE_IPV4, length);
        Ipv4Packets.write(frame, IP, length, Ipv4Header.PROTOCOL_ICMP, ipv4(source), ipv4(destination));
        frame.setZero(L4, Icmpv4Header.LENGTH);
        Icmpv4Header.type(frame, L4, Icmpv4Header.DESTINATION_UNREACHABLE);
        Icmpv4Header.code(frame, L4, Icmpv4Header.CODE_PORT_UNREACHABLE);
        frame.setBytes(L4 + Icmpv4Header.LENGTH, about, IP, quoted);
        Icmpv4Header.updateChecksum(frame, L4, Icmpv4Header.LENGTH + quoted);
        about.release();
        return frame;
    }

    private ByteBuf tcp(int port, String source, int sourcePort, String to, int destinationPort, int flags) {
        ByteBuf frame = udp(port, source, to, 64, 0, 12);
        Ipv4Header.protocol(frame, IP, Ipv4Header.PROTOCOL_TCP);
        Ipv4Header.updateChecksum(frame, IP);
        frame.setZero(L4, TcpHeader.MIN_LENGTH);
        ports(frame, sourcePort, destinationPort);
        UdpHeader.length(frame, L4, 0);
        frame.setShort(L4 + 12, 0x5000 | flags);
        return frame;
    }

    /** Spoofed SYNs, which the host answers: who has never gone on is the first to go. */
    @Test
    void floodOfSynsTakesNeitherWhatIsEstablishedNorWhatTheHostBegins() {
        int synAck = TcpHeader.FLAG_SYN | TcpHeader.FLAG_ACK;
        lan.receive(outside, tcp(outside, REMOTE, 700, OUTSIDE, 2222, TcpHeader.FLAG_SYN));
        lan.receive(inside, tcp(inside, SERVER, 22, REMOTE, 700, synAck));
        lan.receive(outside, tcp(outside, REMOTE, 700, OUTSIDE, 2222, TcpHeader.FLAG_ACK));
        lan.receive(inside, fromInside(SERVER, REMOTE, 4000, 80));
        lan.receive(outside, fromOutside(80, 4000));
        lan.sent(inside);
        lan.sent(outside);
        Random random = new Random(1);
        for (int i = 0; i < 5_000; i++) {
            String spoofed = "203.0." + random.nextInt(256) + "." + (1 + random.nextInt(254));
            int port = 1 + random.nextInt(65_535);
            lan.receive(outside, tcp(outside, spoofed, port, OUTSIDE, 2222, TcpHeader.FLAG_SYN));
            lan.receive(inside, tcp(inside, SERVER, 22, spoofed, port, synAck));
            // A SYN that is sent again knows of no answer.
            lan.receive(outside, tcp(outside, spoofed, port, OUTSIDE, 2222, TcpHeader.FLAG_SYN));
        }
        lan.sent(inside);
        assertThat(forwarded(2).open()).isLessThanOrEqualTo(100);
        lan.receive(outside, tcp(outside, REMOTE, 700, OUTSIDE, 2222, TcpHeader.FLAG_ACK));
        assertPacket(lan.take(inside), REMOTE, 700, SERVER, 22);
        assertThat(forwarded(2).accepted())
                .as("the established one is not a new one")
                .isEqualTo(5_001);
        lan.receive(outside, fromOutside(80, 4000));
        assertPacket(lan.take(inside), REMOTE, 80, SERVER, 4000);
    }

    @Test
    void resetAndFragmentsWithoutTheirFirstBeginNothing() {
        lan.receive(outside, tcp(outside, REMOTE, 700, OUTSIDE, 2222, TcpHeader.FLAG_RST));
        lan.receive(outside, ports(udp(outside, REMOTE, OUTSIDE, 64, 3, 16), 700, 5000));
        assertThat(lan.sent(inside)).isEmpty();
        // Behind their first they go its way.
        lan.receive(outside, ports(udp(outside, REMOTE, OUTSIDE, 64, Ipv4Header.MORE_FRAGMENTS, 16), 700, 5000));
        lan.receive(outside, udp(outside, REMOTE, OUTSIDE, 64, 3, 16));
        assertThat(lan.sent(inside)).hasSize(2);
    }

    /** RFC 1812, section 5.2.7.1, code 13: who has no room is told, and may try another way. */
    @Test
    void hostInsideThatFindsTheTableFullIsTold() {
        NatSettings one = new NatSettings(1, 1, like.tcpEstablished(), like.tcpTransitory(), like.udp(), like.icmp());
        try (MemoryRouter full = new MemoryRouter(0, one)) {
            int in = full.port(1500, "10.0.0.1/24");
            int out = full.natPort(1500, OUTSIDE + "/24");
            full.receive(in, udp(in, SERVER, REMOTE, 64, 0, 0));
            full.arpReply(out, REMOTE);
            full.receive(out, ports(udp(out, REMOTE, OUTSIDE, 64, 0, 0), 2000, 1000));
            full.arpReply(in, SERVER);
            full.sent(in);
            full.receive(in, udp(in, CLIENT, REMOTE, 64, 0, 0));
            full.arpReply(in, CLIENT);
            assertThat(full.sent(in))
                    .filteredOn(frame -> frame.contains("ICMP"))
                    .singleElement()
                    .asString()
                    .contains("10.0.0.1 > " + CLIENT)
                    .contains("admin");
            assertThat(full.at(in).count(RouterCounter.NOT_TRANSLATABLE)).isOne();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp:2222->10.0.0.100:22", "udp:192.0.2.1:5000->10.0.0.100:5001"})
    void textIsReadAndWritten(String text) {
        assertThat(PortForward.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @CsvSource({
        "sctp:1->10.0.0.2:1, tcp or udp",
        "tcp:2222:10.0.0.2:22, tcp:2222->10.0.0.100:22",
        "tcp:0->10.0.0.2:22, outsidePort=0 (expected: 1 to 65535)",
        "tcp:22->10.0.0.2:65536, insidePort=65536 (expected: 1 to 65535)",
        "tcp:22->10.0.0.300:22, address=10.0.0.300",
        "tcp:22->host:22, no port forward"
    })
    void otherTextIsRefusedWithAdvice(String text, String advice) {
        assertThatThrownBy(() -> PortForward.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(advice);
    }

    @ParameterizedTest
    @CsvSource({
        "tcp:22->10.0.0.2:22 tcp:22->10.0.0.3:22, a port is forwarded twice",
        "tcp:22->10.0.0.2:22 tcp:198.51.100.1:22->10.0.0.3:22, a port is forwarded twice",
        "tcp:198.51.100.9:22->10.0.0.2:22, a forward of an address that is not the port's",
        "tcp:22->198.51.100.7:22, a forward to the outside"
    })
    void conflictsAreRefused(String forwards, String message) {
        assertThatThrownBy(() -> settings(true, forwards))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void differentProtocolsAndAddressesAreNoConflict() {
        settings(true, "tcp:22->10.0.0.2:22 udp:22->10.0.0.2:22 tcp:23->10.0.0.2:22");
    }

    @Test
    void forwardNeedsNat() {
        assertThatThrownBy(() -> settings(false, "tcp:22->10.0.0.2:22")).hasMessageContaining("without NAT");
    }

    private static PortSettings settings(boolean translates, String forwards) {
        return new PortSettings(List.of(Cidr.parse(OUTSIDE + "/24")), false, translates, null)
                .withForwards(
                        Stream.of(forwards.split(" ")).map(PortForward::parse).toList());
    }
}
