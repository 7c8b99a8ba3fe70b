package com.example;

import io.github.nettytap.net.switching.TapSwitch;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.OffloadRequest;

/** A switch between the TAPs that the command line names, until standard input ends. */
public final class Lan {
    public static void main(String[] taps) throws Exception {
        TapEventLoopGroup loops = TapEventLoopGroup.builder().build();
        try (TapSwitch lan = new TapSwitch(loops, SwitchSettings.DEFAULT, (port, cause) -> {})) {
            for (String tap : taps) {
                lan.add(TapDevice.builder(tap).vnetHeader(true).offloads(OffloadRequest.BEST_AVAILABLE).up(true).open());
            }
            System.out.println("ready");
            while (System.in.read() >= 0) {}
        }
        loops.shutdownGracefully().sync();
    }
}
