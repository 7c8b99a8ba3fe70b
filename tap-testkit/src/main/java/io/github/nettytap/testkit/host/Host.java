/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.testkit.host;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapOffload;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * A host of its own: a network namespace whose only link is a TAP. What it sends comes out of the TAP's descriptor.
 *
 * <p>Sockets that are opened by {@link #call} belong to the host and work from any thread. Thread-safe.
 */
public final class Host implements AutoCloseable {

    private static final Path CONGESTION_CONTROL = Path.of("/proc/sys/net/ipv4/tcp_congestion_control");

    private final NetworkNamespace namespace;
    private final TapDevice device;
    private final InetAddress address;

    private Host(NetworkNamespace namespace, TapDevice device, InetAddress address) {
        this.namespace = namespace;
        this.device = device;
        this.address = address;
    }

    /**
     * Makes a host.
     *
     * @param tap the name of its TAP
     * @param address its address, with the prefix length of the network
     * @param offloads what its kernel may leave to the other end
     * @param vnetHeader whether frames carry a virtio-net header
     */
    public static Host create(String tap, Cidr address, Set<TapOffload> offloads, boolean vnetHeader) throws Exception {
        NetworkNamespace namespace = NetworkNamespace.create();
        try {
            namespace.run(Host::preferCubic);
            TapDevice device = TapDevice.builder(tap)
                    .namespace(namespace)
                    .offloads(offloads)
                    .vnetHeader(vnetHeader)
                    .address(address)
                    .up(true)
                    .open();
            return new Host(namespace, device, address.address());
        } catch (Exception e) {
            namespace.close();
            throw e;
        }
    }

    /** The setting is the namespace's own. bbr, a default here and there, halves the rate over an offloading TAP. */
    private static void preferCubic() {
        try {
            Files.writeString(CONGESTION_CONTROL, "cubic");
        } catch (IOException e) {
            // Then it goes as fast as it goes.
        }
    }

    /** The TAP. Whoever makes a channel on it reads what the host sends. */
    public TapDevice device() {
        return device;
    }

    /** The address of the host. */
    public InetAddress address() {
        return address;
    }

    /** Does something as this host. */
    public <T> T call(Callable<T> task) throws Exception {
        return namespace.call(task);
    }

    @Override
    public void close() {
        device.close();
        namespace.close();
    }
}
