/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static io.github.nettytap.net.routing.MemoryRouter.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.offload.Checksums;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Icmpv4Header;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.net.routing.packet.Ipv4Packets;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.Random;

class SourceNatTest {

    private static final int IP = EthernetHeader.LENGTH;
    private static final int UDP = IP + Ipv4Header.MIN_LENGTH;
    private static final String HOST = "10.0.0.2";
    private static final String REMOTE = "198.51.100.2";
    private static final String OUTSIDE = "198.51.100.1";

    private final MemoryRouter lan = new MemoryRouter();
    private int inside;
    private int outside;

    @BeforeEach
    void addPorts() {
        inside = lan.port(1500, "10.0.0.1/24");
        outside = lan.natPort(1000, OUTSIDE + "/24");
        resolve(outside, inside, HOST, REMOTE);
        // From the router's other port inside, since nobody outside may speak first.
        int other = lan.port(1500, "10.0.1.1/24");
        resolve(inside, other, "10.0.1.2", HOST);
    }

    @AfterEach
    void close() {
        lan.close();
    }

    /** A first packet is needed for a question, so that there can be an answer. */
    private void resolve(int to, int from, String source, String destination) {
        lan.receive(from, udp(from, source, destination, 64, 0, 0));
        lan.arpReply(to, destination);
        lan.sent(to);
    }

    private ByteBuf translated(ByteBuf packet) {
        lan.receive(inside, packet);
        return lan.take(outside);
    }

    @Test
    void packetLeavesWithTheRoutersAddressAndRightChecksums() {
        ByteBuf packet = udp(inside, HOST, REMOTE, 64, 0, 10);
        int length = UdpHeader.LENGTH + 10;
        int pseudo = InternetChecksum.pseudoHeaderV4(packet, IP, Ipv4Header.PROTOCOL_UDP, length);
        UdpHeader.checksum(packet, UDP, InternetChecksum.complement(InternetChecksum.sum(packet, UDP, length, pseudo)));
        ByteBuf frame = translated(packet);
        assertThat(Ipv4Header.source(frame, IP)).isEqualTo(MemoryRouter.ipv4(OUTSIDE));
        assertThat(UdpHeader.sourcePort(frame, UDP)).isEqualTo(1000);
        assertThat(Checksums.verify(frame, 0, frame.writerIndex())).isEqualTo(Checksums.Result.CORRECT);
        frame.release();
    }

    @Test
    void datagramWithoutAChecksumStaysWithoutOne() {
        ByteBuf frame = translated(udp(inside, HOST, REMOTE, 64, 0, 10));
        assertThat(UdpHeader.checksum(frame, UDP)).isZero();
        frame.release();
    }

    @Test
    void answerFindsBackAndStrangersDoNot() {
        translated(udp(inside, HOST, REMOTE, 64, 0, 10)).release();
        lan.receive(outside, answer(REMOTE));
        ByteBuf frame = lan.take(inside);
        assertThat(Ipv4Header.destination(frame, IP)).isEqualTo(MemoryRouter.ipv4(HOST));
        assertThat(UdpHeader.destinationPort(frame, UDP)).isEqualTo(1000);
        frame.release();
        lan.receive(outside, answer("198.51.100.3"));
        assertThat(lan.take(inside)).isNull();
    }

    private ByteBuf answer(String from) {
        ByteBuf answer = udp(outside, from, OUTSIDE, 64, 0, 10);
        UdpHeader.sourcePort(answer, UDP, 2000);
        UdpHeader.destinationPort(answer, UDP, 1000);
        return answer;
    }

    @Test
    void errorOfTheRouterQuotesWhatTheHostHasSent() {
        lan.receive(inside, udp(inside, HOST, REMOTE, 64, Ipv4Header.DONT_FRAGMENT, 1200));
        ByteBuf error = lan.take(inside);
        int icmp = UDP;
        assertThat(Icmpv4Header.mtu(error, icmp)).isEqualTo(1000);
        assertThat(Ipv4Header.source(error, icmp + Icmpv4Header.LENGTH)).isEqualTo(MemoryRouter.ipv4(HOST));
        error.release();
    }

