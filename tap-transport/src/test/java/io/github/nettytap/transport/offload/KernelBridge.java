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
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Two TAPs that the kernel's bridge joins, in a namespace of their own. What is written to the first leaves by the
 * second, which has no offloads: the kernel must finish whatever the first left undone.
 */
final class KernelBridge implements AutoCloseable {

    private final NetworkNamespace namespace;
    private final List<TapDevice> devices = new ArrayList<>();

    private KernelBridge(NetworkNamespace namespace) {
        this.namespace = namespace;
    }

    static KernelBridge open(int headerSize, Set<TapOffload> firstOffloads) throws Exception {
        KernelBridge bridge = new KernelBridge(NetworkNamespace.create());
        try {
            bridge.namespace.run(() -> Files.writeString(Path.of("/proc/sys/net/ipv6/conf/default/disable_ipv6"), "1"));
            bridge.ip("link add br0 type bridge mcast_snooping 0");
            bridge.ip("link set br0 mtu 9000 up");
            bridge.add("first", headerSize, firstOffloads);
            bridge.add("second", 12, TapOffload.NONE);
            return bridge;
        } catch (Exception | Error e) {
            bridge.close();
            throw e;
        }
    }

    private void add(String name, int headerSize, Set<TapOffload> offloads) throws Exception {
        devices.add(TapDevice.builder(name)
                .vnetHeader(headerSize)
                .offloads(offloads)
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
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(Arrays.asList(arguments.split(" ")));
        // A child that a thread of the namespace starts lives in it.
        namespace.run(() -> {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes());
            if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new AssertionError(command + ": " + output);
            }
        });
    }

    @Override
    public void close() {
        devices.forEach(TapDevice::close);
        namespace.close();
    }
}
