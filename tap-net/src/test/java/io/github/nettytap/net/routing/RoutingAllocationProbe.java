/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import com.sun.management.ThreadMXBean;
import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.testkit.host.HashedTransfer;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;
import io.github.nettytap.transport.device.TapOffload;

import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** A program that prints how many bytes the router's event loop has allocated, and for how many frames. */
final class RoutingAllocationProbe {

    private static final String LOOP_NAME = "probed";
    private static final int WARM_UP_CHUNKS = 16_384;
    private static final int CHUNKS = 8_192;

    private RoutingAllocationProbe() {}

    public static void main(String[] arguments) throws Exception {
        Set<TapOffload> offloads = arguments[0].equals("offloads") ? TapOffload.ALL : TapOffload.NONE;
        boolean translates = arguments[1].equals("nat");
        TapEventLoopGroup loops = TapEventLoopGroup.builder()
                .threads(1)
                .io(TapIoType.EPOLL)
                .name(LOOP_NAME)
                .build();
        try (TapRouter router = new TapRouter(loops, VnetHeader.V1, (port, cause) -> {});
                Host left = Host.create("left", tap -> tap.offloads(offloads).vnetHeader(true), "10.88.0.2/24");
                Host right = Host.create("right", tap -> tap.offloads(offloads).vnetHeader(true), "10.88.1.2/24")) {
            router.add(left.device(), PortSettings.of(List.of(Cidr.parse("10.88.0.1/24"))));
            router.add(right.device(), new PortSettings(List.of(Cidr.parse("10.88.1.1/24")), false, translates, null));
            left.execute("ip", "route", "add", "default", "via", "10.88.0.1");
            right.execute("ip", "route", "add", "default", "via", "10.88.1.1");
            HashedTransfer.assertSameBytes(left::call, right::call, InetAddress.getByName("10.88.1.2"), WARM_UP_CHUNKS);
            long frames = framesForwarded(router);
            long bytes = allocatedByLoops();
            HashedTransfer.assertSameBytes(left::call, right::call, InetAddress.getByName("10.88.1.2"), CHUNKS);
            bytes = allocatedByLoops() - bytes;
            frames = framesForwarded(router) - frames;
            System.out.println(bytes + " " + frames);
        }
    }

    private static long framesForwarded(TapRouter router) {
        return router.ports().stream()
                .mapToLong(port -> port.count(RouterCounter.FORWARDED))
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
