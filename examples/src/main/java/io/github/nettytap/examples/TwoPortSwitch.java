/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples;

import io.github.nettytap.net.switching.SwitchPort;
import io.github.nettytap.net.switching.TapSwitch;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.OffloadRequest;
import io.github.nettytap.transport.device.TapDevice;

/**
 * A learning switch between tap0 and tap1; TCP passes it in GSO frames of up to 64 KiB.
 *
 * <p>As root, in two terminals:
 *
 * <pre>
 *   # java -cp 'examples/target/*:examples/target/lib/*' io.github.nettytap.examples.TwoPortSwitch
 *   tap0 and tap1 are joined
 *                                        # ip netns add left; ip link set tap0 netns left
 *                                        # ip netns add right; ip link set tap1 netns right
 *                                        # ip -n left address add 10.0.0.1/24 dev tap0
 *                                        # ip -n right address add 10.0.0.2/24 dev tap1
 *                                        # ip -n left link set tap0 up; ip -n right link set tap1 up
 *                                        # ip netns exec left ping -c 3 10.0.0.2
 *                                        64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.2 ms
 *                                        # ip -n left link delete tap0; ip -n right link delete tap1
 *   tap0: 15 frames in, 14 out
 * </pre>
 */
public final class TwoPortSwitch {

    private TwoPortSwitch() {}

    /** Runs until the interfaces are deleted. */
    public static void main(String[] arguments) throws Exception {
        TapEventLoopGroup loops = TapEventLoopGroup.builder().build();
        try (TapSwitch lan = new TapSwitch(loops, SwitchSettings.DEFAULT, (port, cause) -> {})) {
            for (String tap : new String[] {"tap0", "tap1"}) {
                lan.add(TapDevice.builder(tap)
                        .vnetHeader(true)
                        .offloads(OffloadRequest.BEST_AVAILABLE)
                        .up(true)
                        .open());
            }
            System.out.println("tap0 and tap1 are joined");
            for (SwitchPort port : lan.ports()) {
                port.channel().closeFuture().sync();
                System.out.println(port.name() + ": " + port.channelCounters().framesReceived() + " frames in, "
                        + port.channelCounters().framesSent() + " out");
            }
        }
    }
}
