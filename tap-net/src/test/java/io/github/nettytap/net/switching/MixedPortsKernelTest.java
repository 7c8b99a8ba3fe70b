/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.net.switching.policy.Coalescing;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.HashedTransfer;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapOffload;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Hosts with different offloads at one switch, with frames joined towards them and not. */
@KernelTest
@ParameterizedClass(name = "{0} threads, coalesce {1}")
@CsvSource({"1, OFF", "1, AUTO", "1, ON", "2, AUTO"})
class MixedPortsKernelTest {

    private static final int CHUNKS = 256;

    private final TapSwitch lan;
    private final PortPolicy policy;
    private final List<Host> hosts = new ArrayList<>();

    MixedPortsKernelTest(int threads, Coalescing coalescing) {
        policy = PortPolicy.builder().coalescing(coalescing).build();
        lan = new TapSwitch(
                TapEventLoopGroup.builder().threads(threads).build(), SwitchSettings.DEFAULT, (channel, cause) -> {});
    }

    @AfterEach
    void part() {
        lan.close();
        hosts.forEach(Host::close);
    }

    @Test
    void tcpBetweenAllPairsDeliversTheSameBytes() throws Exception {
        host("most", "10.88.0.1/24", TapOffload.ALL);
        host("checksums", "10.88.0.2/24", EnumSet.of(TapOffload.CSUM));
        host("none", "10.88.0.3/24", TapOffload.NONE);
        for (Host from : hosts) {
            for (Host to : hosts) {
                if (from != to) {
                    HashedTransfer.assertSameBytes(from::call, to::call, to.address(), CHUNKS);
                }
            }
        }
    }

    private void host(String tap, String address, Set<TapOffload> offloads) throws Exception {
        Host host = Host.create(tap, Cidr.parse(address), offloads, true);
        hosts.add(host);
        lan.add(host.device(), policy);
    }
}