    @Test
    void fragmentsGoTheWayOfTheirFirst() {
        for (int fragment : new int[] {Ipv4Header.MORE_FRAGMENTS, 3}) {
            ByteBuf frame = translated(udp(inside, HOST, REMOTE, 64, fragment, 16));
            assertThat(Ipv4Header.source(frame, IP)).isEqualTo(MemoryRouter.ipv4(OUTSIDE));
            assertThat(InternetChecksum.sum(frame, IP, Ipv4Header.MIN_LENGTH)).isEqualTo(0xffff);
            // What would be the port in a first fragment is nobody's to change in another.
            assertThat(frame.getUnsignedShort(UDP)).isEqualTo(1000);
            frame.release();
        }
    }

    @Test
    void fragmentsOfAnAnswerFindBack() {
        translated(udp(inside, HOST, REMOTE, 64, 0, 10)).release();
        ByteBuf first = answer(REMOTE);
        Ipv4Header.fragment(first, IP, Ipv4Header.MORE_FRAGMENTS);
        Ipv4Header.updateChecksum(first, IP);
        ByteBuf second = udp(outside, REMOTE, OUTSIDE, 64, 3, 16);
        for (ByteBuf fragment : new ByteBuf[] {first, second}) {
            lan.receive(outside, fragment);
            ByteBuf frame = lan.take(inside);
            assertThat(Ipv4Header.destination(frame, IP)).isEqualTo(MemoryRouter.ipv4(HOST));
            assertThat(InternetChecksum.sum(frame, IP, Ipv4Header.MIN_LENGTH)).isEqualTo(0xffff);
            frame.release();
        }
    }

    @Test
    void fragmentWithoutItsFirstDoesNotLeave() {
        lan.receive(inside, udp(inside, HOST, REMOTE, 64, 3, 16));
        assertThat(lan.take(outside)).isNull();
        assertThat(lan.at(inside).count(RouterCounter.NOT_TRANSLATABLE)).isEqualTo(1);
    }

    @Test
    void fragmentThatIsTooLateDoesNotLeave() {
        translated(udp(inside, HOST, REMOTE, 64, Ipv4Header.MORE_FRAGMENTS, 16)).release();
        lan.passMillis(30_001);
        lan.sent(outside);
        lan.receive(inside, udp(inside, HOST, REMOTE, 64, 3, 16));
        assertThat(lan.at(inside).count(RouterCounter.NOT_TRANSLATABLE)).isEqualTo(1);
    }

    @Test
    void errorFromInsideQuotesWhatTheRemoteHasSent() {
        translated(udp(inside, HOST, REMOTE, 64, 0, 10)).release();
        lan.receive(outside, answer(REMOTE));
        ByteBuf delivered = lan.take(inside);
        // A router further inside has no room for it.
        lan.receive(inside, error("10.0.0.9", REMOTE, delivered));
        ByteBuf error = lan.take(outside);
        int quote = UDP + Icmpv4Header.LENGTH;
        assertThat(Ipv4Header.source(error, IP)).isEqualTo(MemoryRouter.ipv4(OUTSIDE));
        assertThat(Ipv4Header.destination(error, quote)).isEqualTo(MemoryRouter.ipv4(OUTSIDE));
        assertThat(Ipv4Header.source(error, quote)).isEqualTo(MemoryRouter.ipv4(REMOTE));
        assertThat(UdpHeader.destinationPort(error, quote + Ipv4Header.MIN_LENGTH))
                .isEqualTo(1000);
        assertThat(Icmpv4Header.isChecksumValid(error, UDP, error.writerIndex() - UDP))
                .isTrue();
        assertThat(InternetChecksum.sum(error, quote, Ipv4Header.MIN_LENGTH)).isEqualTo(0xffff);
        error.release();
    }

