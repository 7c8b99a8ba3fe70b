/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Ports and routes that go again. */
class RoutesTest {

    private final List<EmbeddedChannel> channels = new ArrayList<>();
    private final Routes routes = new Routes();

    @AfterEach
    void close() {
        channels.forEach(EmbeddedChannel::close);
    }

    private RouterPort port(String network) {
        EmbeddedChannel channel = new EmbeddedChannel();
        channels.add(channel);
        Cidr own = Cidr.parse(network);
        RouterPort port = new RouterPort(
                channel, VnetHeader.NONE, Set.of(), channels.size(), 2, 1500, List.of(own), false, false);
        routes.check(own);
        routes.addNetwork(port, own);
        return port;
    }

    private Route find(String address) throws Exception {
        return routes.find((int) IpAddress.low(InetAddress.getByName(address)));
    }

    private void add(String destination, String gateway) throws Exception {
        routes.add(Cidr.parse(destination), InetAddress.getByName(gateway));
    }

    @Test
    void portTakesItsNetworkAndTheRoutesThroughItAlong() throws Exception {
        RouterPort one = port("10.0.0.1/24");
        RouterPort other = port("10.0.1.1/24");
        add("0.0.0.0/0", "10.0.0.254");
        add("172.16.0.0/12", "10.0.1.254");
        assertThat(routes.entries())
                .extracting(Routes.Entry::destination)
                .extracting(Cidr::toString)
                .containsExactly("10.0.0.1/24", "10.0.1.1/24", "0.0.0.0/0", "172.16.0.0/12");

        routes.remove(one);

        assertThat(find("10.0.0.9")).isNull();
        assertThat(find("10.0.0.1")).isNull();
        assertThat(find("192.0.2.1")).isNull();
        assertThat(find("172.16.0.1").port()).isSameAs(other);
        assertThat(find("10.0.1.9").port()).isSameAs(other);
        assertThat(find("127.0.0.1")).isEqualTo(Route.NEVER);
        assertThat(routes.isNotSource((int) IpAddress.low(InetAddress.getByName("10.0.0.1"))))
                .isFalse();
        assertThat(routes.isNotSource((int) IpAddress.low(InetAddress.getByName("10.0.1.1"))))
                .isTrue();
        assertThat(port("10.0.0.1/25")).isNotNull();
    }

    @Test
    void routeIsForgottenByItsPrefix() throws Exception {
        port("10.0.0.1/24");
        add("172.16.0.0/12", "10.0.0.254");
        add("172.16.0.0/12", "10.0.0.253");
        assertThat(routes.entries()).hasSize(2);
        routes.remove(Cidr.parse("172.16.0.0/12"));
        assertThat(find("172.16.0.1")).isNull();
        assertThatThrownBy(() -> routes.remove(Cidr.parse("172.16.0.0/12")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no such route: destination=172.16.0.0/12 (expected: the prefix of one that was added)");
    }
}
