/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import java.util.List;

/**
 * A part of a network that forwards frames between its ports. Immutable, and compared by value.
 */
public sealed interface Node permits SwitchNode, RouterNode, VxlanNode {

    /**
     * What it is called in the network.
     *
     * @return a name that no other node has
     */
    String name();

    /**
     * What it is, in a word.
     *
     * @return {@code switch}, {@code router} or {@code vxlan}
     */
    String kind();

    /**
     * Its ports.
     *
     * @return in the order of their description
     */
    List<? extends PortSpec<?>> ports();

    /**
     * Whether another description of a node can be applied to the running one, by changes of its ports and routes.
     *
     * @param other the description
     * @return false if the node has to be started anew
     */
    boolean isUpdatableTo(Node other);
}
