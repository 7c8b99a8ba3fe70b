/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.dhcp.DhcpPool;
import io.github.nettytap.net.routing.nat.NatSettings;
import io.github.nettytap.net.routing.nat.PortForward;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A router with all that it can do, which is given any bytes as frames with their virtio-net headers:
 *
 * <pre>
 *  +--------------------------+--------+-------+-----
 *  | port in two bits, time   | length | frame | next …
 *  +--------------------------+--------+-------+-----
 *            1 byte           2 bytes
 * </pre>
 *
 * <p>After each frame: nothing has failed, no port is closed, what came out is no more than what a frame may cost; and
 * in the end no buffer is left.
 */
final class RouterHarness implements AutoCloseable {

    static final int HEADER = 12;
    static final long MAC = 0x02_00_00_00_00_10L;

    /** A neighbor solicitation, an error that quotes, an advertisement to all: what a short frame may cost in bytes. */
    private static final int FIXED_COST = 32 << 10;

    /** A fragment of eight bytes has a header of 60 and an Ethernet header in front. */
    private static final int COST_OF_A_BYTE = 16;

    private final List<EmbeddedChannel> channels = new ArrayList<>();
    private final List<RouterPort> ports = new ArrayList<>();
    private final List<ByteBuf> given = new ArrayList<>();
    private long millis = 1_000_000;
    private final Router router =
            new Router(VnetHeader.ofLength(HEADER), NatSettings.DEFAULT, () -> millis, (port, cause) -> {
                throw new AssertionError(cause);
            });

    RouterHarness() {
        PortSettings inside = new PortSettings(
                List.of(Cidr.parse("10.0.0.1/24"), Cidr.parse("2001:db8::1/64")),
                true,
                false,
                new DhcpPool(address("10.0.0.100"), address("10.0.0.120"), List.of(address("192.0.2.53"))));
        add(1500, TapOffload.ALL, inside);
        add(1280, TapOffload.NONE, PortSettings.of(List.of(Cidr.parse("10.0.1.1/24"), Cidr.parse("2001:db8:1::1/64"))));
        add(
                1400,
                TapOffload.ALL,
                new PortSettings(List.of(Cidr.parse("192.0.2.1/24")), false, true, null)
                        .withForwards(List.of(
                                PortForward.parse("tcp:2222->10.0.0.100:22"),
                                PortForward.parse("udp:2000->10.0.0.2:2000"),
                                PortForward.parse("udp:2001->10.0.0.2:2000"))));
        try {
            router.addRoute(Cidr.parse("0.0.0.0/0"), InetAddress.getByName("192.0.2.2"));
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static Inet4Address address(String text) {
        try {
            return (Inet4Address) InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private void add(int mtu, Set<TapOffload> offloads, PortSettings settings) {
        EmbeddedChannel channel = new EmbeddedChannel();
        RouterPort port = router.addPort(channel, MAC + channels.size(), mtu, offloads, settings, null);
        channel.pipeline().addLast(router.handler(port));
        channels.add(channel);
        ports.add(port);
    }

    RouterPort port(int number) {
        return ports.get(number);
    }

    void feed(byte[] data) {
        int at = 0;
        while (data.length - at >= 3) {
            int port = (data[at] & 3) % 3;
            long time = (data[at] & 0xfc) * 20L;
            int length = Math.min((data[at + 1] & 0xff) << 8 | data[at + 2] & 0xff, data.length - at - 3);
            at += 3;
            give(port, data, at, length);
            at += length;
            millis += time;
            router.tick();
            written();
        }
    }

    private void give(int port, byte[] data, int from, int length) {
        ByteBuf frame = Unpooled.directBuffer(length + 1).writeBytes(data, from, length);
        given.add(frame);
        channels.get(port).writeInbound(frame);
        for (RouterPort each : ports) {
            assertThat(each.count(RouterCounter.FAILED))
                    .as("failed, see the log")
                    .isZero();
            assertThat(each.channel().isOpen()).isTrue();
        }
        assertThat(written()).isLessThanOrEqualTo(FIXED_COST + (long) COST_OF_A_BYTE * length);
    }

    private long written() {
        long bytes = 0;
        for (EmbeddedChannel channel : channels) {
            for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
                bytes += out.readableBytes();
                out.release();
            }
        }
        return bytes;
    }

    @Override
    public void close() {
        router.end();
        channels.forEach(EmbeddedChannel::finishAndReleaseAll);
        router.close();
        assertThat(given.stream().filter(frame -> frame.refCnt() > 0).count())
                .as("frames that are left")
                .isZero();
    }
}
