/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static io.github.nettytap.net.routing.MemoryRouter.udp;
import static io.github.nettytap.net.routing.MemoryRouter.udp6;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Icmpv4Header;
import io.github.nettytap.codec.wire.Icmpv6Header;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.net.InetAddress;

class RouterTest {

    private static final int IP = EthernetHeader.LENGTH;

    private final MemoryRouter lan = new MemoryRouter();
    private int left;
    private int right;

    @BeforeEach
    void addPorts() {
        left = lan.port(1500, "10.0.0.1/24", "2001:db8::1/64");
        right = lan.port(1000, "10.0.1.1/24", "2001:db8:1::1/64");
    }

    @AfterEach
    void close() {
        lan.close();
    }

    private void receive(String destination) {
        lan.receive(left, udp(left, "10.0.0.2", destination, 64, 0, 10));
    }

    @Test
    void packetWaitsUntilItsNextHopIsKnown() {
        receive("10.0.1.2");
        assertThat(lan.sent(right)).singleElement().asString().contains("who-has 10.0.1.2 tell 10.0.1.1");
        lan.arpReply(right, "10.0.1.2");
        ByteBuf frame = lan.take(right);
        assertThat(EthernetHeader.destination(frame, 0)).isEqualTo(MemoryRouter.HOST_MAC);
        assertThat(EthernetHeader.source(frame, 0)).isEqualTo(MemoryRouter.ROUTER_MAC + right);
        assertThat(Ipv4Header.timeToLive(frame, IP)).isEqualTo(63);
        assertThat(InternetChecksum.sum(frame, IP, Ipv4Header.MIN_LENGTH)).isEqualTo(0xffff);
        frame.release();
    }

    @Test
    void packetToAKnownNextHopIsForwardedInTheBufferItCameIn() throws Exception {
        lan.router.addRoute(Cidr.parse("192.0.2.0/24"), InetAddress.getByName("10.0.1.2"));
        receive("192.0.2.1");
        lan.sent(right);
        lan.arpReply(right, "10.0.1.2");
        lan.take(right).release();
        ByteBuf packet = udp(left, "10.0.0.2", "192.0.2.7", 64, 0, 10);
        lan.receive(left, packet);
        ByteBuf frame = lan.take(right);
        assertThat(frame).isSameAs(packet);
        frame.release();
        assertThat(lan.at(left).count(RouterCounter.FORWARDED)).isEqualTo(2);
    }

    @Test
    void silentNextHopIsAskedThreeTimesAndThenUnreachable() {
        lan.arpReply(left, "10.0.0.2");
        receive("10.0.1.2");
        for (int question = 1; question <= 3; question++) {
            assertThat(lan.sent(right)).hasSize(1);
            assertThat(lan.sent(left)).isEmpty();
            lan.passMillis(1_500);
        }
        assertThat(lan.sent(right)).isEmpty();
        // The error waits for the MAC address of its receiver like any packet.
        assertThat(lan.sent(left)).singleElement().asString().contains("who-has 10.0.0.2");
        lan.arpReply(left, "10.0.0.2");
        assertThat(lan.sent(left)).singleElement().asString().contains("host 10.0.1.2 unreachable");
        assertThat(lan.at(left).count(RouterCounter.UNRESOLVED)).isEqualTo(1);
    }

    @Test
    void packetsBeyondTheRoomForWaitingAreDropped() {
        for (int i = 0; i < 40; i++) {
            receive("10.0.1.2");
        }
        assertThat(lan.at(left).count(RouterCounter.UNRESOLVED)).isEqualTo(8);
        lan.sent(right);
        lan.arpReply(right, "10.0.1.2");
        assertThat(lan.sent(right)).hasSize(32);
    }

