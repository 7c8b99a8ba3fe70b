/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.switching.fdb.Fdb;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;
import io.github.nettytap.transport.device.TapOffload;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A link that goes down takes the addresses behind it along: frames to them are flooded from then on, not lost. */
@KernelTest
class LinkDownKernelTest {

    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

    @ParameterizedTest
    @EnumSource(
            value = TapIoType.class,
            names = {"EPOLL", "IO_URING"})
    void addressesBehindALinkThatWentDownAreForgotten(TapIoType io) throws Exception {
        TapEventLoopGroup loops = TapEventLoopGroup.builder().io(io).build();
        try (TapSwitch lan = new TapSwitch(loops, SwitchSettings.DEFAULT, (channel, cause) -> {});
                Host left = Host.create("left", Cidr.parse("10.88.0.1/24"), TapOffload.NONE, false);
                Host right = Host.create("right", Cidr.parse("10.88.0.2/24"), TapOffload.NONE, false)) {
            String leftMac = left.device().mac().toString();
            String rightMac = right.device().mac().toString();
            lan.add(left.device());
            lan.add(right.device());
            left.ping(1, right);
            assertThat(addresses(lan)).contains(leftMac, rightMac);
            right.call(() -> new ProcessBuilder("ip", "link", "set", "right", "down")
                    .start()
                    .waitFor());
            long deadline = System.nanoTime() + PATIENCE;
            while (addresses(lan).contains(rightMac)) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                Thread.sleep(5);
            }
            assertThat(addresses(lan)).contains(leftMac);
        }
    }

    private static Set<String> addresses(TapSwitch lan) {
        Set<String> addresses = new HashSet<>();
        lan.ethernetSwitch()
                .forEachFdbEntry((key, port, kind, age) ->
                        addresses.add(MacAddress.of(Fdb.mac(key)).toString()));
        return addresses;
    }
}
