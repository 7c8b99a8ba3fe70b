/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.net.vxlan.VxlanPeers;
import io.github.nettytap.net.vxlan.VxlanSettings;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A VXLAN tunnel endpoint.
 *
 * @param name what it is called in the network
 * @param settings its sockets
 * @param isLearning whether frames teach it which addresses are behind which endpoint
 * @param ageing the silence after which it forgets
 * @param allowed endpoints that may send; empty for all
 * @param ports its ports, each of a network of its own
 */
public record VxlanNode(
        String name,
        VxlanSettings settings,
        boolean isLearning,
        Duration ageing,
        Set<InetAddress> allowed,
        List<PortSpec<VxlanNetwork>> ports)
        implements Node {

    /**
     * Checks the name.
     *
     * @param name what it is called in the network
     * @param settings its sockets
     * @param isLearning whether frames teach it which addresses are behind which endpoint
     * @param ageing the silence after which it forgets
     * @param allowed endpoints that may send; empty for all
     * @param ports its ports, each of a network of its own
     * @throws IllegalArgumentException if the name is none
     */
    public VxlanNode {
        NodeNames.check("vxlan", name);
        Objects.requireNonNull(settings, "settings");
        Objects.requireNonNull(ageing, "ageing");
        allowed = Set.copyOf(allowed);
        ports = List.copyOf(ports);
    }

    /**
     * An endpoint that learns, and hears all others.
     *
     * @param name what it is called in the network
     * @param settings its sockets
     * @param ports its ports, each of a network of its own
     */
    public VxlanNode(String name, VxlanSettings settings, List<PortSpec<VxlanNetwork>> ports) {
        this(name, settings, true, VxlanPeers.DEFAULT_AGEING, Set.of(), ports);
    }

    @Override
    public String kind() {
        return "vxlan";
    }

    @Override
    public boolean isUpdatableTo(Node other) {
        return other instanceof VxlanNode that
                && settings.equals(that.settings)
                && isLearning == that.isLearning
                && ageing.equals(that.ageing)
                && allowed.equals(that.allowed);
    }
}
