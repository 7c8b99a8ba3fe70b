/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.net.switching.SwitchPort;
import io.github.nettytap.net.switching.TapSwitch;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.NetworkExtension;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A switch between two kernels: its meters say what the kernels' own statistics say. */
@KernelTest
class MetersKernelTest {

    private static final int PINGS = 20;

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private Host left;
    private Host right;
    private TapSwitch lan;

    @BeforeEach
    void join() throws Exception {
        left = network.host("left", "10.94.0.1/24");
        right = network.host("right", "10.94.0.2/24");
        lan = network.closing(
                new TapSwitch(TapEventLoopGroup.builder().build(), SwitchSettings.DEFAULT, (channel, cause) -> {}));
        lan.add(left.device());
        lan.add(right.device());
    }

    private double counter(String name, String... tags) {
        return registry.get(name).tags(tags).functionCounter().count();
    }

    private static boolean comesTrue(BooleanSupplier condition) throws InterruptedException {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(30)) {
                return false;
            }
            Thread.sleep(10);
        }
        return true;
    }

    private static long kernel(Host host, String tap, String direction, String counter) {
        try {
            String statistics = host.execute("ip", "-s", "-j", "link", "show", tap);
            Matcher matcher = Pattern.compile("\"" + direction + "\":\\{[^}]*\"" + counter + "\":(\\d+)")
                    .matcher(statistics);
            assertThat(matcher.find()).as(statistics).isTrue();
            return Long.parseLong(matcher.group(1));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void channelAndPortCountWhatTheKernelCounts() throws Exception {
        SwitchPort port = lan.ports().get(0);
        new TapChannelMetrics((TapChannel) port.channel(), Tags.empty()).bindTo(registry);
        new SwitchPortMetrics(port, Tags.of("switch", "lan")).bindTo(registry);
        left.ping(PINGS, right);
        // IPv6 of the hosts goes on by itself, so both are asked until nothing is on its way.
        assertThat(comesTrue(() -> counter("tap.channel.frames", "interface", "left", "direction", "received")
                        == kernel(left, "left", "tx", "packets")))
                .isTrue();
        assertThat(comesTrue(() -> counter("tap.switch.port.frames", "port", "left", "direction", "sent")
                        == kernel(left, "left", "rx", "packets")))
                .isTrue();
        assertThat(comesTrue(() ->
                        counter("tap.channel.bytes", "direction", "received") == kernel(left, "left", "tx", "bytes")))
                .isTrue();
        assertThat(counter("tap.channel.batches", "direction", "received")).isPositive();
        assertThat(counter("tap.switch.port.drops", "switch", "lan", "reason", "vlan"))
                .isZero();
    }

    @Test
    void switchAndLoopsAreBound() throws Exception {
        new SwitchMetrics(lan.ethernetSwitch(), Tags.empty()).bindTo(registry);
        new TapEventLoopMetrics(lan.loops(), Tags.empty()).bindTo(registry);
        left.ping(PINGS, right);
        assertThat(registry.get("tap.switch.fdb.entries").gauge().value()).isEqualTo(2);
        assertThat(registry.get("tap.switch.ports").gauge().value()).isEqualTo(2);
        assertThat(counter("tap.switch.fdb.changes", "change", "added")).isEqualTo(2);
        // Counted behind the batch that the last answer came in.
        assertThat(comesTrue(() -> counter("tap.loop.frames", "loop", "0") >= 2 * PINGS))
                .isTrue();
        assertThat(counter("tap.loop.asleep", "loop", "0")).isPositive();
    }

    /** Else a name that comes again would go on with the count of the port before. */
    @Test
    void metersGoWithTheirPort() throws Exception {
        SwitchPort port = lan.ports().get(0);
        new SwitchPortMetrics(port, Tags.empty()).bindTo(registry);
        new TapChannelMetrics((TapChannel) port.channel(), Tags.empty()).bindTo(registry);
        assertThat(registry.getMeters()).isNotEmpty();
        lan.remove(port);
        assertThat(comesTrue(() -> registry.getMeters().isEmpty())).isTrue();
    }

    @Test
    void namesAndTagsAreMicrometers() {
        SwitchPort port = lan.ports().get(0);
        new SwitchPortMetrics(port, Tags.empty()).bindTo(registry);
        new SwitchMetrics(lan.ethernetSwitch(), Tags.empty()).bindTo(registry);
        new TapChannelMetrics((TapChannel) port.channel(), Tags.empty()).bindTo(registry);
        new TapEventLoopMetrics(lan.loops(), Tags.empty()).bindTo(registry);
        for (Meter meter : registry.getMeters()) {
            assertThat(meter.getId().getName()).matches("tap(\\.[a-z]+)+");
            assertThat(meter.getId().getDescription()).isNotBlank();
            assertThat(meter.getId().getBaseUnit()).matches("[a-z]+");
            meter.getId().getTags().forEach(tag -> assertThat(tag.getValue()).matches("[a-z0-9_]+"));
        }
    }
}