    @Test
    void errorFromInsideAboutNoConnectionDoesNotLeave() {
        ByteBuf stranger = answer("198.51.100.3");
        lan.receive(inside, error(HOST, "198.51.100.3", stranger));
        assertThat(lan.take(outside)).isNull();
        assertThat(lan.at(inside).count(RouterCounter.NOT_TRANSLATABLE)).isEqualTo(1);
    }

    private static ByteBuf udpPorts(ByteBuf packet, int source, int destination) {
        UdpHeader.sourcePort(packet, UDP, source);
        UdpHeader.destinationPort(packet, UDP, destination);
        return packet;
    }

    @Test
    void hostsInsideReachEachOtherByTheirAddressesOutside() {
        // Both have spoken to each other's address outside, as peers do that a server has introduced.
        String other = "10.0.0.3";
        lan.receive(inside, udpPorts(udp(inside, other, REMOTE, 64, 0, 10), 3000, 2000));
        lan.receive(inside, udpPorts(udp(inside, HOST, REMOTE, 64, 0, 10), 1000, 2000));
        lan.sent(outside);
        lan.receive(inside, udpPorts(udp(inside, HOST, OUTSIDE, 64, 0, 10), 1000, 3000));
        assertThat(lan.at(inside).count(RouterCounter.FILTERED))
                .as("nobody has asked yet")
                .isOne();
        lan.receive(inside, udpPorts(udp(inside, other, OUTSIDE, 64, 0, 10), 3000, 1000));
        ByteBuf frame = lan.take(inside);
        assertThat(Ipv4Header.source(frame, IP)).isEqualTo(MemoryRouter.ipv4(OUTSIDE));
        assertThat(Ipv4Header.destination(frame, IP)).isEqualTo(MemoryRouter.ipv4(HOST));
        assertThat(UdpHeader.sourcePort(frame, UDP)).isEqualTo(3000);
        assertThat(UdpHeader.destinationPort(frame, UDP)).isEqualTo(1000);
        assertThat(Ipv4Header.timeToLive(frame, IP)).isEqualTo(63);
        frame.release();
        assertThat(lan.sent(outside)).isEmpty();
    }

    @Test
    void nobodyOutsideSpeaksFirst() {
        lan.receive(outside, udp(outside, REMOTE, HOST, 64, 0, 10));
        assertThat(lan.at(outside).count(RouterCounter.FILTERED)).isOne();
        assertThat(lan.sent(inside)).isEmpty();
        assertThat(lan.sent(outside)).as("nor is told that there is somebody").isEmpty();
    }

    @Test
    void unsolicitedSynIsNotAnswered() {
        ByteBuf syn = udp(outside, REMOTE, OUTSIDE, 64, 0, 12);
        Ipv4Header.protocol(syn, IP, Ipv4Header.PROTOCOL_TCP);
        Ipv4Header.updateChecksum(syn, IP);
        syn.setShort(UDP + 12, 0x5002);
        lan.receive(outside, syn);
        assertThat(lan.at(outside).count(RouterCounter.ERRORS_SENT)).isZero();
        lan.passMillis(7_000);
        assertThat(lan.sent(outside)).isEmpty();
    }

    @Test
    void firstFragmentWithoutItsChecksumDoesNotLeave() {
        ByteBuf fragment = udp(inside, HOST, REMOTE, 64, Ipv4Header.MORE_FRAGMENTS, 0);
        Ipv4Header.protocol(fragment, IP, Ipv4Header.PROTOCOL_TCP);
        Ipv4Header.updateChecksum(fragment, IP);
        lan.receive(inside, fragment);
        assertThat(lan.take(outside)).isNull();
        assertThat(lan.at(inside).count(RouterCounter.NOT_TRANSLATABLE)).isOne();
    }