    @Test
    void nextHopThatWasSilentForLongIsAskedAgainWhileItIsUsed() {
        receive("10.0.1.2");
        lan.arpReply(right, "10.0.1.2");
        lan.sent(right);
        lan.passMillis(30_001);
        receive("10.0.1.2");
        assertThat(lan.sent(right)).as("not before the delay is over").hasSize(1);
        lan.passMillis(6_000);
        receive("10.0.1.2");
        assertThat(lan.sent(right))
                .hasSize(2)
                .anyMatch(frame -> frame.contains("who-has 10.0.1.2") && frame.contains("02:00:00:00:00:20"));
        lan.passMillis(1_500);
        lan.passMillis(1_500);
        assertThat(lan.sent(right)).hasSize(2);
        lan.passMillis(1_500);
        receive("10.0.1.2");
        assertThat(lan.sent(right))
                .singleElement()
                .asString()
                .contains("ff:ff:ff:ff:ff:ff")
                .contains("who-has 10.0.1.2");
    }

    @Test
    void whatWaitsBehindAPortThatClosesIsReleased() {
        receive("10.0.1.2");
        lan.close(right);
        receive("10.0.1.3");
        assertThat(lan.at(left).count(RouterCounter.UNRESOLVED)).isEqualTo(2);
    }

    @Test
    void lastHopIsTimeExceeded() {
        lan.receive(left, udp(left, "10.0.0.2", "10.0.1.2", 1, 0, 10));
        lan.arpReply(left, "10.0.0.2");
        assertThat(lan.sent(left)).last().asString().contains("10.0.0.1 > 10.0.0.2: ICMP time exceeded in-transit");
        assertThat(lan.at(left).count(RouterCounter.TTL_EXPIRED)).isEqualTo(1);
    }

    @Test
    void packetThatMustNotBeFragmentedIsTooBigForTheNextLink() {
        lan.receive(left, udp(left, "10.0.0.2", "10.0.1.2", 64, Ipv4Header.DONT_FRAGMENT, 1200));
        lan.arpReply(left, "10.0.0.2");
        assertThat(lan.sent(left)).last().asString().contains("need to frag (mtu 1000)");
        assertThat(lan.at(left).count(RouterCounter.TOO_BIG)).isEqualTo(1);
    }

    @Test
    void packetThatMayBeFragmentedIs() {
        lan.receive(left, udp(left, "10.0.0.2", "10.0.1.2", 64, 0, 1200));
        lan.sent(right);
        lan.arpReply(right, "10.0.1.2");
        ByteBuf first = lan.take(right);
        ByteBuf second = lan.take(right);
        assertThat(Ipv4Header.totalLength(first, IP)).isEqualTo(20 + 976);
        assertThat(Ipv4Header.fragment(first, IP)).isEqualTo(Ipv4Header.MORE_FRAGMENTS);
        assertThat(Ipv4Header.totalLength(second, IP)).isEqualTo(20 + 1208 - 976);
        assertThat(Ipv4Header.fragment(second, IP)).isEqualTo(976 / 8);
        assertThat(InternetChecksum.sum(second, IP, Ipv4Header.MIN_LENGTH)).isEqualTo(0xffff);
        first.release();
        second.release();
    }

    @Test
    void errorsAreLimitedForEachHostAndForEachLink() {
        for (int i = 0; i < 150; i++) {
            receive("192.0.2.1");
        }
        assertThat(lan.at(left).count(RouterCounter.ERRORS_SENT)).isEqualTo(50);
        assertThat(lan.at(left).count(RouterCounter.ERRORS_LIMITED)).isEqualTo(100);
        assertThat(lan.at(left).count(RouterCounter.NO_ROUTE)).isEqualTo(150);
        // Another host of the link has its own share, until the link has had its.
        lan.receive(left, udp(left, "10.0.0.3", "192.0.2.1", 64, 0, 10));
        assertThat(lan.at(left).count(RouterCounter.ERRORS_SENT)).isEqualTo(51);
        for (int i = 0; i < 2_000; i++) {
            lan.receive(left, udp(left, "10.0.0." + (4 + i % 200), "192.0.2.1", 64, 0, 10));
        }
        assertThat(lan.at(left).count(RouterCounter.ERRORS_SENT)).isEqualTo(200);
        lan.receive(right, udp(right, "10.0.1.2", "192.0.2.1", 64, 0, 10));
        assertThat(lan.at(right).count(RouterCounter.ERRORS_SENT)).isOne();
        lan.sent(left);
        lan.sent(right);
    }

