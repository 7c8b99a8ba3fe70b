/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.port.socket.SocketPort;
import io.github.nettytap.net.switching.SwitchListener;
import io.github.nettytap.net.switching.SwitchPort;
import io.github.nettytap.net.switching.TapSwitch;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;

import java.util.Set;

/** A switch of a running network. */
public final class RunningSwitch extends RunningNode {

    private final TapSwitch lan;

    RunningSwitch(Topology topology, SwitchNode node, TopologyListener listener) {
        super(node, loops(topology, node, node.threads()));
        lan = new TapSwitch(loops(), node.settings(), new Reports(node.name(), listener));
    }

    /**
     * The switch itself: its FDB, its counters, and its ports, among them the peers of sockets.
     *
     * @return the switch; its ports are opened and closed by the network alone
     */
    public TapSwitch lan() {
        return lan;
    }

    @Override
    boolean takesPeers() {
        return true;
    }

    @Override
    void attach(RunningPort port, Channel channel, Set<TapOffload> offloads, int mtu) throws InterruptedException {
        port.port(lan.add(
                channel, port.vnetHeader(), offloads, (PortPolicy) port.spec().settings()));
    }

    @Override
    void detach(RunningPort port) throws InterruptedException {
        SocketPort socket = port.socket();
        if (socket != null) {
            lan.remove(socket);
        } else {
            lan.remove((SwitchPort) port.port());
        }
    }

    /** A port forwards on with another policy; the peers of a socket connect again. */
    @Override
    boolean update(RunningPort port, PortSpec<?> next) throws InterruptedException {
        if (super.update(port, next)) {
            return true;
        }
        if (port.socket() != null) {
            return false;
        }
        Future<?> done = lan.ethernetSwitch()
                .update((SwitchPort) port.port(), (PortPolicy) next.settings())
                .await();
        if (done.cause() instanceof IllegalArgumentException refused) {
            throw new IllegalArgumentException(refused.getMessage(), refused);
        }
        return done.isSuccess();
    }

    @Override
    void close() {
        lan.close();
    }

    /** Passes on what the switch says, with its name. */
    record Reports(String node, TopologyListener listener) implements SwitchListener {

        @Override
        public void portFailed(Channel channel, Throwable cause) {
            listener.failed(node, channel, cause);
        }

        @Override
        public void loopSuspected(SwitchPort port, MacAddress address, long moves) {
            listener.loopSuspected(node, port, address, moves);
        }

        @Override
        public void peerConnected(SwitchPort port) {
            listener.peerConnected(node, port);
        }

        @Override
        public void peerRemoved(SwitchPort port) {
            listener.peerRemoved(node, port);
        }

        @Override
        public void peerDisconnected(String name, String reason) {
            listener.peerDisconnected(node, name, reason);
        }

        @Override
        public void peerRefused(String name, String reason) {
            listener.peerRefused(node, name, reason);
        }
    }
}
