/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.offload.CoalescingWriteHandler;
import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.HashedTransfer;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.Traffic;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;
import io.github.nettytap.transport.device.TapOffload;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Duration;
import java.util.Set;

/**
 * The switch between kernels: two hosts with real TCP/IP stacks, on each kind of event loop, with and without offloads.
 */
@KernelTest
@ParameterizedClass(name = "{0}, {1} threads, offloads {2}")
@CsvSource({"EPOLL, 1, true", "EPOLL, 1, false", "EPOLL, 2, true", "IO_URING, 1, true", "IO_URING, 2, false"})
class TapSwitchKernelTest {

    private static final int CHUNKS = 256;

    /** IPv6 and ARP go on by themselves. */
    private static final long FRAMES_THAT_GO_ON = 10;

    private final TapIoType io;
    private final int threads;
    private final Set<TapOffload> offloads;
    private TapSwitch lan;
    private Host left;
    private Host right;

    TapSwitchKernelTest(TapIoType io, int threads, boolean offloads) {
        this.io = io;
        this.threads = threads;
        this.offloads = offloads ? TapOffload.ALL : TapOffload.NONE;
    }

    @BeforeEach
    void join() throws Exception {
        lan = new TapSwitch(
                TapEventLoopGroup.builder().threads(threads).io(io).build(),
                SwitchSettings.DEFAULT,
                (channel, cause) -> {});

        left = host("left", "10.88.0.1/24");
        right = host("right", "10.88.0.2/24");
        lan.add(left.device());
        lan.add(right.device());
    }

    private Host host(String tap, String address) throws Exception {
        return Host.create(tap, Cidr.parse(address), offloads, !offloads.isEmpty());
    }

    @AfterEach
    void part() {
        lan.close();
        left.close();
        right.close();
    }

    @Test
    void hostsPingEachOther() throws Exception {
        left.ping(5, right);
        right.ping(5, left);
    }

    @Test
    void tcpDeliversTheSameBytes() throws Exception {
        HashedTransfer.assertSameBytes(left::call, right::call, right.address(), CHUNKS);
        HashedTransfer.assertSameBytes(right::call, left::call, left.address(), CHUNKS);
    }

    @Test
    void tcpBetweenAPortWithOffloadsAndOneWithoutDeliversTheSameBytes() throws Exception {
        // The header is there on all ports or on none.
        try (Host plain = Host.create("plain", Cidr.parse("10.88.0.3/24"), TapOffload.NONE, !offloads.isEmpty())) {
            lan.add(plain.device());
            HashedTransfer.assertSameBytes(left::call, plain::call, plain.address(), CHUNKS);
            HashedTransfer.assertSameBytes(plain::call, left::call, left.address(), CHUNKS);
        }
    }

    @Test
    void udpExchangesLoseNothing() throws Exception {
        Traffic.RoundTrips trips = Traffic.udp(left, right, 1, Duration.ofSeconds(30));
        assertThat(trips.answered()).isPositive().isEqualTo(trips.sent());
    }

    @Test
    void portsCountWhatTheyCarry() throws Exception {
        Traffic.tcp(left, right, 1);
        SwitchPort in = lan.ports().get(0);
        SwitchPort out = lan.ports().get(1);
        assertThat(in.name()).isEqualTo("left");
        assertThat(in.channelCounters().bytesReceived()).isPositive();
        assertThat(lan.ethernetSwitch().fdbSize()).isEqualTo(2);
        // What came in and did not go out was coalesced or dropped, and said so, or is on its way to another loop.
        long unaccounted = Long.MAX_VALUE;
        for (int i = 0; i < 3_000 && unaccounted > FRAMES_THAT_GO_ON; i++) {
            Thread.sleep(10);
            unaccounted = in.channelCounters().framesReceived()
                    - out.channelCounters().framesSent()
                    - coalesced(out)
                    - in.filtered()
                    - in.drops()
                    - out.drops();
        }
        assertThat(unaccounted).isLessThanOrEqualTo(FRAMES_THAT_GO_ON);
    }

    /** Frames that left as part of another. */
    private static long coalesced(SwitchPort port) {
        CoalescingWriteHandler handler = port.channel().pipeline().get(CoalescingWriteHandler.class);
        return handler == null ? 0 : handler.received() - handler.delivered();
    }
}
