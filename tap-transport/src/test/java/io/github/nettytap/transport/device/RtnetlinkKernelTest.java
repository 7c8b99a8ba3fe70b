/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.Links;
import io.github.nettytap.transport.netlink.Neighbor;
import io.github.nettytap.transport.netlink.NetlinkException;
import io.github.nettytap.transport.netlink.Route;
import io.github.nettytap.transport.netlink.Rtnetlink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.List;
import java.util.stream.Collectors;

/** Every rtnetlink operation, against what the ip command reports. */
@KernelTest
class RtnetlinkKernelTest {

    private Host host;
    private Rtnetlink rtnetlink;
    private Links links;

    @BeforeEach
    void makeHost() throws Exception {
        host = new Host();
        rtnetlink = host.rtnetlink();
        links = rtnetlink.links();
    }

    @AfterEach
    void endHost() {
        host.close();
    }

    @Test
    void linkIsRenamedWithAliasAndGroup() throws Exception {
        int ifindex = links.createBridge("old").index();
        links.rename(ifindex, "new");
        links.setAlias(ifindex, "the cellar");
        links.setGroup(ifindex, 7);
        assertThat(host.run("ip -d link show new")).contains("group 7", "alias the cellar");
        Link link = links.at(ifindex).orElseThrow();
        assertThat(link.name()).isEqualTo("new");
        assertThat(link.alias()).isEqualTo("the cellar");
        assertThat(link.group()).isEqualTo(7);
        links.setAlias(ifindex, "");
        assertThat(links.at(ifindex).orElseThrow().alias()).isEmpty();
    }

    @Test
    void tapBecomesAPortOfABridgeAndIsReleased() throws Exception {
        int bridge = links.createBridge("br0").index();
        try (TapDevice tap = host.tap("port").open()) {
            links.enslave(tap.ifindex(), bridge);
            assertThat(tap.link().master()).isEqualTo(bridge);
            assertThat(host.run("ip link show port")).contains("master br0");
            links.release(tap.ifindex());
            assertThat(tap.link().master()).isZero();
        }
    }

    @Test
    void vethPairIsMadeAndMacIsSet() throws Exception {
        MacAddress mac = MacAddress.parse("02:00:00:00:00:42");
        Link link = links.createVeth("left", "right");
        assertThat(link.kind()).isEqualTo("veth");
        assertThat(links.named("right")).isPresent();
        links.setMac(link.index(), mac);
        assertThat(host.link("left").mac()).contains(mac);
        links.delete(link.index());
        assertThat(links.named("right")).isEmpty();
    }

    @Test
    void linkIsMovedToTheNamespaceOfAProcess() throws Exception {
        try (Host other = new Host()) {
            Process process = other.namespace().call(() -> new ProcessBuilder("sleep", "30").start());
            try {
                links.moveToProcess(links.createVeth("wander", "stay").index(), (int) process.pid());
                assertThat(other.hasLink("wander")).isTrue();
                assertThat(host.hasLink("wander")).isFalse();
            } finally {
                process.destroy();
                process.waitFor();
            }
        }
    }

    @Test
    void ipv4MappedAddressesAndRoutesAreThoseThatTheKernelHas() throws Exception {
        Cidr mapped = Cidr.parse("::ffff:10.9.8.7/128");
        Cidr other = Cidr.parse("::ffff:10.9.8.8/128");
        try (TapDevice tap = host.tap("mapped").up(true).open()) {
            host.run("ip address add " + mapped + " dev mapped");
            host.run("ip -6 route add ::ffff:10.1.0.0/112 dev mapped");
            host.run("ip -6 neighbor add ::ffff:10.9.8.9 lladdr 02:00:00:00:00:09 dev mapped");
            tap.addAddress(other);
            assertThat(tap.addresses()).contains(mapped, other);
            assertThat(host.run("ip address show mapped")).contains("inet6 " + other);
            assertThat(rtnetlink.routes().list())
                    .anyMatch(route -> route.destination().equals(Cidr.parse("::ffff:10.1.0.0/112")));
            Neighbor neighbor = rtnetlink.neighbors().list(tap.ifindex()).stream()
                    .filter(Neighbor::isPermanent)
                    .findFirst()
                    .orElseThrow();
            rtnetlink.neighbors().remove(tap.ifindex(), neighbor.address());
            tap.removeAddress(mapped);
            assertThat(tap.addresses()).contains(other).doesNotContain(mapped);
        }
    }

    @Test
    void aThousandLinksAreListed() throws Exception {
        for (int i = 0; i < 500; i++) {
            links.createVeth("a" + i, "b" + i);
        }
        assertThat(links.list().stream()
                        .filter(link -> link.kind().equals("veth"))
                        .collect(Collectors.toList()))
                .hasSize(1000);
    }

