/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.HashedTransfer;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.NetworkExtension;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapOffload;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Two hosts behind the router's one address, and an outside that knows no way to them. */
@KernelTest
@ParameterizedClass(name = "offloads {0}")
@ValueSource(booleans = {true, false})
class SourceNatKernelTest {

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    private static final InetSocketAddress SERVER = new InetSocketAddress("192.0.2.2", 7000);

    private final Set<TapOffload> offloads;
    private TapRouter router;
    private Host one;
    private Host two;
    private Host outside;

    SourceNatKernelTest(boolean offloads) {
        this.offloads = offloads ? TapOffload.ALL : TapOffload.NONE;
    }

    @BeforeEach
    void join() throws Exception {
        router = new TapRouter(TapEventLoopGroup.builder().threads(1).build(), VnetHeader.V1, (port, cause) -> {});
        one = inside("one", "10.88.0");
        two = inside("two", "10.88.1");
        outside = network.closing(
                Host.create("outside", tap -> tap.mtu(1300).offloads(offloads).vnetHeader(true), "192.0.2.2/24"));
        router.add(outside.device(), new PortSettings(List.of(Cidr.parse("192.0.2.1/24")), false, true, null));
    }

    private Host inside(String tap, String prefix) throws Exception {
        Host host = network.closing(
                Host.create(tap, builder -> builder.offloads(offloads).vnetHeader(true), prefix + ".2/24"));
        router.add(host.device(), PortSettings.of(List.of(Cidr.parse(prefix + ".1/24"))));
        host.execute("ip", "route", "add", "default", "via", prefix + ".1");
        return host;
    }

    @AfterEach
    void part() {
        router.close();
    }

    @Test
    void pingsAreAnswered() throws Exception {
        for (Host host : List.of(one, two)) {
            assertThat(host.ping(3, "192.0.2.2")).contains(" 0% packet loss").contains("ttl=63");
        }
    }

    @Test
    void fragmentsPassBothWays() throws Exception {
        assertThat(one.ping(3, "192.0.2.2", "-s", "4000", "-M", "dont")).contains(" 0% packet loss");
    }

    @Test
    void errorsFromInsideReachTheHostOutside() throws Exception {
        // The host inside stops listening: what it then says, quotes an address that the host outside never heard of.
        try (DatagramChannel server = outside.call(DatagramChannel::open)) {
            server.bind(SERVER);
            try (DatagramChannel client = one.call(DatagramChannel::open)) {
                client.send(ByteBuffer.allocate(1), SERVER);
                server.connect(server.receive(ByteBuffer.allocate(1)));
            }
            server.write(ByteBuffer.allocate(1));
            server.socket().setSoTimeout(30_000);
            assertThatThrownBy(() -> server.read(ByteBuffer.allocate(1))).isInstanceOf(PortUnreachableException.class);
        }
    }

    @Test
    void tcpDeliversTheSameBytesOverASmallerMtuOutside() throws Exception {
        HashedTransfer.assertSameBytes(one::call, outside::call, InetAddress.getByName("192.0.2.2"), 64);
        HashedTransfer.assertSameBytes(two::call, outside::call, InetAddress.getByName("192.0.2.2"), 64);
        assertThat(router.ports().get(2).count(RouterCounter.MALFORMED)).isZero();
    }

    @Test
    void aThousandConnectionsAtATimeAreKeptApart() throws Exception {
        List<SocketChannel> channels = new ArrayList<>();
        Set<InetSocketAddress> peers = new HashSet<>();
        try (ServerSocketChannel server = outside.call(ServerSocketChannel::open)) {
            server.bind(SERVER, 64);
            for (int i = 0; i < 1_000; i++) {
                SocketChannel client = (i % 2 == 0 ? one : two).call(SocketChannel::open);
                channels.add(client);
                client.socket().connect(SERVER, 60_000);
                SocketChannel accepted = server.accept();
                channels.add(accepted);
                peers.add((InetSocketAddress) accepted.getRemoteAddress());
            }
            // All are open now; each gets its own number back.
            for (int i = 0; i < channels.size(); i += 2) {
                channels.get(i).write(ByteBuffer.allocate(4).putInt(0, i));
            }
            for (int i = 0; i < channels.size(); i += 2) {
                ByteBuffer number = ByteBuffer.allocate(4);
                channels.get(i + 1).read(number);
                assertThat(number.getInt(0)).isEqualTo(i);
            }
        } finally {
            for (SocketChannel channel : channels) {
                channel.close();
            }
        }
        assertThat(peers).hasSize(1_000).allMatch(peer -> peer.getAddress()
                .equals(new InetSocketAddress("192.0.2.1", 0).getAddress()));
    }

    @Test
    void sameUdpPortOfTwoHostsIsToldApart() throws Exception {
        try (DatagramChannel server = outside.call(DatagramChannel::open);
                DatagramChannel ofOne = one.call(DatagramChannel::open);
                DatagramChannel ofTwo = two.call(DatagramChannel::open)) {
            server.bind(SERVER);
            ofOne.bind(new InetSocketAddress(5000));
            ofTwo.bind(new InetSocketAddress(5000));
            ofOne.socket().setSoTimeout(30_000);
            ofTwo.socket().setSoTimeout(30_000);
            for (DatagramChannel client : List.of(ofOne, ofTwo, ofOne)) {
                ByteBuffer message = ByteBuffer.allocate(4).putInt(0, client == ofOne ? 1 : 2);
                client.send(message, SERVER);
                ByteBuffer received = ByteBuffer.allocate(4);
                InetSocketAddress peer = (InetSocketAddress) server.receive(received);
                assertThat(peer.getAddress()).isEqualTo(InetAddress.getByName("192.0.2.1"));
                server.send(received.flip(), peer);
                ByteBuffer echoed = ByteBuffer.allocate(4);
                client.receive(echoed);
                assertThat(echoed.getInt(0)).isEqualTo(client == ofOne ? 1 : 2);
            }
        }
    }

    @Test
    void errorsFromOutsideReachTheHostInside() throws Exception {
        // Nobody listens: the outside host says so, quoting the translated packet.
        try (DatagramChannel client = one.call(DatagramChannel::open)) {
            client.connect(SERVER);
            client.write(ByteBuffer.allocate(1));
            client.socket().setSoTimeout(30_000);
            assertThatThrownBy(() -> client.read(ByteBuffer.allocate(1))).isInstanceOf(PortUnreachableException.class);
        }
    }
}