    @Test
    void tooBigIsNeverWithheld() {
        for (int i = 0; i < 2_000; i++) {
            receive("192.0.2.1");
        }
        long before = lan.at(left).count(RouterCounter.ERRORS_SENT);
        for (int i = 0; i < 100; i++) {
            lan.receive(left, udp(left, "10.0.0.2", "10.0.1.2", 64, Ipv4Header.DONT_FRAGMENT, 1200));
        }
        assertThat(lan.at(left).count(RouterCounter.ERRORS_SENT)).isEqualTo(before + 100);
        lan.sent(left);
    }

    @Test
    void noErrorIsSentAboutWhatCameInAFrameToAGroup() {
        ByteBuf packet = udp(left, "10.0.0.2", "192.0.2.1", 1, 0, 10);
        EthernetHeader.destination(packet, 0, 0xffff_ffff_ffffL);
        lan.receive(left, packet);
        packet = udp(left, "10.0.0.2", "10.0.0.1", 1, 0, 10);
        EthernetHeader.destination(packet, 0, 0x0100_5e00_0001L);
        lan.receive(left, packet);
        packet = udp6("2001:db8::2", "2001:db8::1");
        EthernetHeader.destination(packet, 0, 0x3333_0000_0001L);
        lan.receive(left, packet);
        assertThat(lan.at(left).count(RouterCounter.ERRORS_SENT)).isZero();
        lan.receive(left, udp6("2001:db8::2", "2001:db8::1"));
        assertThat(lan.at(left).count(RouterCounter.ERRORS_SENT)).isOne();
    }

    @Test
    void noErrorIsSentAboutAFragmentThatIsNotTheFirst() {
        lan.receive(left, udp(left, "10.0.0.2", "192.0.2.1", 64, 100, 10));
        assertThat(lan.at(left).count(RouterCounter.ERRORS_SENT)).isZero();
        assertThat(lan.at(left).count(RouterCounter.NO_ROUTE)).isEqualTo(1);
    }

    @Test
    void addressesThatMustNotBeOnANetworkGoNowhere() {
        receive("127.0.0.1");
        lan.receive(left, udp(left, "127.0.0.1", "10.0.1.2", 64, 0, 10));
        lan.receive(left, udp(left, "224.0.0.1", "10.0.1.2", 64, 0, 10));
        assertThat(lan.at(left).count(RouterCounter.MARTIAN)).isEqualTo(3);
        assertThat(lan.sent(right)).isEmpty();
        assertThat(lan.sent(left)).isEmpty();
    }

    @Test
    void brokenRecordOfTheRouteIsToldToItsSender() {
        ByteBuf packet = udp(left, "10.0.0.2", "10.0.1.2", 64, 0, 10);
        // Eight octets of what was the UDP header become options: a record with room for a part of an address.
        packet.setByte(IP, 0x47);
        int option = IP + Ipv4Header.MIN_LENGTH;
        packet.setZero(option, 8);
        packet.setByte(option, 7).setByte(option + 1, 6).setByte(option + 2, 4);
        packet.setShort(IP + 10, 0);
        packet.setShort(IP + 10, InternetChecksum.complement(InternetChecksum.sum(packet, IP, 28)));
        lan.receive(left, packet);
        lan.take(left).release(); // A question for the host's MAC address.
        lan.arpReply(left, "10.0.0.2");
        ByteBuf error = lan.take(left);
        int icmp = IP + Ipv4Header.MIN_LENGTH;
        assertThat(Icmpv4Header.type(error, icmp)).isEqualTo(Icmpv4Header.PARAMETER_PROBLEM);
        assertThat(error.getUnsignedByte(icmp + 4)).isEqualTo((short) 22);
        error.release();
        assertThat(lan.at(left).count(RouterCounter.MALFORMED)).isEqualTo(1);
    }

    @Test
    void wrongHeaderChecksumIsMalformed() {
        ByteBuf packet = udp(left, "10.0.0.2", "10.0.1.2", 64, 0, 10);
        Ipv4Header.timeToLive(packet, IP, 65);
        lan.receive(left, packet);
        assertThat(lan.at(left).count(RouterCounter.MALFORMED)).isEqualTo(1);
    }

