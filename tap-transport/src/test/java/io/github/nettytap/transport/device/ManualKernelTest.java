/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.Route;
import io.github.nettytap.transport.netlink.Rtnetlink;
import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.stream.Collectors;

/** The examples in the documentation of the package, as they stand there. */
@KernelTest
class ManualKernelTest {

    @Test
    void twoQueuesAllOffloadsInANamespace() throws Exception {
        try (NetworkNamespace blue = NetworkNamespace.create();
                TapDevice tap = TapDevice.builder("tap0")
                        .namespace(blue)
                        .queues(2)
                        .offloads(TapOffload.ALL)
                        .mac(MacAddress.parse("02:00:00:00:00:01"))
                        .mtu(9000)
                        .address(Cidr.parse("10.0.0.1/24"))
                        .address(Cidr.parse("fd00::1/64"))
                        .up(true)
                        .open();
                Rtnetlink rtnetlink = tap.openRtnetlink()) {
            rtnetlink
                    .routes()
                    .add(Route.via(Cidr.parse("0.0.0.0/0"), InetAddress.getByName("10.0.0.254"), tap.ifindex()));
            try (ServerSocket server = blue.call(() -> new ServerSocket(80))) {
                assertThat(server.isBound()).isTrue();
            }
            assertThat(tap.queues()).hasSize(2);
            assertThat(tap.addresses()).contains(Cidr.parse("10.0.0.1/24"), Cidr.parse("fd00::1/64"));
            assertThat(rtnetlink.routes().list())
                    .anyMatch(route -> route.gateway().isPresent());
        }
    }

    @Test
    void namespaceOfATaskIsThatOfItsThreadOnly() throws Exception {
        try (NetworkNamespace blue = NetworkNamespace.create();
                TapDevice tap = TapDevice.builder("only-here").namespace(blue).open()) {
            assertThat(blue.call(ManualKernelTest::links)).contains("only-here");
            assertThat(links()).doesNotContain("only-here");
            assertThat(tap.isOpen()).isTrue();
        }
    }

    /** What this thread sees. */
    private static List<String> links() throws Exception {
        try (Rtnetlink rtnetlink = Rtnetlink.open()) {
            return rtnetlink.links().list().stream().map(Link::name).collect(Collectors.toList());
        }
    }
}
