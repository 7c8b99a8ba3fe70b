/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.fault.FaultHandler;
import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.HashedTransfer;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.NetworkExtension;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.Channel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.InetAddress;
import java.util.List;
import java.util.Set;

/** The router between kernels: two hosts on two networks, on each kind of event loop, with and without offloads. */
@KernelTest
@ParameterizedClass(name = "{0}, offloads left {1}, right {2}")
@CsvSource({"EPOLL, true, true", "EPOLL, false, false", "EPOLL, true, false", "IO_URING, true, true"})
class TapRouterKernelTest {

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    private static final int CHUNKS = 256;
    private static final int FAULTY_CHUNKS = 96;
    private static final String LEFT_6 = "2001:db8:0::2";
    private static final String RIGHT_6 = "2001:db8:1::2";

    private final TapIoType io;
    private final Set<TapOffload> leftOffloads;
    private final Set<TapOffload> rightOffloads;
    private TapRouter router;
    private Host left;
    private Host right;

    TapRouterKernelTest(TapIoType io, boolean left, boolean right) {
        this.io = io;
        leftOffloads = left ? TapOffload.ALL : TapOffload.NONE;
        rightOffloads = right ? TapOffload.ALL : TapOffload.NONE;
    }

    @BeforeEach
    void join() throws Exception {
        boolean header = !leftOffloads.isEmpty() || !rightOffloads.isEmpty();
        router = new TapRouter(
                TapEventLoopGroup.builder().threads(1).io(io).build(),
                header ? VnetHeader.V1 : VnetHeader.NONE,
                (port, cause) -> {});
        left = network.closing(Host.create(
                "left", tap -> tap.offloads(leftOffloads).vnetHeader(header), "10.88.0.2/24", LEFT_6 + "/64"));
        right = network.closing(Host.create(
                "right", tap -> tap.offloads(rightOffloads).vnetHeader(header), "10.88.1.2/24", RIGHT_6 + "/64"));
        router.add(left.device(), PortSettings.of(List.of(Cidr.parse("10.88.0.1/24"), Cidr.parse("2001:db8:0::1/64"))));
        router.add(
                right.device(), PortSettings.of(List.of(Cidr.parse("10.88.1.1/24"), Cidr.parse("2001:db8:1::1/64"))));
        left.execute("ip", "route", "add", "default", "via", "10.88.0.1");
        left.execute("ip", "route", "add", "default", "via", "2001:db8:0::1");
        right.execute("ip", "route", "add", "default", "via", "10.88.1.1");
        right.execute("ip", "route", "add", "default", "via", "2001:db8:1::1");
    }

    @AfterEach
    void part() {
        router.close();
    }

    @Test
    void hostsPingEachOtherAndTheRouter() throws Exception {
        assertPing(left, "10.88.1.2", "ttl=63");
        assertPing(left, RIGHT_6, "ttl=63");
        assertPing(right, "10.88.0.2", "ttl=63");
        assertPing(right, LEFT_6, "ttl=63");
        assertPing(left, "10.88.0.1", "ttl=64");
        assertPing(left, "10.88.1.1", "ttl=64");
        assertPing(left, "2001:db8:1::1", "ttl=64");
    }

    private static void assertPing(Host from, String to, String timeToLive) throws Exception {
        assertThat(from.ping(3, to)).contains(" 0% packet loss").contains(timeToLive);
    }

    @Test
    void probesWithASmallTimeToLiveShowTheRouter() throws Exception {
        assertThat(left.executeFailing("ping", "-n", "-c", "1", "-t", "1", "-W", "30", "10.88.1.2"))
                .contains("From 10.88.0.1 icmp_seq=1 Time to live exceeded");
        assertThat(left.executeFailing("ping", "-n", "-c", "1", "-t", "1", "-W", "30", RIGHT_6))
                .contains("From 2001:db8::1 icmp_seq=1 Time exceeded: Hop limit");
    }

