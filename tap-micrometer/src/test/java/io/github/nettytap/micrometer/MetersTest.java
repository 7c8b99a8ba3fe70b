/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.nat.NatSettings;
import io.github.nettytap.net.routing.nat.SourceNat;
import io.github.nettytap.net.vxlan.VxlanEndpoint;
import io.github.nettytap.net.vxlan.VxlanEvent;
import io.github.nettytap.net.vxlan.VxlanPeers;
import io.github.nettytap.net.vxlan.VxlanSettings;
import io.github.nettytap.testkit.Frames;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** Meters of what has no TAP of its own. */
@Timeout(300)
class MetersTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void natTellsItsConnections() {
        SourceNat nat = new SourceNat(VnetHeader.NONE, () -> 0, NatSettings.DEFAULT);
        NatMetrics metrics = new NatMetrics(nat, Tags.of("router", "home"));
        metrics.bindTo(registry);
        Frames frames = Frames.udp4();
        ByteBuf frame = frames.frame();
        assertThat(nat.translate(frame, frames.networkOffset(), 0xc633_6401)).isEqualTo(SourceNat.Translation.DONE);
        frame.release();
        assertThat(registry.get("tap.nat.connections")
                        .tag("router", "home")
                        .gauge()
                        .value())
                .isEqualTo(1);
        assertThat(registry.get("tap.nat.changes")
                        .tag("change", "added")
                        .functionCounter()
                        .count())
                .isEqualTo(1);
        metrics.close();
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void eachEventOfAVxlanEndpointHasAMeter() throws Exception {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        int port;
        try (DatagramSocket free = new DatagramSocket(0, loopback)) {
            port = free.getLocalPort();
        }
        TapEventLoopGroup group = TapEventLoopGroup.builder().build();
        VxlanSettings settings = new VxlanSettings(new InetSocketAddress(loopback, port));
        try (VxlanEndpoint endpoint = new VxlanEndpoint(group, new VxlanPeers(), settings);
                DatagramSocket sender = new DatagramSocket()) {
            new VxlanMetrics(endpoint, Tags.empty()).bindTo(registry);
            sender.send(new DatagramPacket(new byte[3], 3, loopback, port));
            while (endpoint.count(VxlanEvent.DROP_MALFORMED_HEADER) == 0) {
                Thread.sleep(5);
            }
            for (VxlanEvent event : VxlanEvent.values()) {
                String name = Meters.value(event);
                boolean drop = name.startsWith("drop_");
                assertThat(registry.get(drop ? "tap.vxlan.drops" : "tap.vxlan.frames")
                                .tag(drop ? "reason" : "event", drop ? name.substring(5) : name)
                                .functionCounter()
                                .count())
                        .isEqualTo(endpoint.count(event));
            }
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }
}
