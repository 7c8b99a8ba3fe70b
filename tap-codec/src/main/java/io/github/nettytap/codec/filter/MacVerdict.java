/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.filter;

/** What {@link MacRules} decide about a frame, and by which rule. */
public enum MacVerdict {

    /** Accepted: to a listed unicast address. */
    ACCEPT_UNICAST(true),
    /** Accepted: to a listed multicast group. */
    ACCEPT_GROUP(true),
    /** Accepted: to the broadcast address. */
    ACCEPT_BROADCAST(true),
    /** Accepted: to a group that is not listed, since all are wanted. */
    ACCEPT_ALL_MULTICAST(true),
    /** Accepted: to a unicast address that is not listed, since everything is wanted. */
    ACCEPT_PROMISCUOUS(true),
    /** Dropped: to a unicast address that is not listed. */
    DROP_UNICAST(false),
    /** Dropped: to a multicast group that is not listed. */
    DROP_GROUP(false),
    /** Dropped: to the broadcast address, which is not wanted. */
    DROP_BROADCAST(false),
    /** Dropped: from an address that is not listed. */
    DROP_SOURCE(false),
    /** Dropped: from a group address, which no sender can have (IEEE Std 802.3, section 3.2.3). */
    DROP_GROUP_SOURCE(false),
    /** Dropped: of a VLAN, or without a tag, that is not listed. */
    DROP_VLAN(false),
    /** Dropped: ends within the Ethernet header, its first tag or the virtio-net header in front. */
    DROP_MALFORMED(false);

    private final boolean accepted;

    MacVerdict(boolean accepted) {
        this.accepted = accepted;
    }

    /**
     * Tells whether the frame may pass.
     *
     * @return true for the verdicts that accept
     */
    public boolean isAccepted() {
        return accepted;
    }
}
