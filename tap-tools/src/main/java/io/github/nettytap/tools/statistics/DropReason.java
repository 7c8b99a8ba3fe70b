/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.statistics;

/** Why a frame went nowhere at a port. */
public enum DropReason {
    /** Came in too short, or with a virtio-net header that does not fit it. */
    MALFORMED("malformed", "malformed"),
    /** Was meant for a port or an event loop that is behind. */
    CONGESTED("congested", "congested"),
    /** Came in with a tag, or without one, which the port does not take. */
    VLAN("VLAN", "vlan"),
    /** Came in from an address that the port may not send from. */
    SOURCE("source", "source"),
    /** Came in from a group or zero, which no frame may come from. */
    INVALID_SOURCE("invalid source", "invalidSource"),
    /** Came in from an address that is a static or sticky FDB entry of another port. */
    HELD("held elsewhere", "heldElsewhere"),
    /** Came in from one MAC address more than may be behind the port. */
    MAC_LIMIT("MAC limit", "macLimit"),
    /** Was to be flooded when the port had had its share of the second. */
    STORM("storm", "storm"),
    /** Came in at an isolated port for another. */
    ISOLATED("isolated", "isolated"),
    /** Came in, and an error of this program, or no memory, ended its way. */
    ERROR("error", "error"),
    /** Came in, and the router had no way for it; its fates tell why. */
    NOT_ROUTED("not routed", "notRouted"),
    /** Went out while the link was down. */
    LINK_DOWN("link down", "linkDown"),
    /** Went out and was refused by the kernel as malformed. */
    REFUSED("refused", "refused"),
    /** Went out when the kernel had no memory for it. */
    NO_MEMORY("no memory", "noMemory"),
    /** Went out and failed for any other reason. */
    OTHER("other", "other");

    private final String text;
    private final String key;

    DropReason(String text, String key) {
        this.text = text;
        this.key = key;
    }

    /** For people. */
    String text() {
        return text;
    }

    /** The name of the member in JSON. */
    String key() {
        return key;
    }
}
