/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapOffload;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.NetworkInterface;
import java.net.StandardSocketOptions;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Snooping between kernels, which speak IGMPv3 and MLDv2: hosts that join and leave, and a bridge that asks as a
 * multicast router does. The clock of the switch is the test's, so that nobody sits through the seconds of a leave.
 */
@KernelTest
@ParameterizedClass(name = "{0}")
@CsvSource({"239.1.2.3, 01:00:5e:01:02:03", "ff15::1:2:3, 33:33:00:02:00:03"})
class SnoopingKernelTest {

    private static final int PORT = 7_000;
    private static final int PATIENCE_SECONDS = 30;

    /** In seconds; far less than what a membership lasts unless it is left. */
    private static final int LEAVE_PATIENCE = 20;

    private final InetAddress group;
    private final AtomicLong seconds = new AtomicLong();
    private final TapSwitch lan = new TapSwitch(
            TapEventLoopGroup.builder().threads(1).build(),
            SwitchSettings.DEFAULT.withSnooping(true),
            (channel, cause) -> {},
            seconds::get);
    private final Deque<AutoCloseable> toClose = new ArrayDeque<>();
    private final UdpFrames toListener;
    private final UdpFrames toOther;

    SnoopingKernelTest(String group, String groupMac) throws Exception {
        this.group = InetAddress.getByName(group);
        long mac = MacAddress.parse(groupMac).value();
        toListener = new UdpFrames(mac);
        toOther = new UdpFrames(mac);
    }

    @AfterEach
    void part() throws Exception {
        lan.close();
        while (!toClose.isEmpty()) {
            toClose.pop().close();
        }
    }

    @Test
    void groupGoesToThePortThatJoinedAndNoLongerOnceItLeft() throws Exception {
        Host sender = host("sender", 1, new UdpFrames(0));
        Host listener = host("listener", 2, toListener);
        host("other", 3, toOther);
        try (DatagramSocket out = sender.call(() -> new DatagramSocket());
                MulticastSocket in = listener.call(() -> new MulticastSocket(PORT))) {
            out.setOption(
                    StandardSocketOptions.IP_MULTICAST_IF, sender.call(() -> NetworkInterface.getByName("sender")));
            send(out);
            awaitFrame(toOther, out, "flooded, since nobody asks");

            InetSocketAddress joined = new InetSocketAddress(group, PORT);
            NetworkInterface device = listener.call(() -> NetworkInterface.getByName("listener"));
            listener.call(() -> {
                in.joinGroup(joined, device);
                return null;
            });
            startRouter();
            awaitSilence(toOther, out, 0);
            toListener.reset();
            awaitFrame(toListener, out, "to who joined");
            in.setSoTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
            in.receive(new DatagramPacket(new byte[100], 100));

            listener.call(() -> {
                in.leaveGroup(joined, device);
                return null;
            });
            awaitSilence(toListener, out, LEAVE_PATIENCE);
            assertThat(toOther.count()).isZero();
        }
    }

    private void startRouter() throws Exception {
        Wires router = new Wires(TapOffload.ALL, "router");
        toClose.push(router);
        lan.add(router.end(0), PortPolicy.DEFAULT);
        router.run("address", "add", "10.88.0.9/24", "dev", "br0");
        router.enableIpv6("br0");
        String[] set = {"link", "set", "br0", "type", "bridge"};
        router.run(with(set, "mcast_query_use_ifaddr", "1"));
        // In hundredths of a second: asks every second, which is the least, and wants answers within a tenth.
        router.run(with(set, "mcast_query_interval", "100"));
        router.run(with(set, "mcast_startup_query_interval", "100"));
        router.run(with(set, "mcast_query_response_interval", "10"));
        router.run(with(set, "mcast_last_member_interval", "10"));
        // A host that speaks version 2 of IGMP, or 1 of MLD, may leave without a word (RFC 2236, section 3).
        router.run(with(set, "mcast_igmp_version", "3", "mcast_mld_version", "2"));
        router.run(with(set, "mcast_snooping", "1", "mcast_querier", "1"));
    }

    private static String[] with(String[] words, String... more) {
        String[] all = Arrays.copyOf(words, words.length + more.length);
        System.arraycopy(more, 0, all, words.length, more.length);
        return all;
    }

    private Host host(String tap, int number, UdpFrames counter) throws Exception {
        Host host = Host.create(tap, Cidr.parse("10.88.0." + number + "/24"), TapOffload.ALL, true);
        toClose.push(host);
        ProcessBuilder address =
                new ProcessBuilder("ip", "address", "add", "fd88::" + number + "/64", "dev", tap, "nodad");
        assertThat(host.call(address::start).waitFor()).isZero();
        lan.add(host.device(), PortPolicy.DEFAULT).channel().pipeline().addFirst(counter);
        return host;
    }

    private void awaitFrame(UdpFrames frames, DatagramSocket out, String what) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (frames.count() == 0) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            send(out);
            Thread.sleep(20);
        }
    }

    /**
     * Until several frames in a row have come in at the switch and not gone to the port. Each time that they have, a
     * second passes for the switch, as long as it may.
     */
    private void awaitSilence(UdpFrames frames, DatagramSocket out, int mostSeconds) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        long end = seconds.get() + mostSeconds;
        while (true) {
            assertThat(System.nanoTime()).as("no longer flooded").isLessThan(deadline);
            frames.reset();
            long before = lan.ports().get(0).channelCounters().framesReceived();
            while (lan.ports().get(0).channelCounters().framesReceived() < before + 5) {
                send(out);
                Thread.sleep(20);
            }
            if (frames.count() == 0) {
                return;
            }
            if (seconds.get() < end) {
                seconds.incrementAndGet();
            }
        }
    }

    private void send(DatagramSocket out) throws Exception {
        out.send(new DatagramPacket(new byte[100], 100, group, PORT));
    }
}
