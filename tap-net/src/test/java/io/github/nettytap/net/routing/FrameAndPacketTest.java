/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.ArpHeader;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Icmpv4Header;
import io.github.nettytap.codec.wire.Icmpv6Header;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.packet.Ipv4Packets;
import io.github.nettytap.net.routing.packet.Ipv6Packets;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.net.InetAddress;

/** What is true of a frame need not be true of the packet in it. */
class FrameAndPacketTest {

    private static final int HEADER = 12;
    private static final int IP = EthernetHeader.LENGTH;

    private final MemoryRouter lan = new MemoryRouter(HEADER);
    private int left;
    private int right;

    @BeforeEach
    void addPorts() {
        left = lan.port(1500, "10.0.0.1/24", "2001:db8::1/64");
        right = lan.port(1500, "10.0.1.1/24", "2001:db8:1::1/64");
    }

    @AfterEach
    void close() {
        lan.close();
    }

    /**
     * The packet ends at 46, the frame at 60: wherever the checksum is said to be, nothing throws and the port stays.
     */
    @Test
    void partialChecksumBehindAnIpv4PacketIsMalformed() {
        for (String destination : new String[] {"10.0.0.1", "10.0.1.2", "10.0.0.255"}) {
            for (int start = 0; start <= 60; start++) {
                for (int offset = 0; start + offset <= 62; offset++) {
                    lan.receive(left, needsChecksum(shortPing(destination), start, offset));
                    lan.sent(left);
                    lan.sent(right);
                }
            }
        }
        assertThat(lan.failures(left)).isZero();
        assertThat(lan.at(left).channel().isOpen()).isTrue();
        long before = lan.at(left).count(RouterCounter.MALFORMED);
        lan.receive(left, needsChecksum(shortPing("10.0.0.1"), 58, 0));
        assertThat(lan.at(left).count(RouterCounter.MALFORMED)).isEqualTo(before + 1);
    }

    @Test
    void partialChecksumBehindAnIpv6PacketIsMalformed() throws Exception {
        for (String destination : new String[] {"2001:db8::1", "2001:db8:1::2", "ff02::1"}) {
            for (int start = 0; start <= 100; start++) {
                lan.receive(left, needsChecksum(shortPing6(destination), start, 0));
                lan.sent(left);
                lan.sent(right);
            }
        }
        assertThat(lan.failures(left)).isZero();
        assertThat(lan.at(left).count(RouterCounter.MALFORMED)).isPositive();
    }

    /** The answer is the question's buffer; what its sender left to its card must not travel on. */
    @Test
    void answerToAnArpQuestionWithAPartialChecksumHasNone() {
        ByteBuf question = MemoryRouter.ethernet(left, EthernetHeader.TYPE_ARP, 46);
        question.setZero(IP, 46);
        ArpHeader.write(
                question,
                IP,
                ArpHeader.REQUEST,
                MemoryRouter.HOST_MAC,
                MemoryRouter.ipv4("10.0.0.2"),
                0,
                MemoryRouter.ipv4("10.0.0.1"));
        lan.receive(left, needsChecksum(question, 56, 0));
        ByteBuf answer = lan.take(left);
        assertThat(VirtioNetHeader.isPlain(answer, answer.readerIndex())).isTrue();
        answer.release();
    }

    @Test
    void frameThatCannotBeHandledIsReleasedAndCountedAndThePortStays() {
        ByteBuf frame = lan.withHeader(MemoryRouter.udp(left, "10.0.0.2", "10.0.1.2", 64, 0, 100));
        lan.failClock(true);
        lan.receive(left, frame);
        lan.failClock(false);
        assertThat(frame.refCnt()).isZero();
        assertThat(lan.failures(left)).isOne();
        assertThat(lan.at(left).channel().isOpen()).isTrue();
        lan.receive(left, lan.withHeader(MemoryRouter.udp(left, "10.0.0.2", "10.0.1.2", 64, 0, 10)));
        assertThat(lan.sent(right)).singleElement().asString().contains("who-has 10.0.1.2");
    }

    private ByteBuf needsChecksum(ByteBuf frame, int start, int offset) {
        ByteBuf all = lan.withHeader(frame);
        VirtioNetHeader.flags(all, 0, VirtioNetHeader.FLAG_NEEDS_CSUM);
        VirtioNetHeader.checksumStart(all, 0, start);
        VirtioNetHeader.checksumOffset(all, 0, offset);
        return all;
    }

    private ByteBuf shortPing(String destination) {
        ByteBuf frame = MemoryRouter.ethernet(left, EthernetHeader.TYPE_IPV4, 46);
        frame.setZero(IP, 46);
        Ipv4Packets.write(
                frame, IP, 32, Ipv4Header.PROTOCOL_ICMP, MemoryRouter.ipv4("10.0.0.2"), MemoryRouter.ipv4(destination));
        Icmpv4Header.type(frame, IP + Ipv4Header.MIN_LENGTH, Icmpv4Header.ECHO_REQUEST);
        Icmpv4Header.updateChecksum(frame, IP + Ipv4Header.MIN_LENGTH, 12);
        return frame;
    }

    private ByteBuf shortPing6(String destination) throws Exception {
        int length = Ipv6Header.LENGTH + 46;
        ByteBuf frame = MemoryRouter.ethernet(left, EthernetHeader.TYPE_IPV6, length);
        frame.setZero(IP, length);
        Ipv6Packets.write(frame, IP, 12, Ipv6Header.NEXT_ICMPV6, 64);
        InetAddress source = InetAddress.getByName("2001:db8::2");
        InetAddress target = InetAddress.getByName(destination);
        IpAddress.write(frame, Ipv6Header.sourceIndex(IP), IpAddress.high(source), IpAddress.low(source));
        IpAddress.write(frame, Ipv6Header.destinationIndex(IP), IpAddress.high(target), IpAddress.low(target));
        int icmp = IP + Ipv6Header.LENGTH;
        Icmpv6Header.type(frame, icmp, Icmpv6Header.ECHO_REQUEST);
        Icmpv6Header.updateChecksum(frame, IP, icmp, 12);
        return frame;
    }
}
