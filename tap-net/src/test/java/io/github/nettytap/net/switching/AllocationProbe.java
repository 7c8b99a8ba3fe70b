/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import com.sun.management.ThreadMXBean;
import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.Traffic;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;
import io.github.nettytap.transport.device.TapOffload;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Set;

/** A program that prints how many bytes the switch's event loop has allocated, and for how many frames. */
final class AllocationProbe {

    private static final String LOOP_NAME = "probed";
    /** Frames, not seconds: a busy machine forwards few, and compiles late. */
    private static final int WARM_UP_FRAMES = 400_000;

    private static final int FRAMES = 150_000;

    private AllocationProbe() {}

    public static void main(String[] arguments) throws Exception {
        boolean offload = arguments[0].equals("offloads");
        Set<TapOffload> offloads = offload ? TapOffload.ALL : TapOffload.NONE;
        TapEventLoopGroup loops =
                TapEventLoopGroup.builder().io(TapIoType.EPOLL).name(LOOP_NAME).build();
        try (TapSwitch lan = new TapSwitch(loops, SwitchSettings.DEFAULT, (channel, cause) -> {});
                Host left = Host.create("left", Cidr.parse("10.88.0.1/24"), offloads, offload);
                Host right = Host.create("right", Cidr.parse("10.88.0.2/24"), offloads, offload)) {
            lan.add(left.device());
            lan.add(right.device());
            forward(WARM_UP_FRAMES, lan, left, right);
            long frames = framesForwarded(lan);
            long bytes = allocatedByLoops();
            forward(FRAMES, lan, left, right);
            bytes = allocatedByLoops() - bytes;
            frames = framesForwarded(lan) - frames;
            System.out.println(bytes + " " + frames);
        }
    }

    private static void forward(long frames, TapSwitch lan, Host left, Host right) throws Exception {
        long end = framesForwarded(lan) + frames;
        while (framesForwarded(lan) < end) {
            Traffic.tcp(left, right, 1);
        }
    }

    private static long framesForwarded(TapSwitch lan) {
        return lan.ports().stream()
                .mapToLong(port -> port.channelCounters().framesSent())
                .sum();
    }

    private static long allocatedByLoops() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(thread -> thread != null && thread.getThreadName().startsWith(LOOP_NAME))
                .mapToLong(thread -> threads.getThreadAllocatedBytes(thread.getThreadId()))
                .sum();
    }
}
