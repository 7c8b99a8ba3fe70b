/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.net.switching.TapSwitch;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.HashedTransfer;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.NetworkExtension;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapOffload;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetAddress;
import java.util.List;
import java.util.Set;

/**
 * A small-MTU hop that neither end knows of: the link between the router and a second router, which is a kernel.
 *
 * <pre>
 *   left ── 1500 ── [router] ── 1300 ── kernel ── 1500 ── [switch] ── 1500 ── right
 * </pre>
 */
@KernelTest
class PathMtuKernelTest {

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    private static final int SMALL = 1300;

    private TapRouter router;
    private TapSwitch link;
    private Host left;
    private Host middle;
    private Host right;

    @BeforeEach
    void makeEventLoops() {
        router = new TapRouter(TapEventLoopGroup.builder().threads(1).build(), VnetHeader.V1, (port, cause) -> {});
        link = new TapSwitch(
                TapEventLoopGroup.builder().threads(1).build(), SwitchSettings.DEFAULT, (channel, cause) -> {});
    }

    private void join(Set<TapOffload> offloads) throws Exception {
        left = network.closing(Host.create(
                "left", tap -> tap.offloads(offloads).vnetHeader(true), "10.88.0.2/24", "2001:db8:0::2/64"));
        middle = network.closing(Host.create(
                "middle",
                tap -> tap.mtu(SMALL).offloads(offloads).vnetHeader(true),
                "10.88.1.2/24",
                "2001:db8:1::2/64"));
        right = network.closing(Host.create(
                "right", tap -> tap.offloads(offloads).vnetHeader(true), "10.88.2.2/24", "2001:db8:2::2/64"));
        router.add(left.device(), PortSettings.of(List.of(Cidr.parse("10.88.0.1/24"), Cidr.parse("2001:db8:0::1/64"))));
        router.add(
                middle.device(), PortSettings.of(List.of(Cidr.parse("10.88.1.1/24"), Cidr.parse("2001:db8:1::1/64"))));
        link.add(middle.open(
                middle.tap("far").mtu(1500).offloads(offloads).vnetHeader(true), "10.88.2.1/24", "2001:db8:2::1/64"));
        link.add(right.device());
        router.addRoute(Cidr.parse("10.88.2.0/24"), InetAddress.getByName("10.88.1.2"));
        router.addRoute(Cidr.parse("2001:db8:2::/64"), InetAddress.getByName("2001:db8:1::2"));
        left.execute("ip", "route", "add", "default", "via", "10.88.0.1");
        left.execute("ip", "route", "add", "default", "via", "2001:db8:0::1");
        right.execute("ip", "route", "add", "default", "via", "10.88.2.1");
        right.execute("ip", "route", "add", "default", "via", "2001:db8:2::1");
        middle.set("net/ipv4/ip_forward", "1");
        middle.set("net/ipv6/conf/all/forwarding", "1");
        middle.execute("ip", "route", "add", "10.88.0.0/24", "via", "10.88.1.1");
        middle.execute("ip", "route", "add", "2001:db8:0::/64", "via", "2001:db8:1::1");
    }

    @AfterEach
    void part() {
        router.close();
        link.close();
    }

    @ParameterizedTest(name = "offloads {0}")
    @ValueSource(booleans = {true, false})
    void tcpFindsThePathMtu(boolean offloads) throws Exception {
        join(offloads ? TapOffload.ALL : TapOffload.NONE);
        HashedTransfer.assertSameBytes(left::call, right::call, InetAddress.getByName("10.88.2.2"), 64);
        assertThat(left.execute("ip", "route", "get", "10.88.2.2")).contains("mtu " + SMALL);
        RouterPort port = router.ports().get(0);
        long ofIpv4 = port.count(RouterCounter.TOO_BIG);
        assertThat(ofIpv4).isPositive();
        HashedTransfer.assertSameBytes(left::call, right::call, InetAddress.getByName("2001:db8:2::2"), 64);
        assertThat(left.execute("ip", "-6", "route", "get", "2001:db8:2::2")).contains("mtu " + SMALL);
        assertThat(port.count(RouterCounter.TOO_BIG)).isGreaterThan(ofIpv4);
        HashedTransfer.assertSameBytes(right::call, left::call, InetAddress.getByName("10.88.0.2"), 64);
    }

    @ParameterizedTest(name = "offloads {0}")
    @ValueSource(booleans = {true, false})
    void packetsThatMayBeFragmentedAreFragmented(boolean offloads) throws Exception {
        join(offloads ? TapOffload.ALL : TapOffload.NONE);
        assertThat(left.ping(3, "10.88.2.2", "-s", "1472", "-M", "dont")).contains(" 0% packet loss");
        // These leave the host in fragments already, which do not fit the small link either.
        assertThat(left.ping(3, "10.88.2.2", "-s", "9000", "-M", "dont")).contains(" 0% packet loss");
        assertThat(router.ports().get(0).count(RouterCounter.FRAGMENTED)).isPositive();
        assertThat(router.ports().get(0).count(RouterCounter.TOO_BIG)).isZero();
    }
}
