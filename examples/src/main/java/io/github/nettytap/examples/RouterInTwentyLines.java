/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.PortSettings;
import io.github.nettytap.net.routing.TapRouter;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapDevice;

import java.util.List;

/**
 * An IPv4 and IPv6 router between two networks: 10.0.0.0/24 behind tap0, 10.0.1.0/24 behind tap1.
 *
 * <p>As root, in two terminals:
 *
 * <pre>
 *   # java -cp 'examples/target/*:examples/target/lib/*' io.github.nettytap.examples.RouterInTwentyLines
 *   10.0.0.1 on tap0, 10.0.1.1 on tap1
 *                                        # ip netns add left; ip link set tap0 netns left
 *                                        # ip netns add right; ip link set tap1 netns right
 *                                        # ip -n left address add 10.0.0.2/24 dev tap0
 *                                        # ip -n right address add 10.0.1.2/24 dev tap1
 *                                        # ip -n left link set tap0 up; ip -n right link set tap1 up
 *                                        # ip -n left route add default via 10.0.0.1
 *                                        # ip -n right route add default via 10.0.1.1
 *                                        # ip netns exec left ping -c 3 10.0.1.2
 *                                        64 bytes from 10.0.1.2: icmp_seq=1 ttl=63 time=0.3 ms
 * </pre>
 */
public final class RouterInTwentyLines {

    private RouterInTwentyLines() {}

    /** Runs until the first interface is deleted. */
    public static void main(String[] arguments) throws Exception {
        TapEventLoopGroup loops = TapEventLoopGroup.builder().threads(1).build();
        try (TapRouter router = new TapRouter(loops, VnetHeader.NONE, (port, cause) -> {})) {
            for (int i = 0; i < 2; i++) {
                TapDevice device = TapDevice.builder("tap" + i).up(true).open();
                router.add(device, PortSettings.of(List.of(Cidr.parse("10.0." + i + ".1/24"))));
            }
            System.out.println("10.0.0.1 on tap0, 10.0.1.1 on tap1");
            router.ports().get(0).channel().closeFuture().sync();
        }
    }
}
