/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static io.github.nettytap.net.routing.MemoryRouter.ipv4;
import static io.github.nettytap.net.routing.MemoryRouter.ipv6;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.ArpHeader;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Icmpv6Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.NeighborDiscovery;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/** What the router says of itself when a link comes up, and when somebody else claims to be it. */
class RouterStartTest {

    private static final int IP = EthernetHeader.LENGTH;
    private static final int ICMP = IP + Ipv6Header.LENGTH;
    private static final long OTHER_MAC = 0x02_00_00_00_00_99L;

    private final MemoryRouter lan = new MemoryRouter().watchStart();
    private int port;

    @BeforeEach
    void addPort() {
        port = lan.port(1500, "10.0.0.1/24", "2001:db8::1/64");
    }

    @AfterEach
    void close() {
        lan.close();
    }

    private List<String> after(long millis) {
        lan.passMillis(millis);
        return lan.sent(port);
    }

    @Test
    void addressesAreAskedForAndThenAnnounced() {
        assertThat(after(0))
                .hasSize(4)
                .anyMatch(frame -> frame.contains("who-has 10.0.0.1 tell 0.0.0.0"))
                .anyMatch(frame -> frame.contains(":: > ff02::1:ff00:1") && frame.contains("neighbor solicitation"))
                .anyMatch(frame -> frame.contains(":: > ff02::1:ff00:10") && frame.contains("neighbor solicitation"))
                .anyMatch(frame -> frame.contains("> ff02::16"));
        assertThat(after(500)).isEmpty();
        for (long millis : new long[] {500, 2_000}) {
            assertThat(after(millis))
                    .hasSize(4)
                    .anyMatch(frame -> frame.contains("who-has 10.0.0.1 tell 10.0.0.1"))
                    .anyMatch(frame ->
                            frame.contains("2001:db8::1 > ff02::1:") && frame.contains("neighbor advertisement"))
                    .anyMatch(frame -> frame.contains("> ff02::16"));
        }
        assertThat(after(10_000)).isEmpty();
    }

    @Test
    void linkThatComesUpAgainHearsItAgain() {
        after(0);
        after(1_000);
        after(3_000);
        lan.router.linkUp(lan.at(port));
        assertThat(after(0)).hasSize(4);
        assertThat(after(1_000)).anyMatch(frame -> frame.contains("who-has 10.0.0.1 tell 10.0.0.1"));
    }

    /** What a snooping bridge needs to know: without it, neighbor solicitations do not reach the router. */
    @Test
    void groupsOfTheRouterAreReportedInTheBeginningAndToQueriers() {
        lan.passMillis(0);
        assertThat(reportedGroups()).containsExactly("2", "1ff000001", "1ff000010", "1ff000000");
        after(1_000);
        after(3_000);
        query(28, 1_000, "fe80::9", 1);
        lan.passMillis(1_000);
        assertThat(reportedGroups()).hasSize(4);
        // A flood of queries has one answer.
        for (int i = 0; i < 100; i++) {
            query(28, 1_000, "fe80::9", 1);
        }
        lan.passMillis(1_000);
        assertThat(lan.sent(port)).hasSize(1);
        query(24, 1_000, "fe80::9", 1);
        lan.passMillis(1_000);
        assertThat(lan.sent(port)).hasSize(4).anyMatch(frame -> frame.contains("> ff02::1:ff00:1"));
        // From beyond the link, or from nobody.
        query(28, 0, "fe80::9", 64);
        query(28, 0, "2001:db8::9", 1);
        query(26, 0, "fe80::9", 1);
        lan.passMillis(1_000);
        assertThat(lan.sent(port)).isEmpty();
    }

    private List<String> reportedGroups() {
        List<String> groups = new ArrayList<>();
        for (ByteBuf frame = lan.take(port); frame != null; frame = lan.take(port)) {
            int report = ICMP + 8;
            if (EthernetHeader.type(frame, 0) == EthernetHeader.TYPE_IPV6
                    && Ipv6Header.nextHeader(frame, IP) == Ipv6Header.NEXT_HOP_BY_HOP) {
                assertThat(EthernetHeader.destination(frame, 0)).isEqualTo(0x3333_0000_0016L);
                assertThat(Ipv6Header.hopLimit(frame, IP)).isOne();
                assertThat(Icmpv6Header.type(frame, report)).isEqualTo(143);
                assertThat(Icmpv6Header.isChecksumValid(frame, IP, report, frame.writerIndex() - report))
                        .isTrue();
                int count = frame.getUnsignedShort(report + 6);
                for (int i = 0; i < count; i++) {
                    int group = report + 8 + i * 20 + 4;
                    assertThat(frame.getLong(group)).isEqualTo(0xff02_0000_0000_0000L);
                    groups.add(Long.toHexString(frame.getLong(group + 8)));
                }
            }
            frame.release();
        }
        return groups;
    }

