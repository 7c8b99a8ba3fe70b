/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** The router seen by arping, rdisc6 and ndisc6, through a restart, and behind a bridge that snoops. */
@KernelTest
class RouterClientsKernelTest {

    private static final long WAIT_SECONDS = 60;
    private static final String MAC = "02:00:00:00:88:10";

    private TapRouter router;
    private Host host;

    @BeforeEach
    void join() throws Exception {
        host = Host.create("host", tap -> tap.vnetHeader(true), "10.88.0.2/24", "2001:db8::2/64");
        router = router(host.device());
    }

    private static TapRouter router(TapDevice device) throws Exception {
        TapRouter router =
                new TapRouter(TapEventLoopGroup.builder().threads(1).build(), VnetHeader.V1, (port, cause) -> {});
        PortSettings settings =
                new PortSettings(List.of(Cidr.parse("10.88.0.1/24"), Cidr.parse("2001:db8::1/64")), true, false, null);
        router.add(device, settings.withMac(MacAddress.parse(MAC)));
        return router;
    }

    @AfterEach
    void part() {
        router.close();
        host.close();
    }

    private String await(Predicate<String> isDone, String... command) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        String output = host.execute(command);
        while (!isDone.test(output)) {
            assertThat(System.nanoTime()).as(output).isLessThan(deadline);
            Thread.sleep(50);
            output = host.execute(command);
        }
        return output;
    }

    @Test
    void arpingIsAnsweredAndItsProbeFindsTheAddressTaken() throws Exception {
        assertThat(host.execute("arping", "-c", "2", "-w", "60", "-I", "host", "10.88.0.1"))
                .contains("Unicast reply from 10.88.0.1 [" + MAC + "]");
        Process probe = host.start("arping", "-D", "-c", "1", "-w", "60", "-I", "host", "10.88.0.1");
        assertThat(new String(probe.getInputStream().readAllBytes())).contains("Received 1 response");
        assertThat(probe.waitFor()).isOne();
    }

    @Test
    void routerDiscoverySaysTheMtuOfTheLinkAlsoWhenItChanges() throws Exception {
        assertThat(host.execute("rdisc6", "-1", "-w", "60000", "host"))
                .contains("Prefix                   : 2001:db8::/64")
                .contains("MTU                      :         1500")
                .containsIgnoringCase("Source link-layer address: " + MAC);
        host.execute("ip", "link", "set", "host", "mtu", "1400");
        assertThat(await(output -> output.contains("1400"), "rdisc6", "-1", "-w", "60000", "host"))
                .contains("MTU                      :         1400");
        assertThat(router.ports().get(0).mtu()).isEqualTo(1400);
    }

    @Test
    void neighborDiscoveryFindsTheRouterAndItsAnycastAddress() throws Exception {
        // The own address is tentative in the beginning, and nobody asks from it.
        await(output -> !output.contains("tentative"), "ip", "-6", "address", "show", "dev", "host");
        for (String address : new String[] {"2001:db8::1", "2001:db8::"}) {
            assertThat(host.execute("ndisc6", "-1", "-w", "60000", address, "host"))
                    .containsIgnoringCase(MAC);
        }
        assertThat(host.ping(2, "2001:db8::1")).contains(" 0% packet loss");
    }

    @Test
    void restartOnAPersistentTapIsNoticedByNobody() throws Exception {
        await(output -> !output.contains("tentative"), "ip", "-6", "address", "show", "dev", "host");
        host.ping(1, "10.88.0.1");
        host.ping(1, "2001:db8::1");
        host.device().setPersistent(true);
        router.close();
        TapDevice again = host.open(host.tap("host").vnetHeader(true));
        try {
            router = router(again);
            assertThat(host.ping(3, "10.88.0.1")).contains(" 0% packet loss");
            assertThat(host.ping(3, "2001:db8::1")).contains(" 0% packet loss");
        } finally {
            again.setPersistent(false);
        }
    }

    /** A bridge with a querier passes on a group to those only who have said that they listen to it. */
    @Test
    void routerBehindASnoopingBridgeWithAQuerierIsFound() throws Exception {
        host.execute("ip", "address", "flush", "dev", "host");
        host.execute(
                "ip",
                "link",
                "add",
                "br0",
                "type",
                "bridge",
                "mcast_snooping",
                "1",
                "mcast_querier",
                "1",
                "mcast_query_response_interval",
                "50",
                "mcast_startup_query_interval",
                "50");
        host.execute("ip", "link", "set", "host", "master", "br0");
        host.execute("ip", "address", "add", "2001:db8::2/64", "dev", "br0", "nodad");
        host.execute("ip", "link", "set", "br0", "up");
        assertThat(await(output -> output.contains("ff02::1:ff00:1"), "bridge", "mdb", "show"))
                .contains("port host grp ff02::1:ff00:1");
        host.execute("ip", "-6", "neighbor", "flush", "dev", "br0");
        assertThat(await(
                        output -> output.contains(" 0% packet loss"),
                        "sh",
                        "-c",
                        "ping -n -c 2 -i 0.2 -W 2 2001:db8::1 || true"))
                .contains(" 0% packet loss");
    }
}