    @Test
    void answerToAPingThatNobodyHasSentDoesNotLeave() {
        for (int identifier : new int[] {0, 7}) {
            ByteBuf reply = udp(inside, HOST, REMOTE, 64, 0, 10);
            Ipv4Header.protocol(reply, IP, Ipv4Header.PROTOCOL_ICMP);
            Ipv4Header.updateChecksum(reply, IP);
            reply.setZero(UDP, 18);
            Icmpv4Header.identifier(reply, UDP, identifier);
            Icmpv4Header.updateChecksum(reply, UDP, 18);
            lan.receive(inside, reply);
        }
        assertThat(lan.take(outside)).isNull();
        assertThat(lan.at(inside).count(RouterCounter.NOT_TRANSLATABLE)).isEqualTo(2);
    }

    /** Ten seconds at 10,000 datagrams a second; the other host's conversations go on and new ones begin. */
    @Test
    void hostThatOpensConnectionsWithoutEndLeavesRoomForOthers() {
        translated(udp(inside, HOST, REMOTE, 64, 0, 10)).release();
        lan.receive(outside, answer(REMOTE));
        lan.take(inside).release();
        Random random = new Random(1);
        for (int i = 0; i < 100_000; i++) {
            lan.receive(
                    inside,
                    udpPorts(
                            udp(inside, "10.0.0.66", REMOTE, 64, 0, 0),
                            random.nextInt(65_536),
                            random.nextInt(65_536)));
            ByteBuf sent = lan.take(outside);
            if (sent != null) {
                sent.release();
            }
            if (i % 10_000 == 9_999) {
                lan.passMillis(1_000);
                lan.receive(outside, answer(REMOTE));
                lan.take(inside).release();
                ByteBuf fresh = translated(udpPorts(udp(inside, HOST, REMOTE, 64, 0, 0), 20_000 + i / 10_000, 53));
                fresh.release();
            }
        }
        assertThat(lan.sent(inside)).isEmpty();
    }

    /** An ICMP error about a frame, which it releases. */
    private ByteBuf error(String source, String destination, ByteBuf about) {
        int quoted = about.writerIndex() - IP;
        int length = Ipv4Header.MIN_LENGTH + Icmpv4Header.LENGTH + quoted;
        ByteBuf frame = MemoryRouter.ethernet(inside, EthernetHeader.TYPE_IPV4, length);
        Ipv4Packets.write(
                frame, IP, length, Ipv4Header.PROTOCOL_ICMP, MemoryRouter.ipv4(source), MemoryRouter.ipv4(destination));
        frame.setZero(UDP, Icmpv4Header.LENGTH);
        Icmpv4Header.type(frame, UDP, Icmpv4Header.DESTINATION_UNREACHABLE);
        Icmpv4Header.code(frame, UDP, Icmpv4Header.CODE_FRAGMENTATION_NEEDED);
        frame.setBytes(UDP + Icmpv4Header.LENGTH, about, IP, quoted);
        Icmpv4Header.updateChecksum(frame, UDP, Icmpv4Header.LENGTH + quoted);
        about.release();
        return frame;
    }

    @Test
    void hostIsToldOfASilentNextHopOutsideByWhatItHasSent() {
        lan.receive(inside, udp(inside, HOST, "198.51.100.9", 64, 0, 10));
        for (int question = 0; question < 4; question++) {
            lan.passMillis(1_500);
        }
        ByteBuf error = lan.take(inside);
        int quote = UDP + Icmpv4Header.LENGTH;
        assertThat(Icmpv4Header.code(error, UDP)).isEqualTo(Icmpv4Header.CODE_HOST_UNREACHABLE);
        assertThat(Ipv4Header.destination(error, IP)).isEqualTo(MemoryRouter.ipv4(HOST));
        assertThat(Ipv4Header.source(error, quote)).isEqualTo(MemoryRouter.ipv4(HOST));
        error.release();
    }
}