    @Test
    void framesForOtherStationsAreIgnored() {
        ByteBuf packet = udp(left, "10.0.0.2", "10.0.1.2", 64, 0, 10);
        EthernetHeader.destination(packet, 0, MemoryRouter.HOST_MAC);
        lan.receive(left, packet);
        assertThat(lan.at(left).count(RouterCounter.IGNORED)).isEqualTo(1);
    }

    @Test
    void gatewayOnNoNetworkIsRefused() throws Exception {
        InetAddress gateway = InetAddress.getByName("192.0.2.1");
        Cidr all = Cidr.parse("0.0.0.0/0");
        assertThatThrownBy(() -> lan.router.addRoute(all, gateway))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("gateway on no network of the router: destination=0.0.0.0/0, gateway=192.0.2.1"
                        + " (expected: an address in the network of a port)");
    }

    @Test
    void addressesOfTheRouterAndOfAllHostsAreNoSources() {
        for (String source : new String[] {"10.0.0.1", "10.0.1.1", "10.0.0.255", "10.0.1.255", "255.255.255.255"}) {
            lan.receive(left, udp(left, source, "10.0.1.2", 64, 0, 10));
            lan.receive(left, udp(left, source, "10.0.0.1", 64, 0, 10));
        }
        for (String source : new String[] {"2001:db8::1", "2001:db8:1::1"}) {
            lan.receive(left, udp6(source, "2001:db8:1::2"));
            lan.receive(left, udp6(source, "2001:db8::1"));
        }
        assertThat(lan.at(left).count(RouterCounter.MARTIAN)).isEqualTo(14);
        assertThat(lan.sent(left)).isEmpty();
        assertThat(lan.sent(right)).isEmpty();
    }

    @Test
    void reversePathIsCheckedWhereThatIsAskedFor() throws Exception {
        int strict = lan.strictPort(1500, "10.0.2.1/24", "2001:db8:2::1/64");
        lan.router.addRoute(Cidr.parse("192.0.2.0/24"), InetAddress.getByName("10.0.2.9"));
        for (String source : new String[] {"10.0.0.7", "10.9.9.9", "198.51.100.1"}) {
            lan.receive(strict, udp(strict, source, "10.0.1.2", 64, 0, 10));
        }
        ByteBuf packet = udp6("2001:db8::7", "2001:db8:1::2");
        EthernetHeader.destination(packet, 0, MemoryRouter.ROUTER_MAC + strict);
        lan.receive(strict, packet);
        assertThat(lan.at(strict).count(RouterCounter.MARTIAN)).isEqualTo(4);
        assertThat(lan.sent(right)).isEmpty();
        for (String source : new String[] {"10.0.2.7", "192.0.2.1"}) {
            lan.receive(strict, udp(strict, source, "10.0.1.2", 64, 0, 10));
        }
        lan.arpReply(right, "10.0.1.2");
        assertThat(lan.sent(right)).hasSize(3);
        // Another port takes what comes.
        lan.receive(left, udp(left, "10.0.2.7", "10.0.1.2", 64, 0, 10));
        assertThat(lan.sent(right)).hasSize(1);
    }

    @Test
    void anycastAddressOfTheRoutersIsAnsweredFromAnAddressOfThisOne() {
        ByteBuf ping = MemoryRouter.ipv6(left, "2001:db8::2", "2001:db8::", Ipv6Header.NEXT_ICMPV6, 64, 16);
        int icmp = IP + Ipv6Header.LENGTH;
        Icmpv6Header.type(ping, icmp, Icmpv6Header.ECHO_REQUEST);
        Icmpv6Header.updateChecksum(ping, IP, icmp, 16);
        lan.receive(left, ping);
        assertThat(lan.sent(left)).singleElement().asString().contains("neighbor solicitation");
        lan.receive(left, MemoryRouter.advertisement(left, "2001:db8::2", "2001:db8::1"));
        ByteBuf reply = lan.take(left);
        assertThat(Icmpv6Header.type(reply, icmp)).isEqualTo(Icmpv6Header.ECHO_REPLY);
        assertThat(reply.getLong(Ipv6Header.sourceIndex(IP) + 8)).isEqualTo(1);
        assertThat(Icmpv6Header.isChecksumValid(reply, IP, icmp, 16)).isTrue();
        reply.release();
    }

