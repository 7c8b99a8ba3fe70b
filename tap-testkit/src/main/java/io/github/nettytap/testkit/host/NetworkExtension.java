/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.testkit.host;

import io.github.nettytap.codec.fault.FaultHandler;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.UnaryOperator;

/**
 * A JUnit extension: the hosts and cables of a test, all closed when it ends, also where it fails.
 *
 * <pre>{@code
 * @KernelTest
 * class FileTransferTest {
 *
 *     @RegisterExtension
 *     final NetworkExtension network = new NetworkExtension();
 *
 *     @Test
 *     void survivesLoss() throws Exception {
 *         Host client = network.host("client", "10.0.0.1/24");
 *         Host server = network.host("server", "10.0.0.2/24");
 *         network.link(client, server, faults -> faults.drop(0.02));
 *         ServerSocket listening = server.call(() -> new ServerSocket(8080));
 *         …
 *     }
 * }
 * }</pre>
 *
 * <p>A field of the test class, not static: each test has a network of its own. On the thread of the test.
 */
public final class NetworkExtension implements AfterEachCallback {

    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    /** Makes an extension without hosts. */
    public NetworkExtension() {}

    /**
     * Makes a host with a TAP; see {@link Host#create(String, String...)}.
     *
     * @param tap the name of its TAP
     * @param addresses its addresses, each with the prefix length of its network
     * @return the host, which the extension closes
     * @throws Exception if the kernel refuses
     */
    public Host host(String tap, String... addresses) throws Exception {
        return closing(Host.create(tap, addresses));
    }

    /**
     * Makes a host without a TAP.
     *
     * @return the host, which the extension closes
     * @throws Exception if the kernel refuses
     */
    public Host host() throws Exception {
        return closing(Host.create());
    }

    /**
     * Joins two hosts by a cable; see {@link HostLink#join(Host, Host, UnaryOperator)}.
     *
     * @param left a host
     * @param right another
     * @param faults sets the faults of the cable
     * @return the cable, which the extension closes
     * @throws InterruptedException if the thread is interrupted
     */
    public HostLink link(Host left, Host right, UnaryOperator<FaultHandler.Builder> faults)
            throws InterruptedException {
        return closing(HostLink.join(left, right, faults));
    }

    /**
     * Joins two hosts by a cable without faults.
     *
     * @param left a host
     * @param right another
     * @return the cable, which the extension closes
     * @throws InterruptedException if the thread is interrupted
     */
    public HostLink link(Host left, Host right) throws InterruptedException {
        return closing(HostLink.join(left, right));
    }

    /**
     * Closes something when the test ends, before all that was there earlier.
     *
     * @param resource what to close
     * @param <T> its type
     * @return the same
     */
    public <T extends AutoCloseable> T closing(T resource) {
        open.push(resource);
        return resource;
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        Exception failure = null;
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