    @Test
    void routesAreAddedListedAndRemoved() throws Exception {
        int ifindex = links.createVeth("r0", "r1").index();
        links.setUp(ifindex, true);
        links.setUp(host.link("r1").index(), true);
        rtnetlink.addresses().add(ifindex, Cidr.parse("10.0.0.1/24"));
        rtnetlink.addresses().add(ifindex, Cidr.parse("fd00::1/64"));
        Route direct = Route.direct(Cidr.parse("10.5.0.0/16"), ifindex);
        Route byDefault = Route.via(Cidr.parse("0.0.0.0/0"), InetAddress.getByName("10.0.0.254"), 0);
        Route v6 = Route.via(Cidr.parse("fd01::/32"), InetAddress.getByName("fd00::2"), ifindex)
                .withMetric(77);
        rtnetlink.routes().add(direct);
        rtnetlink.routes().add(byDefault);
        rtnetlink.routes().add(v6);
        assertThat(host.run("ip route"))
                .contains("10.5.0.0/16 dev r0 proto static scope link", "default via 10.0.0.254 dev r0 proto static");
        assertThat(host.run("ip -6 route")).contains("fd01::/32 via fd00::2 dev r0 proto static metric 77");
        assertThat(rtnetlink.routes().list())
                .contains(
                        direct,
                        v6,
                        Route.via(Cidr.parse("0.0.0.0/0"), InetAddress.getByName("10.0.0.254"), ifindex),
                        Route.direct(Cidr.parse("10.0.0.0/24"), ifindex));
        rtnetlink.routes().remove(direct);
        rtnetlink.routes().remove(byDefault);
        rtnetlink.routes().remove(v6);
        assertThat(host.run("ip route")).doesNotContain("10.5.0.0", "default");
        assertThat(host.run("ip -6 route")).doesNotContain("fd01::");
    }

    @Test
    void routeThroughAnUnreachableGatewayIsRefusedInTheKernelsWords() {
        assertThatThrownBy(() -> rtnetlink
                        .routes()
                        .add(Route.via(Cidr.parse("0.0.0.0/0"), InetAddress.getByName("10.0.0.254"), 0)))
                .isInstanceOf(NetlinkException.class)
                .hasMessage(
                        "add route: 0.0.0.0/0 via 10.0.0.254 dev 0: errno=ENETUNREACH, kernel says \"Nexthop has invalid"
                                + " gateway\"");
    }

    @Test
    void neighborsAreAddedListedAndRemoved() throws Exception {
        int ifindex = links.createBridge("br0").index();
        links.setUp(ifindex, true);
        InetAddress v4 = InetAddress.getByName("10.0.0.9");
        InetAddress v6 = InetAddress.getByName("fd00::9");
        MacAddress mac = MacAddress.parse("02:00:00:00:00:09");
        rtnetlink.neighbors().add(ifindex, v4, mac);
        rtnetlink.neighbors().add(ifindex, v6, mac);
        assertThat(host.run("ip neighbor"))
                .contains("10.0.0.9 dev br0 lladdr 02:00:00:00:00:09 PERMANENT")
                .contains("fd00::9 dev br0 lladdr 02:00:00:00:00:09 PERMANENT");
        assertThat(rtnetlink.neighbors().list(ifindex))
                .extracting(neighbor -> neighbor.address())
                .contains(v4, v6);
        rtnetlink.neighbors().remove(ifindex, v4);
        rtnetlink.neighbors().remove(ifindex, v6);
        assertThat(host.run("ip neighbor")).doesNotContain("02:00:00:00:00:09");
    }

    @Test
    void addressesAreWhatIpShows() throws Exception {
        int ifindex = links.createBridge("br0").index();
        rtnetlink.addresses().add(ifindex, Cidr.parse("10.1.2.3/20"));
        rtnetlink.addresses().add(ifindex, Cidr.parse("fd00::5/48"));
        assertThat(host.run("ip address show br0"))
                .contains("inet 10.1.2.3/20 brd 10.1.15.255 scope global br0", "inet6 fd00::5/48 scope global");
        assertThat(rtnetlink.addresses().list(ifindex))
                .isEqualTo(List.of(Cidr.parse("10.1.2.3/20"), Cidr.parse("fd00::5/48")));
    }

    @Test
    void theKernelsOwnDropsAreCounted() throws Exception {
        try (TapDevice tap = host.tap("full")
                .transmitQueueLength(5)
                .address(Cidr.parse("10.0.0.1/24"))
                .open()) {
            host.withoutIpv6("full");
            tap.up();
            rtnetlink
                    .neighbors()
                    .add(tap.ifindex(), InetAddress.getByName("10.0.0.2"), MacAddress.parse("02:00:00:00:00:02"));
            host.namespace().run(() -> {
                try (DatagramSocket socket = new DatagramSocket()) {
                    for (int i = 0; i < 100; i++) {
                        socket.send(new DatagramPacket(new byte[32], 32, InetAddress.getByName("10.0.0.2"), 9));
                    }
                }
            });
            assertThat(tap.statistics().transmitDrops()).isGreaterThan(50);
            assertThat(host.run("ip -s link show full"))
                    .contains(" " + tap.statistics().transmitDrops() + " ");
        }
    }

    @Test
    void refusalCarriesTheKernelsWords() throws Exception {
        int ifindex = links.createBridge("br0").index();
        assertThatThrownBy(() -> links.setMtu(ifindex, 100_000))
                .isInstanceOf(NetlinkException.class)
                .hasMessage("set MTU: ifindex=" + ifindex
                        + ", mtu=100000: errno=EINVAL, kernel says \"mtu greater than device maximum\"");
    }

    @Test
    void closedClientSaysSo() throws Exception {
        Rtnetlink closed = host.namespace().call(Rtnetlink::open);
        closed.close();
        closed.close();
        assertThatThrownBy(() -> closed.links().list()).hasMessage("list links: errno=EBADF");
    }
}