    /** A packet for the router whose first extension header is this, with a ping behind it. */
    private ByteBuf extended(int first, String header) {
        byte[] octets = ByteBufUtil.decodeHexDump(header);
        ByteBuf frame = MemoryRouter.ipv6(left, "2001:db8::2", "2001:db8::1", first, 64, octets.length + 16);
        int extension = IP + Ipv6Header.LENGTH;
        frame.setBytes(extension, octets);
        int icmp = extension + octets.length;
        Icmpv6Header.type(frame, icmp, Icmpv6Header.ECHO_REQUEST);
        Icmpv6Header.updateChecksum(frame, IP, icmp, 16);
        return frame;
    }

    private void assertProblem(ByteBuf packet, int code, int pointer) {
        lan.receive(left, packet);
        ByteBuf error = lan.take(left);
        int icmp = IP + Ipv6Header.LENGTH;
        assertThat(Icmpv6Header.type(error, icmp)).isEqualTo(Icmpv6Header.PARAMETER_PROBLEM);
        assertThat(Icmpv6Header.code(error, icmp)).isEqualTo(code);
        assertThat(Icmpv6Header.pointer(error, icmp)).isEqualTo(pointer);
        error.release();
    }

    @Test
    void extensionHeadersOfPacketsForTheRouterAreLookedAt() {
        lan.receive(left, extended(Ipv6Header.NEXT_ROUTING, "3a00000000000000"));
        lan.sent(left);
        lan.receive(left, MemoryRouter.advertisement(left, "2001:db8::2", "2001:db8::1"));
        assertThat(lan.sent(left))
                .as("no segments left")
                .singleElement()
                .asString()
                .contains("2001:db8::2");
        assertProblem(extended(Ipv6Header.NEXT_ROUTING, "3a00000100000000"), 0, 42);
        assertProblem(extended(Ipv6Header.NEXT_ROUTING, "3a00fe0100000000"), 0, 42);
        // Hop-by-hop options anywhere but in front are an unknown header.
        assertProblem(extended(Ipv6Header.NEXT_DESTINATION, "00000104000000003a00010400000000"), 1, 40);
        // Options that nobody knows, with what is to be done then in their first two bits.
        lan.receive(left, extended(Ipv6Header.NEXT_HOP_BY_HOP, "3a003e0400000000"));
        assertThat(lan.sent(left)).as("skipped").hasSize(1);
        lan.receive(left, extended(Ipv6Header.NEXT_HOP_BY_HOP, "3a007e0400000000"));
        assertThat(lan.sent(left)).as("dropped").isEmpty();
        assertProblem(extended(Ipv6Header.NEXT_DESTINATION, "3a00be0400000000"), 2, 42);
        assertProblem(extended(Ipv6Header.NEXT_DESTINATION, "3a00fe0400000000"), 2, 42);
        // Lengths that lie.
        for (String header : new String[] {"3aff000000000000", "3a003eff00000000", "3a000000000000ff"}) {
            lan.receive(left, extended(Ipv6Header.NEXT_HOP_BY_HOP, header));
        }
        assertThat(lan.sent(left)).isEmpty();
        assertThat(lan.failures(left)).isZero();
    }

    @Test
    void mtuOfALinkMayChange() {
        lan.arpReply(right, "10.0.1.2");
        ByteBuf packet = udp(left, "10.0.0.2", "10.0.1.2", 64, Ipv4Header.DONT_FRAGMENT, 1200);
        lan.receive(left, packet.copy());
        assertThat(lan.at(left).count(RouterCounter.TOO_BIG)).isOne();
        lan.router.mtuChanged(lan.at(right), 9000);
        lan.receive(left, packet);
        assertThat(lan.at(left).count(RouterCounter.TOO_BIG)).isOne();
        assertThat(lan.at(right).mtu()).isEqualTo(9000);
        lan.sent(right);
        lan.sent(left);
    }
}
