/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.net.routing.PortSettings;
import io.github.nettytap.net.routing.TapRouter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.net.routing.table.Routes;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.Channel;

import java.net.InetAddress;
import java.util.Map;
import java.util.Set;

/** A router of a running network. */
public final class RunningRouter extends RunningNode {

    private final TapRouter router;

    RunningRouter(Topology topology, RouterNode node, TopologyListener listener) {
        super(node, loops(topology, node, 1));
        router = new TapRouter(
                loops(),
                topology.vnetHeader(),
                node.nat(),
                (port, cause) -> listener.failed(node.name(), port.channel(), cause));
    }

    /**
     * The router itself: its ports and their counters, its routes.
     *
     * @return the router; its ports are opened and closed by the network alone
     */
    public TapRouter router() {
        return router;
    }

    @Override
    void attach(RunningPort port, Channel channel, Set<TapOffload> offloads, int mtu) throws InterruptedException {
        PortSettings settings = (PortSettings) port.spec().settings();
        // Both ends of a cable have one name, and may both be a router's.
        PortSettings own = settings.mac() == null ? settings.withMac(TapRouter.macOf(port.toString())) : settings;
        port.port(router.add(channel, offloads, mtu, own));
    }

    @Override
    void detach(RunningPort port) throws InterruptedException {
        router.remove((RouterPort) port.port());
    }

    /** The routes of the description, and no others: those whose port was opened anew are gone by themselves. */
    @Override
    void complete() throws InterruptedException {
        Map<Cidr, InetAddress> wanted = ((RouterNode) node()).routes();
        for (Routes.Entry entry : router.routes()) {
            if (entry.gateway() != null && !entry.gateway().equals(wanted.get(entry.destination()))) {
                router.removeRoute(entry.destination());
            }
        }
        for (Map.Entry<Cidr, InetAddress> route : wanted.entrySet()) {
            router.addRoute(route.getKey(), route.getValue());
        }
    }

    @Override
    void close() {
        router.close();
    }
}
