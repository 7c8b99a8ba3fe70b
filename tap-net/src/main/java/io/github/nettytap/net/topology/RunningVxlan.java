/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.net.port.Port;
import io.github.nettytap.net.vxlan.Underlay;
import io.github.nettytap.net.vxlan.VxlanEndpoint;
import io.github.nettytap.net.vxlan.VxlanPeers;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.Channel;

import java.io.IOException;
import java.net.InetAddress;
import java.util.Set;

/** A VXLAN endpoint of a running network. */
public final class RunningVxlan extends RunningNode {

    private VxlanEndpoint endpoint;

    private RunningVxlan(Topology topology, VxlanNode node) {
        super(node, loops(topology, node, 1));
    }

    static RunningVxlan open(Topology topology, VxlanNode node, TopologyListener listener)
            throws IOException, InterruptedException {
        RunningVxlan running = new RunningVxlan(topology, node);
        boolean done = false;
        try {
            VxlanPeers peers =
                    new VxlanPeers(node.settings().local().getPort(), node.ageing(), VxlanPeers.DEFAULT_MAX_LEARNED);
            peers.learning(node.isLearning());
            node.allowed().forEach(peers::allowSender);
            running.endpoint = new VxlanEndpoint(running.loops(), peers, node.settings());
            done = true;
            return running;
        } finally {
            if (!done) {
                running.close();
            }
        }
    }

    /**
     * The endpoint itself: its counters, its peers, its sockets.
     *
     * @return the endpoint; its ports are opened and closed by the network alone
     */
    public VxlanEndpoint endpoint() {
        return endpoint;
    }

    /** What passes the network below in one piece. */
    @Override
    Integer mtu(PortSpec<?> spec) throws IOException {
        int narrowest = Integer.MAX_VALUE;
        for (InetAddress remote : ((VxlanNetwork) spec.settings()).remotes()) {
            narrowest = Math.min(narrowest, Underlay.towards(remote).innerMtu());
        }
        return narrowest;
    }

    @Override
    void attach(RunningPort port, Channel channel, Set<TapOffload> offloads, int mtu) throws InterruptedException {
        VxlanNetwork network = (VxlanNetwork) port.spec().settings();
        VxlanPeers peers = endpoint.peers();
        loops().next()
                .submit(() -> {
                    peers.addNetwork(network.vni());
                    network.remotes().forEach(remote -> peers.addRemote(network.vni(), remote));
                    network.fixed().forEach((mac, remote) -> peers.set(network.vni(), mac, remote));
                })
                .sync();
        endpoint.add(channel, network.vni(), port.vnetHeader(), offloads);
        port.port(new Port(channel, port.vnetHeader(), offloads));
    }

    @Override
    void detach(RunningPort port) throws InterruptedException {
        port.channel().close().await();
        int vni = ((VxlanNetwork) port.spec().settings()).vni();
        loops().next().submit(() -> endpoint.peers().removeNetwork(vni)).sync();
    }

    @Override
    void close() {
        if (endpoint != null) {
            endpoint.close();
        }
        super.close();
    }
}