    @Test
    void tracerouteShowsTheRouterAndTheHost() throws Exception {
        assertThat(left.execute("busybox", "traceroute", "-n", "-q", "1", "-w", "5", "10.88.1.2"))
                .containsSubsequence(" 1  10.88.0.1 ", " 2  10.88.1.2 ");
        assertThat(left.execute("busybox", "traceroute6", "-n", "-q", "1", "-w", "5", RIGHT_6))
                .containsSubsequence(" 1  2001:db8::1 ", " 2  2001:db8:1::2 ");
    }

    @Test
    void pingRecordsTheRoute() throws Exception {
        // Each router leaves the address of the side that the packet goes out of.
        assertThat(left.ping(1, "10.88.1.2", "-R"))
                .containsSubsequence("RR:", "10.88.0.2", "10.88.1.1", "10.88.1.2", "10.88.0.1");
        assertThat(left.ping(1, "10.88.0.1", "-R")).containsSubsequence("RR:", "10.88.0.2", "10.88.0.1");
    }

    @Test
    void unknownNetworksAndSilentHostsAreUnreachable() throws Exception {
        assertThat(left.executeFailing("ping", "-n", "-c", "1", "-W", "30", "192.0.2.1"))
                .contains("From 10.88.0.1 icmp_seq=1 Destination Net Unreachable");
        assertThat(left.executeFailing("ping", "-n", "-c", "1", "-W", "30", "10.88.1.99"))
                .contains("From 10.88.0.1 icmp_seq=1 Destination Host Unreachable");
        assertThat(left.executeFailing("ping", "-n", "-c", "1", "-W", "30", "2001:db8:ffff::1"))
                .contains("From 2001:db8::1 icmp_seq=1 Destination unreachable: No route");
        assertThat(left.executeFailing("ping", "-n", "-c", "1", "-W", "30", "2001:db8:1::99"))
                .contains("From 2001:db8::1 icmp_seq=1 Destination unreachable: Address unreachable");
    }

    @Test
    void tcpDeliversTheSameBytesOverALineWithLossReorderingAndDuplicates() throws Exception {
        FaultHandler line =
                FaultHandler.builder(7).drop(0.01).reorder(0.01).duplicate(0.01).build();
        Channel channel = router.ports().get(0).channel();
        channel.eventLoop().submit(() -> channel.pipeline().addFirst(line)).sync();
        HashedTransfer.assertSameBytes(left::call, right::call, InetAddress.getByName("10.88.1.2"), FAULTY_CHUNKS);
        HashedTransfer.assertSameBytes(right::call, left::call, InetAddress.getByName(LEFT_6), FAULTY_CHUNKS);
        assertThat(line.inboundCounters().dropped()).isPositive();
        assertThat(line.inboundCounters().duplicated()).isPositive();
        assertThat(line.outboundCounters().reordered()).isPositive();
    }

    @Test
    void tcpDeliversTheSameBytes() throws Exception {
        HashedTransfer.assertSameBytes(left::call, right::call, InetAddress.getByName("10.88.1.2"), CHUNKS);
        HashedTransfer.assertSameBytes(right::call, left::call, InetAddress.getByName("10.88.0.2"), CHUNKS);
        HashedTransfer.assertSameBytes(left::call, right::call, InetAddress.getByName(RIGHT_6), CHUNKS);
        HashedTransfer.assertSameBytes(right::call, left::call, InetAddress.getByName(LEFT_6), CHUNKS);
        RouterPort in = router.ports().get(0);
        assertThat(in.count(RouterCounter.FORWARDED)).isPositive();
        // A GSO frame that only the receiving side does not take is the router's to cut.
        boolean mixed = !leftOffloads.isEmpty() && rightOffloads.isEmpty();
        assertThat(in.count(RouterCounter.SEGMENTED) > 0).isEqualTo(mixed);
        assertThat(in.count(RouterCounter.MALFORMED)).isZero();
    }
}
