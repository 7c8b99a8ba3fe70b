/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.switching;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.examples.demo.Host;
import io.github.nettytap.examples.switching.policy.PortPolicy;
import io.github.nettytap.examples.switching.policy.SwitchSettings;
import io.github.nettytap.test.KernelTest;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapOffload;
import io.github.nettytap.transport.netlink.Cidr;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.NetworkInterface;
import java.net.StandardSocketOptions;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Snooping between kernels: hosts that join and leave, and a bridge of the kernel that asks as a multicast router does. */
@KernelTest
class SnoopingKernelTest {

    private static final String GROUP = "239.1.2.3";
    private static final long GROUP_MAC = 0x0100_5e01_0203L;
    private static final int PORT = 7_000;
    private static final int PATIENCE_SECONDS = 30;

    private final TapSwitch lan = new TapSwitch(
            TapEventLoopGroup.builder().threads(1).build(),
            SwitchSettings.DEFAULT.withSnooping(true),
            (channel, cause) -> {});
    private Host sender;
    private Host listener;
    private Host other;
    private Wires router;
    private final FramesToTheGroup toListener = new FramesToTheGroup();
    private final FramesToTheGroup toOther = new FramesToTheGroup();

    @AfterEach
    void part() {
        lan.close();
        for (AutoCloseable resource : new AutoCloseable[] {sender, listener, other, router}) {
            try {
                if (resource != null) {
                    resource.close();
                }
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }

    @Test
    void groupGoesToThePortThatJoinedAndNoLongerOnceItLeft() throws Exception {
        sender = host("sender", "10.88.0.1/24", new FramesToTheGroup());
        listener = host("listener", "10.88.0.2/24", toListener);
        other = host("other", "10.88.0.3/24", toOther);
        try (DatagramSocket out = sender.call(() -> new DatagramSocket());
                MulticastSocket in = listener.call(() -> new MulticastSocket(PORT))) {
            out.setOption(
                    StandardSocketOptions.IP_MULTICAST_IF, sender.call(() -> NetworkInterface.getByName("sender")));
            send(out);
            awaitFrame(toOther, out, "flooded, since nobody asks");

            InetSocketAddress group = new InetSocketAddress(InetAddress.getByName(GROUP), PORT);
            NetworkInterface device = listener.call(() -> NetworkInterface.getByName("listener"));
            listener.call(() -> {
                in.joinGroup(group, device);
                return null;
            });
            startRouter();
            awaitSilence(toOther, out);
            toListener.count.set(0);
            awaitFrame(toListener, out, "to who joined");
            in.setSoTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
            in.receive(new DatagramPacket(new byte[100], 100));

            listener.call(() -> {
                in.leaveGroup(group, device);
                return null;
            });
            awaitSilence(toListener, out);
            assertThat(toOther.count).hasValue(0);
        }
    }

    private void startRouter() throws Exception {
        router = new Wires(TapOffload.ALL, "router");
        lan.add(router.end(0), PortPolicy.DEFAULT);
        router.run("address", "add", "10.88.0.9/24", "dev", "br0");
        // In hundredths of a second: asks every second, and wants answers within one.
        router.run("link", "set", "br0", "type", "bridge", "mcast_query_use_ifaddr", "1");
        router.run("link", "set", "br0", "type", "bridge", "mcast_query_interval", "100");
        router.run("link", "set", "br0", "type", "bridge", "mcast_startup_query_interval", "100");
        router.run("link", "set", "br0", "type", "bridge", "mcast_query_response_interval", "100");
        // A host that speaks version 2 may leave without a word (RFC 2236, section 3).
        router.run("link", "set", "br0", "type", "bridge", "mcast_igmp_version", "3");
        router.run("link", "set", "br0", "type", "bridge", "mcast_snooping", "1", "mcast_querier", "1");
    }

    private Host host(String tap, String address, FramesToTheGroup counter) throws Exception {
        Host host = Host.create(tap, Cidr.parse(address), TapOffload.ALL, true);
        lan.add(host.device(), PortPolicy.DEFAULT).channel().pipeline().addFirst(counter);
        return host;
    }

    private void awaitFrame(FramesToTheGroup frames, DatagramSocket out, String what) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (frames.count.get() == 0) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            send(out);
            Thread.sleep(20);
        }
    }

    /** Until several frames in a row have come in at the switch and not gone to the port. */
    private void awaitSilence(FramesToTheGroup frames, DatagramSocket out) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        do {
            assertThat(System.nanoTime()).as("no longer flooded").isLessThan(deadline);
            frames.count.set(0);
            long before = lan.ports().get(0).counters().framesReceived();
            while (lan.ports().get(0).counters().framesReceived() < before + 5) {
                send(out);
                Thread.sleep(20);
            }
        } while (frames.count.get() > 0);
    }

    private static void send(DatagramSocket out) throws Exception {
        out.send(new DatagramPacket(new byte[100], 100, InetAddress.getByName(GROUP), PORT));
    }

    private static final class FramesToTheGroup extends ChannelOutboundHandlerAdapter {

        private final AtomicInteger count = new AtomicInteger();

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            ByteBuf frame = (ByteBuf) message;
            int start = frame.readerIndex() + 12;
            boolean udp = frame.getUnsignedByte(start + EthernetHeader.LENGTH + 9) == 17;
            if (EthernetHeader.destination(frame, start) == GROUP_MAC && udp) {
                count.incrementAndGet();
            }
            context.write(message, promise);
        }
    }
}
