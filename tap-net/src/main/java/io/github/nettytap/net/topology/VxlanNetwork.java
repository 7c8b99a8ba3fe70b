/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VxlanHeader;

import java.net.InetAddress;
import java.util.List;
import java.util.Map;

/**
 * What a port of a VXLAN endpoint is: a network that it is joined to, and who else is in it.
 *
 * @param vni the number of the network, which no other port of the endpoint has
 * @param remotes the other endpoints of the network, which get what has no known destination
 * @param fixed endpoints by the MAC addresses that are behind them, for good
 */
public record VxlanNetwork(int vni, List<InetAddress> remotes, Map<MacAddress, InetAddress> fixed) {

    /**
     * Checks the number and the endpoints.
     *
     * @param vni the number of the network
     * @param remotes the other endpoints of the network, at least one
     * @param fixed endpoints by the MAC addresses that are behind them
     * @throws IllegalArgumentException if one is wrong
     */
    public VxlanNetwork {
        remotes = List.copyOf(remotes);
        fixed = Map.copyOf(fixed);
        if (vni < 0 || vni > VxlanHeader.MAX_VNI) {
            throw new IllegalArgumentException(
                    "no such network: vni=" + vni + " (expected: 0 to " + VxlanHeader.MAX_VNI + ")");
        }
        if (remotes.isEmpty()) {
            throw new IllegalArgumentException(
                    "no other endpoint: vni=" + vni + " (expected: the IP address of one or more)");
        }
        for (InetAddress remote : remotes) {
            if (remote.isMulticastAddress()) {
                throw new IllegalArgumentException("endpoint that is a group: remote=" + remote.getHostAddress()
                        + " (expected: one endpoint; frames to all are sent to each)");
            }
        }
    }
}
