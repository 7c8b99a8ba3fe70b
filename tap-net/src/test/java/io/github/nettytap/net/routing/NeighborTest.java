/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static io.github.nettytap.net.routing.MemoryRouter.ipv4;
import static io.github.nettytap.net.routing.MemoryRouter.ipv6;
import static io.github.nettytap.net.routing.MemoryRouter.udp;
import static io.github.nettytap.net.routing.MemoryRouter.udp6;
import static io.github.nettytap.net.routing.MemoryRouter.writeIpv6;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.ArpHeader;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Icmpv6Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.NeighborDiscovery;
import io.github.nettytap.codec.wire.NeighborOption;
import io.github.nettytap.net.routing.neighbor.NextHops;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Neighbors that lie, flood, and change their minds. */
class NeighborTest {

    private static final int IP = EthernetHeader.LENGTH;
    private static final long OTHER_MAC = 0x02_00_00_00_00_99L;
    private static final long ATTACKER_MAC = 0x02_00_00_00_66_66L;
    private static final int SOLICITED = NeighborDiscovery.FLAG_SOLICITED;
    private static final int OVERRIDE = NeighborDiscovery.FLAG_OVERRIDE;
    private static final String HOST = "2001:db8:1::2";

    private final MemoryRouter lan = new MemoryRouter();
    private int left;
    private int right;

    @BeforeEach
    void addPorts() {
        left = lan.port(1500, "10.0.0.1/16", "2001:db8::1/64");
        right = lan.port(1500, "10.1.0.1/16", "2001:db8:1::1/64");
    }

    @AfterEach
    void close() {
        lan.close();
    }

    @Test
    void floodOfSolicitationsLeavesRoomForNewNeighborsOfBothVersionsOnEachPort() {
        for (int i = 0; i < 20_000; i++) {
            solicit(left, "2001:db8::1:" + Integer.toHexString(i));
            arpQuestion(left, 0x0a00_4000 + i % 0x4000);
        }
        lan.sent(left);
        assertThat(lan.router.neighbors()).isLessThanOrEqualTo(2 * NextHops.BUDGET);
        for (int port : new int[] {left, right}) {
            lan.receive(left, udp(left, "10.0.0.2", port == left ? "10.0.0.3" : "10.1.0.3", 64, 0, 10));
            lan.arpReply(port, port == left ? "10.0.0.3" : "10.1.0.3");
            assertThat(lan.sent(port)).anyMatch(frame -> frame.contains("UDP"));
            String host = port == left ? "2001:db8::3" : "2001:db8:1::3";
            lan.receive(left, udp6("2001:db8::2", host));
            advertise(port, host, MemoryRouter.HOST_MAC, SOLICITED | OVERRIDE);
            assertThat(lan.sent(port)).anyMatch(frame -> frame.contains("UDP"));
        }
    }

    /** Every packet names a next hop that nobody has; the honest ones answer as fast as hosts do. */
    @Test
    void scanOfANetworkLeavesKnownNeighborsAloneAndNewOnesResolve() {
        lan.receive(left, udp(left, "10.0.0.2", "10.1.0.2", 64, 0, 10));
        lan.arpReply(right, "10.1.0.2");
        lan.sent(right);
        for (int i = 0; i < 30_000; i++) {
            lan.receive(left, udp(left, "10.0.0.66", "10.1." + (64 + i / 256) + "." + i % 256, 64, 0, 10));
            if (i % 1_000 == 999) {
                lan.sent(right);
                lan.receive(left, udp(left, "10.0.0.2", "10.1.0.2", 64, 0, 10));
                assertThat(lan.sent(right)).singleElement().asString().contains("UDP");
                String fresh = "10.1.1." + i / 1_000;
                lan.receive(left, udp(left, "10.0.0.2", fresh, 64, 0, 10));
                // A thousandth of a second of the flood later.
                for (int more = 0; more < 10; more++) {
                    lan.receive(left, udp(left, "10.0.0.66", "10.1.2." + more, 64, 0, 10));
                }
                lan.arpReply(right, fresh);
                assertThat(lan.sent(right))
                        .filteredOn(frame -> frame.contains("UDP"))
                        .hasSize(1);
                lan.passMillis(100);
                lan.sent(right);
            }
        }
    }

    /** The news of a link may come after the first packet for a host that is on it by now. */
    @Test
    void aLinkThatWasDownForgetsWhoWasKnownAndAsksOnForWhoIsNot() {
        resolve();
        lan.receive(left, udp(left, "10.0.0.2", "10.1.0.9", 64, 0, 10));
        lan.sent(right);
        lan.router.linkDown(lan.at(right));
        lan.arpReply(right, "10.1.0.9");
        assertThat(lan.sent(right)).singleElement().asString().contains("UDP");
        lan.receive(left, udp6("2001:db8::2", HOST));
        assertThat(lan.sent(right)).singleElement().asString().contains("neighbor solicitation");
    }

    @Test
    void sourcesOfOtherNetworksAreNotRemembered() {
        solicit(left, "2001:db8:77::2");
        solicit(left, "fe80::2");
        assertThat(lan.router.neighbors()).isOne();
    }

    @Test
    void advertisementWithoutOverrideDoesNotReplaceAnAddress() {
        resolve();
        advertise(right, HOST, OTHER_MAC, SOLICITED);
        assertThat(nextDestination()).isEqualTo(MemoryRouter.HOST_MAC);
        // RFC 4861, section 7.2.5: it was reachable, and is now to be asked.
        lan.passMillis(6_000);
        assertThat(lan.sent(right)).singleElement().asString().contains("neighbor solicitation");
        advertise(right, HOST, OTHER_MAC, SOLICITED);
        assertThat(nextDestination()).isEqualTo(MemoryRouter.HOST_MAC);
        advertise(right, HOST, OTHER_MAC, OVERRIDE);
        assertThat(nextDestination()).isEqualTo(OTHER_MAC);
    }