    private void query(int length, int delay, String source, int hopLimit) {
        ByteBuf frame = ipv6(port, source, "ff02::1", Ipv6Header.NEXT_ICMPV6, hopLimit, length);
        EthernetHeader.destination(frame, 0, 0x3333_0000_0001L);
        Icmpv6Header.type(frame, ICMP, Icmpv6Header.MULTICAST_LISTENER_QUERY);
        frame.setShort(ICMP + 4, delay);
        Icmpv6Header.updateChecksum(frame, IP, ICMP, length);
        lan.receive(port, frame);
    }

    @Test
    void claimOfAnOwnAddressIsCountedAndAnsweredOnceInTenSeconds() {
        after(0);
        after(1_000);
        after(3_000);
        for (int i = 0; i < 50; i++) {
            lan.receive(port, arp("10.0.0.1", OTHER_MAC));
        }
        assertThat(lan.at(port).count(RouterCounter.ADDRESS_CONFLICT)).isEqualTo(50);
        assertThat(lan.sent(port)).singleElement().asString().contains("who-has 10.0.0.1 tell 10.0.0.1");
        lan.passMillis(10_000);
        lan.receive(port, advertisement("2001:db8::1", OTHER_MAC));
        assertThat(lan.sent(port)).singleElement().asString().contains("2001:db8::1 > ff02::1");
        assertThat(lan.at(port).count(RouterCounter.ADDRESS_CONFLICT)).isEqualTo(51);
    }

    @Test
    void echoOfItsOwnWordsIsNoClaim() {
        after(0);
        lan.receive(port, arp("10.0.0.1", MemoryRouter.ROUTER_MAC));
        lan.receive(port, advertisement("2001:db8::1", MemoryRouter.ROUTER_MAC));
        assertThat(lan.at(port).count(RouterCounter.ADDRESS_CONFLICT)).isZero();
        assertThat(lan.sent(port)).isEmpty();
    }

    private ByteBuf arp(String sender, long mac) {
        ByteBuf frame = MemoryRouter.ethernet(port, EthernetHeader.TYPE_ARP, ArpHeader.LENGTH);
        ArpHeader.write(frame, IP, ArpHeader.REPLY, mac, ipv4(sender), 0, ipv4("10.0.0.77"));
        EthernetHeader.source(frame, 0, mac);
        EthernetHeader.destination(frame, 0, 0xffff_ffff_ffffL);
        return frame;
    }

    private ByteBuf advertisement(String target, long mac) {
        ByteBuf frame = ipv6(port, target, "ff02::1", Ipv6Header.NEXT_ICMPV6, 255, 24);
        EthernetHeader.source(frame, 0, mac);
        EthernetHeader.destination(frame, 0, 0x3333_0000_0001L);
        Icmpv6Header.type(frame, ICMP, NeighborDiscovery.NEIGHBOR_ADVERTISEMENT);
        MemoryRouter.writeIpv6(frame, NeighborDiscovery.targetIndex(ICMP), target);
        Icmpv6Header.updateChecksum(frame, IP, ICMP, 24);
        return frame;
    }

    @Test
    void macAddressStaysAndIsLocalAndDiffersByNameAndMachine() {
        long mac = RouterMac.of("machine", "tap0").value();
        assertThat(RouterMac.of("machine", "tap0").value()).isEqualTo(mac);
        assertThat(RouterMac.of("machine", "tap1").value()).isNotEqualTo(mac);
        assertThat(RouterMac.of("another", "tap0").value()).isNotEqualTo(mac);
        for (int i = 0; i < 100; i++) {
            long octets = RouterMac.of("machine", "tap" + i).value();
            assertThat(octets & 0x0300_0000_0000L).isEqualTo(0x0200_0000_0000L);
        }
        assertThat(RouterMac.of("tap0").isLocal()).isTrue();
    }
}
