/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.testkit.KernelTest;
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

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

/** Ports that come and go while hosts talk through the switch. */
@KernelTest
@ParameterizedClass(name = "{0}, {1} threads")
@CsvSource({"EPOLL, 1", "EPOLL, 2", "IO_URING, 2"})
class PortRemovalKernelTest {

    private final TapIoType io;
    private final int threads;
    private TapSwitch lan;
    private Host left;
    private Host right;

    PortRemovalKernelTest(TapIoType io, int threads) {
        this.io = io;
        this.threads = threads;
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

    private static Host host(String tap, String address) throws Exception {
        return Host.create(tap, Cidr.parse(address), TapOffload.ALL, true);
    }

    @AfterEach
    void part() {
        lan.close();
        left.close();
        right.close();
    }

    @Test
    void otherPortsGoOnWhileOneComesAndGoes() throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            Future<Traffic.Transfer> transfer = thread.submit(() -> Traffic.tcp(left, right, 2));
            for (int i = 0; i < 10; i++) {
                // Each with an address of its own: the left host remembers for a while what MAC address one had.
                try (Host guest = host("guest", "10.88.0." + (10 + i) + "/24")) {
                    SwitchPort port = lan.add(guest.device());
                    left.ping(1, guest);
                    lan.remove(port);
                    assertThat(guest.device().isOpen()).isFalse();
                    assertThat(port.channel().isRegistered()).isFalse();
                }
            }
            assertThat(transfer.get().receivedBytes())
                    .isPositive()
                    .isEqualTo(transfer.get().sentBytes());
            assertThat(lan.ports()).extracting(SwitchPort::name).containsExactly("left", "right");
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void portIsRemovedUnderItsOwnTraffic() throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        AtomicBoolean stop = new AtomicBoolean();
        try (DatagramChannel sender = left.call(DatagramChannel::open)) {
            left.ping(1, right);
            SwitchPort from = lan.ports().get(0);
            Future<?> flood = thread.submit(() -> flood(sender, new InetSocketAddress(right.address(), 9), stop));
            long before = from.channelCounters().framesReceived();
            while (from.channelCounters().framesReceived() < before + 1_000) {
                Thread.sleep(1);
            }
            lan.remove(lan.ports().get(1));
            try (Host guest = host("guest", "10.88.0.4/24")) {
                lan.add(guest.device());
                // Not every one comes through beside the flood.
                assertThat(Traffic.ping(left, guest, 1, Duration.ofSeconds(60)).answered())
                        .isPositive();
            }
            stop.set(true);
            flood.get();
        } finally {
            stop.set(true);
            thread.shutdown();
        }
    }

    private static void flood(DatagramChannel sender, InetSocketAddress to, AtomicBoolean stop) {
        ByteBuffer payload = ByteBuffer.allocate(60);
        while (!stop.get()) {
            try {
                sender.send(payload.clear(), to);
            } catch (IOException e) {
                // The host has noticed that the other is gone.
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void stationsOfARemovedPortAreForgotten() throws Exception {
        left.ping(1, right);
        assertThat(lan.ethernetSwitch().fdbSize()).isEqualTo(2);
        lan.remove(lan.ports().get(1));
        assertThat(lan.ethernetSwitch().fdbSize()).isEqualTo(1);
    }

    @Test
    void portIsRemovedOnce() throws Exception {
        SwitchPort port = lan.ports().get(1);
        lan.remove(port);
        assertThatThrownBy(() -> lan.remove(port))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not a port of this switch: port=right");
    }
}
