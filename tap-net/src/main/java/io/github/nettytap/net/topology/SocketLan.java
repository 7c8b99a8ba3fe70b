/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.PatchChannel;
import io.github.nettytap.net.port.socket.SocketPort;
import io.github.nettytap.net.port.socket.SocketPortAddress;
import io.github.nettytap.net.routing.PortSettings;
import io.github.nettytap.net.routing.TapRouter;
import io.github.nettytap.net.switching.EthernetSwitch;
import io.github.nettytap.net.switching.SwitchListener;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.EventLoop;

import java.io.IOException;
import java.util.Set;

/**
 * A network of machines behind a socket, as a port of a router: a switch of their own and a patch cable between it and
 * the router, so that the port and its addresses stay while peers come and go, and several peers reach each other.
 *
 * <pre>{@code
 *   SocketLan lan = SocketLan.join(router, SocketPortAddress.parse("unix:/run/vms.sock"), 1500, settings, listener);
 * }</pre>
 *
 * <p>All of it is on the event loop of the router. GSO frames of the router pass the cable whole, and are segmented for
 * the sockets.
 */
public final class SocketLan implements AutoCloseable {

    private final PatchChannel outside;
    private final PatchChannel inside;
    private final SocketPort socket;

    private SocketLan(PatchChannel outside, PatchChannel inside, SocketPort socket) {
        this.outside = outside;
        this.inside = inside;
        this.socket = socket;
    }

    /**
     * Opens a socket and makes the network behind it a port of a router. Blocks; not to be called on an event loop.
     *
     * @param router the router, which the port then belongs to; its counters are those of the cable
     * @param address where the socket is
     * @param mtu of the network, in bytes
     * @param settings what the port of the router is to be
     * @param listener hears which peers come and go; their ports are those of the switch between
     * @return the network, to be closed before the router
     * @throws IOException if the socket cannot be bound
     * @throws IllegalArgumentException if a network of the port is on another one
     * @throws InterruptedException if the thread is interrupted meanwhile; the socket is not open then
     */
    public static SocketLan join(
            TapRouter router, SocketPortAddress address, int mtu, PortSettings settings, SwitchListener listener)
            throws IOException, InterruptedException {
        VnetHeader header = router.vnetHeader();
        SocketLan lan = open(router.eventLoop(), header, address, listener);
        boolean joined = false;
        try {
            router.add(lan.outside, offloads(header), mtu, settings);
            joined = true;
            return lan;
        } finally {
            if (!joined) {
                lan.close();
            }
        }
    }

    /**
     * Opens a socket and a switch behind it, whose patch cable has a free end.
     *
     * @param loop drives all of it
     * @param header what is in front of the frames of the cable
     * @param address where the socket is
     * @param listener hears which peers come and go
     * @return the network; its {@link #outside} end is to be registered
     * @throws IOException if the socket cannot be bound
     */
    static SocketLan open(EventLoop loop, VnetHeader header, SocketPortAddress address, SwitchListener listener)
            throws IOException, InterruptedException {
        EthernetSwitch lan = new EthernetSwitch(SwitchSettings.DEFAULT, listener);
        PatchChannel[] cable = PatchChannel.pair(address.toString(), address + " router", header);
        cable[1].pipeline().addLast(lan.newPort(header, offloads(header), PortPolicy.DEFAULT));
        loop.register(cable[1]).sync();
        SocketPort socket = null;
        try {
            socket = SocketPort.builder(address)
                    .vnetHeader(header)
                    .handler(name -> lan.newPort(header, Set.of(), PortPolicy.DEFAULT))
                    .observer(new Peers(listener))
                    .open(loop);
            return new SocketLan(cable[0], cable[1], socket);
        } finally {
            if (socket == null) {
                cable[1].close().sync();
            }
        }
    }

    /** What passes a cable whole. */
    static Set<TapOffload> offloads(VnetHeader header) {
        return header.isPresent() ? TapOffload.ALL : Set.of();
    }

    /** The end of the cable that a router gets. */
    PatchChannel outside() {
        return outside;
    }

    /** The names of peers, since the switch between is nobody's concern. */
    private record Peers(SwitchListener listener) implements SocketPort.Observer {

        @Override
        public void disconnected(String name, String reason) {
            listener.peerDisconnected(name, reason);
        }

        @Override
        public void refused(String name, String reason) {
            listener.peerRefused(name, reason);
        }
    }

    /**
     * The socket.
     *
     * @return the socket, with all its peers
     */
    public SocketPort socket() {
        return socket;
    }

    /** Closes the socket and the port of the router; not to be called on an event loop. */
    @Override
    public void close() {
        socket.close();
        inside.close().syncUninterruptibly();
    }
}
