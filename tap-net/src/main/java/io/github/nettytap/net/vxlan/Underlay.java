/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;

/**
 * The network below the tunnel, and how long a frame may be to pass it whole. Immutable.
 *
 * @param link the name of the interface that leads to the other endpoint
 * @param mtu its MTU
 * @param overhead what the tunnel adds to an inner packet
 */
public record Underlay(String link, int mtu, int overhead) {

    /** Ethernet, VXLAN and UDP header. */
    private static final int TUNNEL = 14 + 8 + 8;

    private static final int IPV4 = 20;
    private static final int IPV6 = 40;

    /**
     * Finds the way to another endpoint. Nothing is sent.
     *
     * @param remote the other endpoint
     * @return the network below
     * @throws IOException if there is no way to it
     */
    public static Underlay towards(InetAddress remote) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            // Connecting looks up the route.
            socket.connect(remote, 9);
            NetworkInterface link = NetworkInterface.getByInetAddress(socket.getLocalAddress());
            if (link == null) {
                throw new IOException("no way to the other endpoint: remote=" + remote.getHostAddress()
                        + ". Check with `ip route get " + remote.getHostAddress() + "`");
            }
            int overhead = TUNNEL + (remote instanceof Inet4Address ? IPV4 : IPV6);
            return new Underlay(link.getName(), link.getMTU(), overhead);
        } catch (UncheckedIOException e) {
            throw new IOException(
                    "no way to the other endpoint: remote=" + remote.getHostAddress() + ", "
                            + e.getCause().getMessage() + ". Check with `ip route get " + remote.getHostAddress() + "`",
                    e);
        }
    }

    /** {@return the MTU to set inside} */
    public int innerMtu() {
        return mtu - overhead;
    }
}
