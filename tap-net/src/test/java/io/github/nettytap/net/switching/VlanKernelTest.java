/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.PortVlans;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.HashedTransfer;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.Traffic;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapOffload;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;
import java.util.Set;

/**
 * Two switches with a trunk between them, which is a bridge of the kernel, and hosts of two VLANs with the same
 * addresses at both.
 *
 * <pre>
 *   a10 ─ vlan 10 ┐                                    ┌ vlan 10 ─ b10
 *                 ├ switch ─ trunk ─ bridge ─ trunk ─ switch
 *   a20 ─ vlan 20 ┘                                    └ vlan 20 ─ b20
 * </pre>
 */
@KernelTest
@ParameterizedClass(name = "{0} threads, offloads {1}")
@CsvSource({"1, true", "1, false", "2, true"})
class VlanKernelTest {

    private static final int CHUNKS = 256;

    private final int threads;
    private final Set<TapOffload> offloads;
    private TapSwitch left;
    private TapSwitch right;
    private Wires trunk;
    private Host a10;
    private Host a20;
    private Host b10;
    private Host b20;

    VlanKernelTest(int threads, boolean offloads) {
        this.threads = threads;
        this.offloads = offloads ? TapOffload.ALL : TapOffload.NONE;
    }

    @BeforeEach
    void join() throws Exception {
        left = newSwitch();
        right = newSwitch();
        trunk = new Wires(offloads, "left", "right");
        PortPolicy policy =
                PortPolicy.builder().vlans(PortVlans.trunk(List.of(10, 20))).build();
        left.add(trunk.end(0), policy);
        right.add(trunk.end(1), policy);
        a10 = host(left, "a10", "10.88.0.1/24", 10);
        a20 = host(left, "a20", "10.88.0.1/24", 20);
        b10 = host(right, "b10", "10.88.0.2/24", 10);
        b20 = host(right, "b20", "10.88.0.3/24", 20);
    }

    private TapSwitch newSwitch() {
        return new TapSwitch(
                TapEventLoopGroup.builder().threads(threads).build(), SwitchSettings.DEFAULT, (channel, cause) -> {});
    }

    private Host host(TapSwitch lan, String tap, String address, int vlan) throws Exception {
        Host host = Host.create(tap, Cidr.parse(address), offloads, !offloads.isEmpty());
        lan.add(
                host.device(),
                PortPolicy.builder().vlans(PortVlans.access(vlan)).build());
        return host;
    }

    @AfterEach
    void part() {
        left.close();
        right.close();
        trunk.close();
        a10.close();
        a20.close();
        b10.close();
        b20.close();
    }

    @Test
    void hostsReachTheirVlanAndNoOther() throws Exception {
        a10.ping(3, b10);
        a20.ping(3, b20);
        assertThat(Traffic.ping(a10, b20, 2).answered()).isZero();
        assertThat(Traffic.ping(a20, b10, 2).answered()).isZero();
    }

    @Test
    void tcpThroughATrunkDeliversTheSameBytes() throws Exception {
        HashedTransfer.assertSameBytes(a10::call, b10::call, b10.address(), CHUNKS);
        HashedTransfer.assertSameBytes(b20::call, a20::call, a20.address(), CHUNKS);
    }
}
