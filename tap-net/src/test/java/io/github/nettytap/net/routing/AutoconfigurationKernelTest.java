/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.NetworkExtension;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapOffload;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.util.List;
import java.util.concurrent.TimeUnit;

/** A host that is given nothing: it takes its address and its way out from the router's advertisements. */
@KernelTest
class AutoconfigurationKernelTest {

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    private static final long WAIT_SECONDS = 60;

    private TapRouter router;
    private Host host;

    @BeforeEach
    void join() throws Exception {
        router = new TapRouter(TapEventLoopGroup.builder().threads(1).build(), VnetHeader.V1, (port, cause) -> {});
        host = network.closing(
                Host.create("host", tap -> tap.offloads(TapOffload.ALL).vnetHeader(true)));
        host.set("net/ipv6/conf/host/accept_ra", "1");
        router.add(
                host.device(),
                new PortSettings(
                        List.of(Cidr.parse("2001:db8:0::1/64"), Cidr.parse("2001:db8:1::1/48")), true, false, null));
    }

    @AfterEach
    void part() {
        router.close();
    }

    @Test
    void hostConfiguresItselfAndReachesTheRouter() throws Exception {
        assertThat(await("address", "show", "dev", "host", "scope", "global", "-tentative"))
                .contains("inet6 2001:db8::", "dynamic")
                // An identifier of 64 bits does not fit behind a prefix of 48.
                .doesNotContain("2001:db8:1:");
        assertThat(await("route", "show", "default")).contains("default via fe80::", "dev host proto ra");
        assertThat(host.ping(2, "2001:db8:1::1")).contains(" 0% packet loss");
    }

    @Test
    void routerThatEndsTakesItsDefaultRouteBack() throws Exception {
        await("route", "show", "default");
        // Another process holds the TAP, so that it outlives the router's channel.
        host.device().setPersistent(true);
        router.close();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (host.execute("ip", "-6", "route", "show", "default").contains("via fe80::")) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    /** The output of {@code ip -6} as soon as it has any. */
    private String await(String... arguments) throws Exception {
        String[] command = new String[arguments.length + 2];
        command[0] = "ip";
        command[1] = "-6";
        System.arraycopy(arguments, 0, command, 2, arguments.length);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (true) {
            String text = host.execute(command);
            if (!text.isBlank() || System.nanoTime() > deadline) {
                return text;
            }
            Thread.sleep(50);
        }
    }
}
