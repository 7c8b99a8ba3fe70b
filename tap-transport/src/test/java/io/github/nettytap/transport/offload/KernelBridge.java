/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.offload;

import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapOffload;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Two TAPs that the kernel's bridge connects, in a namespace of their own. What is written to the first leaves by the
 * second. If that has no offloads, the kernel must finish whatever the first left undone.
 */
final class KernelBridge implements AutoCloseable {

    private final NetworkNamespace namespace;
    private final List<TapDevice> devices = new ArrayList<>();

    private KernelBridge(NetworkNamespace namespace) {
        this.namespace = namespace;
    }

    static KernelBridge open(int headerSize, Set<TapOffload> firstOffloads) throws Exception {
        return open(bridge -> {
            bridge.add("first", headerSize, firstOffloads, false);
            bridge.add("second", 12, TapOffload.NONE, false);
        });
    }

    /**
     * A bridge whose first TAP has the kernel's GRO, for UDP as well, and whose second takes what that makes. A burst
     * that is written within one tick of the clock is coalesced as if a card had delivered it in one poll: the NAPI of a
     * TAP polls at each write, but keeps frames for that long where there is a timer to flush them.
     */
    static KernelBridge coalescing() throws Exception {
        return open(bridge -> {
            bridge.add("first", 12, TapOffload.NONE, true);
            bridge.add("second", 12, TapOffload.ALL, false);
            bridge.execute("ethtool", "-K", "first", "rx-udp-gro-forwarding", "on");
            // The /sys of this process shows the interfaces of its own namespace.
            String attribute = "/sys/class/net/first/gro_flush_timeout";
            bridge.execute("unshare", "-m", "sh", "-c", "mount -t sysfs none /sys && echo 2000000 > " + attribute);
        });
    }

    private interface Setup {
        void run(KernelBridge bridge) throws Exception;
    }

    private static KernelBridge open(Setup setup) throws Exception {
        KernelBridge bridge = new KernelBridge(NetworkNamespace.create());
        try {
            bridge.namespace.run(() -> Files.writeString(Path.of("/proc/sys/net/ipv6/conf/default/disable_ipv6"), "1"));
            bridge.ip("link add br0 type bridge mcast_snooping 0");
            bridge.ip("link set br0 mtu 9000 up");
            setup.run(bridge);
            return bridge;
        } catch (Exception | Error e) {
            bridge.close();
            throw e;
        }
    }

    private void add(String name, int headerSize, Set<TapOffload> offloads, boolean napi) throws Exception {
        devices.add(TapDevice.builder(name)
                .vnetHeader(headerSize)
                .offloads(offloads)
                .napi(napi)
                .mtu(9_000)
                .up(true)
                .namespace(namespace)
                .open());
        ip("link set " + name + " master br0");
    }

    TapPort first() {
        return new TapPort(devices.get(0));
    }

    TapPort second() {
        return new TapPort(devices.get(1));
    }

    private void ip(String arguments) throws Exception {
        execute(("ip " + arguments).split(" "));
    }

    private void execute(String... command) throws Exception {
        // A child that a thread of the namespace starts lives in it.
        namespace.run(() -> {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes());
            if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new AssertionError(String.join(" ", command) + ": " + output);
            }
        });
    }

    @Override
    public void close() {
        devices.forEach(TapDevice::close);
        namespace.close();
    }
}
