/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.NetworkExtension;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/** A host that floods, with the kernel's own stack, beside one that does not. */
@KernelTest
class RouterAttackKernelTest {

    /** Ten each millisecond: 10,000 a second, as far as the machine goes along. */
    private static final int A_MILLISECOND = 10;

    private static final int LEAST = 12_000;

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    private final AtomicLong sent = new AtomicLong();
    private TapRouter router;
    private Host evil;
    private Host honest;
    private Host peer;
    private Host outside;
    private volatile boolean ended;
    private Thread flood;

    @BeforeEach
    void join() throws Exception {
        router = new TapRouter(TapEventLoopGroup.builder().threads(1).build(), VnetHeader.V1, (port, cause) -> {});
        evil = inside("evil", "10.88");
        honest = inside("honest", "10.89");
        peer = inside("peer", "10.90");
        outside = network.closing(Host.create("outside", tap -> tap.vnetHeader(true), "192.0.2.2/24"));
        router.add(outside.device(), new PortSettings(List.of(Cidr.parse("192.0.2.1/24")), false, true, null));
    }

    private Host inside(String tap, String prefix) throws Exception {
        Host host = network.closing(Host.create(tap, builder -> builder.vnetHeader(true), prefix + ".0.2/16"));
        router.add(host.device(), PortSettings.of(List.of(Cidr.parse(prefix + ".0.1/16"))));
        host.execute("ip", "route", "add", "default", "via", prefix + ".0.1");
        return host;
    }

    @AfterEach
    void part() throws Exception {
        ended = true;
        if (flood != null) {
            flood.join();
        }
        router.close();
    }

    /** Sends datagrams to wherever it is told, until the end; waits until a few tables could be full. */
    private void flood(Function<Random, InetSocketAddress> targets) throws Exception {
        DatagramChannel channel = evil.call(DatagramChannel::open);
        flood = new Thread(() -> {
            Random random = new Random(1);
            try (channel) {
                while (!ended) {
                    for (int i = 0; i < A_MILLISECOND; i++) {
                        channel.send(ByteBuffer.allocate(1), targets.apply(random));
                        sent.incrementAndGet();
                    }
                    LockSupport.parkNanos(1_000_000);
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        flood.start();
        while (sent.get() < LEAST) {
            Thread.sleep(20);
        }
    }

    private void assertPinged(Host from, String address) throws Exception {
        assertThat(from.ping(3, address)).contains(" 0% packet loss");
    }

    @Test
    void scanOfANetworkLeavesItsHostsAndNewOnesReachable() throws Exception {
        for (int i = 1; i <= 5; i++) {
            peer.execute("ip", "address", "add", "10.90.7." + i + "/16", "dev", "peer");
        }
        assertPinged(honest, "10.90.0.2");
        flood(random -> new InetSocketAddress("10.90." + (128 + random.nextInt(127)) + "." + random.nextInt(256), 9));
        assertPinged(honest, "10.90.0.2");
        for (int i = 1; i <= 5; i++) {
            // Nobody has asked for these before; the first packet of each waits for an answer.
            assertPinged(honest, "10.90.7." + i);
        }
        assertThat(router.ports().get(1).count(RouterCounter.UNRESOLVED)).isZero();
    }

    @Test
    void hostThatFillsNatLeavesOthersTheirConnectionsAndNewOnes() throws Exception {
        InetSocketAddress server = new InetSocketAddress("192.0.2.2", 7000);
        try (ServerSocketChannel listening = outside.call(ServerSocketChannel::open)) {
            listening.bind(server, 64);
            try (SocketChannel before = connect(server);
                    SocketChannel acceptedBefore = listening.accept()) {
                flood(random -> new InetSocketAddress("192.0.2.2", 1 + random.nextInt(65_535)));
                for (int i = 0; i < 20; i++) {
                    try (SocketChannel client = connect(server);
                            SocketChannel accepted = listening.accept()) {
                        assertThat(echo(client, accepted)).isEqualTo(42);
                    }
                }
                assertThat(echo(before, acceptedBefore)).isEqualTo(42);
                assertPinged(honest, "192.0.2.2");
            }
        }
        assertThat(router.ports().get(1).count(RouterCounter.NOT_TRANSLATABLE)).isZero();
    }

    private SocketChannel connect(InetSocketAddress server) throws Exception {
        SocketChannel client = honest.call(SocketChannel::open);
        client.socket().connect(server, 60_000);
        return client;
    }

    private static int echo(SocketChannel from, SocketChannel to) throws IOException {
        from.write(ByteBuffer.wrap(new byte[] {42}));
        ByteBuffer received = ByteBuffer.allocate(1);
        to.read(received);
        return received.get(0);
    }
}