    @Test
    void answerWithoutAnAddressConfirmsTheOneThatIsKnownAndResolvesNone() {
        resolve();
        lan.passMillis(31_000);
        nextDestination();
        lan.passMillis(6_000);
        assertThat(lan.sent(right)).hasSize(1);
        advertise(right, HOST, 0, SOLICITED | OVERRIDE);
        lan.passMillis(2_000);
        assertThat(lan.sent(right)).isEmpty();
        lan.receive(left, udp6("2001:db8::2", "2001:db8:1::9"));
        lan.sent(right);
        advertise(right, "2001:db8:1::9", 0, SOLICITED | OVERRIDE);
        assertThat(lan.sent(right)).isEmpty();
    }

    @Test
    void neighborThatAsksHasItsFramesAndIsStale() {
        lan.receive(left, udp6("2001:db8::2", HOST));
        lan.sent(right);
        solicit(right, HOST);
        assertThat(lan.sent(right)).anyMatch(frame -> frame.contains("UDP"));
        lan.passMillis(6_000);
        assertThat(lan.sent(right)).singleElement().asString().contains("neighbor solicitation");
    }

    @Test
    void probeForAnAddressOfTheRouterIsAnsweredToAllAndOnlyIfItIsOne() throws Exception {
        lan.receive(left, solicitation("::", "2001:db8::1", "ff02::1:ff00:1", 0));
        assertThat(lan.sent(left))
                .singleElement()
                .asString()
                .contains("> ff02::1")
                .contains("neighbor advertisement");
        lan.receive(left, solicitation("::", "2001:db8::1", "ff02::1:ff00:1", OTHER_MAC));
        lan.receive(left, solicitation("::", "2001:db8::1", "2001:db8::1", 0));
        assertThat(lan.sent(left)).isEmpty();
    }

    @Test
    void framesThatWaitAreBoundedForEachPortAndTheOldestGoFirst() {
        for (int i = 0; i < 4_000; i++) {
            lan.receive(left, udp(left, "10.0.0.2", "10.1." + i / 250 + "." + (2 + i % 250), 64, 0, 1_400));
        }
        assertThat(lan.at(left).count(RouterCounter.UNRESOLVED)).isEqualTo(4_000 - 1_024);
        lan.sent(right);
        lan.arpReply(right, "10.1.15.251");
        assertThat(lan.sent(right)).singleElement().asString().contains("UDP");
        lan.arpReply(right, "10.1.0.2");
        assertThat(lan.sent(right)).isEmpty();
        // Another port has its own.
        lan.receive(right, udp(right, "10.1.0.2", "10.0.0.2", 64, 0, 1_400));
        lan.arpReply(left, "10.0.0.2");
        assertThat(lan.sent(left)).anyMatch(frame -> frame.contains("UDP"));
    }

    private void resolve() {
        lan.receive(left, udp6("2001:db8::2", HOST));
        lan.sent(right);
        advertise(right, HOST, MemoryRouter.HOST_MAC, SOLICITED | OVERRIDE);
        assertThat(lan.sent(right)).hasSize(1);
    }

    private long nextDestination() {
        lan.receive(left, udp6("2001:db8::2", HOST));
        ByteBuf frame = lan.take(right);
        long mac = EthernetHeader.destination(frame, 0);
        frame.release();
        return mac;
    }

    private void arpQuestion(int port, int address) {
        ByteBuf frame = MemoryRouter.ethernet(port, EthernetHeader.TYPE_ARP, ArpHeader.LENGTH);
        ArpHeader.write(frame, IP, ArpHeader.REQUEST, ATTACKER_MAC, address, 0, ipv4("10.0.0.1"));
        lan.receive(port, frame);
    }

    private void solicit(int port, String source) {
        String target = port == left ? "2001:db8::1" : "2001:db8:1::1";
        lan.receive(port, solicitation(source, target, target, MemoryRouter.HOST_MAC));
    }

    private void advertise(int port, String target, long mac, int flags) {
        String own = port == left ? "2001:db8::1" : "2001:db8:1::1";
        lan.receive(port, message(NeighborDiscovery.NEIGHBOR_ADVERTISEMENT, target, own, target, mac, flags));
    }

    private static ByteBuf solicitation(String source, String target, String destination, long mac) {
        return message(NeighborDiscovery.NEIGHBOR_SOLICITATION, source, destination, target, mac, 0);
    }

    private static ByteBuf message(int type, String source, String destination, String target, long mac, int flags) {
        int length = 24 + (mac == 0 ? 0 : NeighborOption.LINK_LAYER_ADDRESS_LENGTH);
        ByteBuf frame = ipv6(0, source, destination, Ipv6Header.NEXT_ICMPV6, NeighborDiscovery.HOP_LIMIT, length);
        EthernetHeader.destination(frame, 0, 0x3333_0000_0001L);
        int icmp = IP + Ipv6Header.LENGTH;
        Icmpv6Header.type(frame, icmp, type);
        NeighborDiscovery.flags(frame, icmp, flags);
        writeIpv6(frame, NeighborDiscovery.targetIndex(icmp), target);
        if (mac != 0) {
            int option = type == NeighborDiscovery.NEIGHBOR_ADVERTISEMENT
                    ? NeighborOption.TARGET_LINK_LAYER_ADDRESS
                    : NeighborOption.SOURCE_LINK_LAYER_ADDRESS;
            NeighborOption.writeLinkLayerAddress(frame, icmp + 24, option, mac);
        }
        Icmpv6Header.updateChecksum(frame, IP, icmp, length);
        return frame;
    }
}
