/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapOffload;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.Callable;

/** A host with a TCP/IP stack of its own and a TAP that leads to the router. */
final class RoutedHost implements AutoCloseable {

    private final NetworkNamespace namespace;
    private final TapDevice device;

    private RoutedHost(NetworkNamespace namespace, TapDevice device) {
        this.namespace = namespace;
        this.device = device;
    }

    static RoutedHost create(String tap, int mtu, Set<TapOffload> offloads, boolean header, String... addresses)
            throws Exception {
        NetworkNamespace namespace = NetworkNamespace.create();
        try {
            RoutedHost host = new RoutedHost(namespace, open(namespace, tap, mtu, offloads, header, addresses));
            host.run("ip", "link", "set", "lo", "up");
            return host;
        } catch (Exception e) {
            namespace.close();
            throw e;
        }
    }

    private static TapDevice open(
            NetworkNamespace namespace,
            String tap,
            int mtu,
            Set<TapOffload> offloads,
            boolean header,
            String... addresses)
            throws Exception {
        var builder = TapDevice.builder(tap)
                .namespace(namespace)
                .mtu(mtu)
                .offloads(offloads)
                .vnetHeader(header)
                .up(true);
        for (String address : addresses) {
            builder.address(Cidr.parse(address));
        }
        return builder.open();
    }

    /** Another TAP of the same host. */
    TapDevice open(String tap, int mtu, Set<TapOffload> offloads, boolean header, String... addresses)
            throws Exception {
        return open(namespace, tap, mtu, offloads, header, addresses);
    }

    TapDevice device() {
        return device;
    }

    void set(String setting, String value) throws Exception {
        namespace.run(() -> Files.writeString(Path.of("/proc/sys", setting), value));
    }

    <T> T call(Callable<T> task) throws Exception {
        return namespace.call(task);
    }

    Process start(String... command) throws Exception {
        return namespace.call(
                () -> new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /** The output of a command that succeeds. */
    String run(String... command) throws Exception {
        Process process = start(command);
        String text = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException("command failed: command=" + String.join(" ", command) + ", output=" + text);
        }
        return text;
    }

    /** The output of a command that fails. */
    String runInVain(String... command) throws Exception {
        Process process = start(command);
        String text = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() == 0) {
            throw new IOException("command succeeded: command=" + String.join(" ", command) + ", output=" + text);
        }
        return text;
    }

    /** Also if it never came to be. */
    static void close(RoutedHost host) {
        if (host != null) {
            host.close();
        }
    }

    @Override
    public void close() {
        device.close();
        namespace.close();
    }
}
