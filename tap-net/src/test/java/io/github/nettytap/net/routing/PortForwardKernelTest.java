/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.nat.PortForward;
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

import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.List;
import java.util.Set;

/** A server inside that is reached by a port of the router: from outside, from its neighbors inside, and by itself. */
@KernelTest
@ParameterizedClass(name = "offloads {0}")
@ValueSource(booleans = {true, false})
class PortForwardKernelTest {

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    private static final InetSocketAddress TCP_INSIDE = new InetSocketAddress("10.88.0.2", 22);
    private static final InetSocketAddress TCP_OUTSIDE = new InetSocketAddress("192.0.2.1", 2222);
    private static final InetSocketAddress UDP_INSIDE = new InetSocketAddress("10.88.0.2", 53);
    private static final InetSocketAddress UDP_OUTSIDE = new InetSocketAddress("192.0.2.1", 5000);

    private final Set<TapOffload> offloads;
    private TapRouter router;
    private Host server;
    private Host neighbor;
    private Host outside;

    PortForwardKernelTest(boolean offloads) {
        this.offloads = offloads ? TapOffload.ALL : TapOffload.NONE;
    }

    @BeforeEach
    void join() throws Exception {
        router = new TapRouter(TapEventLoopGroup.builder().threads(1).build(), VnetHeader.V1, (port, cause) -> {});
        server = inside("server", "10.88.0");
        neighbor = inside("neighbor", "10.88.1");
        outside = host("outside", "192.0.2.2/24");
        router.add(
                outside.device(),
                new PortSettings(List.of(Cidr.parse("192.0.2.1/24")), false, true, null)
                        .withForwards(List.of(
                                PortForward.parse("tcp:2222->10.88.0.2:22"),
                                PortForward.parse("udp:192.0.2.1:5000->10.88.0.2:53"))));
    }

    private Host host(String tap, String address) throws Exception {
        return network.closing(
                Host.create(tap, builder -> builder.offloads(offloads).vnetHeader(true), address));
    }

    private Host inside(String tap, String prefix) throws Exception {
        Host host = host(tap, prefix + ".2/24");
        router.add(host.device(), PortSettings.of(List.of(Cidr.parse(prefix + ".1/24"))));
        host.execute("ip", "route", "add", "default", "via", prefix + ".1");
        return host;
    }

    @AfterEach
    void part() {
        router.close();
        // A frame that fails is sent again by its sender, and so is not missed.
        assertThat(router.ports()).allMatch(port -> port.count(RouterCounter.FAILED) == 0);
    }

    @Test
    void tcpFromOutsideFromInsideAndFromTheServerItselfDeliversTheSameBytes() throws Exception {
        for (Host client : List.of(outside, neighbor, server)) {
            HashedTransfer.assertSameBytes(client::call, server::call, TCP_INSIDE, TCP_OUTSIDE, 32);
        }
        assertThat(router.forwardedPorts().get(0).accepted()).isEqualTo(3);
    }

    @Test
    void udpIsAnsweredFromThePortThatWasAsked() throws Exception {
        try (DatagramChannel listening = server.call(DatagramChannel::open)) {
            listening.bind(UDP_INSIDE);
            for (Host client : List.of(outside, neighbor, server)) {
                try (DatagramChannel asking = client.call(DatagramChannel::open)) {
                    // What comes from elsewhere is not heard.
                    asking.connect(UDP_OUTSIDE);
                    asking.socket().setSoTimeout(30_000);
                    asking.write(ByteBuffer.allocate(4).putInt(0, 42));
                    ByteBuffer question = ByteBuffer.allocate(8);
                    InetSocketAddress peer = (InetSocketAddress) listening.receive(question);
                    listening.send(question.flip(), peer);
                    byte[] answer = new byte[8];
                    DatagramPacket packet = new DatagramPacket(answer, answer.length);
                    asking.socket().receive(packet);
                    assertThat(ByteBuffer.wrap(answer).getInt()).isEqualTo(42);
                }
            }
        }
    }

    /** RFC 5508, REQ-7: by the address outside, errors find back too. */
    @Test
    void nobodyListeningIsReportedToWhoAsked() throws Exception {
        for (Host client : List.of(outside, neighbor)) {
            try (DatagramChannel asking = client.call(DatagramChannel::open)) {
                asking.connect(UDP_OUTSIDE);
                asking.socket().setSoTimeout(30_000);
                asking.write(ByteBuffer.allocate(1));
                DatagramPacket packet = new DatagramPacket(new byte[8], 8);
                assertThatThrownBy(() -> asking.socket().receive(packet)).isInstanceOf(PortUnreachableException.class);
            }
        }
    }

    @Test
    void addressOutsideAnswersPingsFromInsideAndOutside() throws Exception {
        for (Host client : List.of(outside, neighbor, server)) {
            assertThat(client.ping(3, "192.0.2.1")).contains(" 0% packet loss");
        }
    }
}
