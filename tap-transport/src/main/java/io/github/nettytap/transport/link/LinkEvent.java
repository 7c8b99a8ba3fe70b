/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.link;

import io.github.nettytap.transport.netlink.Link;

/** Something that happened to a link. */
public final class LinkEvent {

    private final Kind kind;
    private final Link link;
    private final Link before;

    LinkEvent(Kind kind, Link link, Link before) {
        this.kind = kind;
        this.link = link;
        this.before = before;
    }

    /** What can happen to a link. */
    public enum Kind {
        /** It was made, or came from another network namespace. */
        ADDED,
        /** It was set up. */
        UP,
        /** It was set down. */
        DOWN,
        /** It got a carrier. */
        CARRIER_ON,
        /** It lost its carrier. */
        CARRIER_OFF,
        /** It has another name. */
        RENAMED,
        /** It has another MTU. */
        MTU_CHANGED,
        /** It has another MAC address. */
        MAC_CHANGED,
        /** It went to another network namespace. */
        MOVED,
        /** It was deleted. */
        DELETED
    }

    /**
     * What happened.
     *
     * @return the kind of event
     */
    public Kind kind() {
        return kind;
    }

    /**
     * The number of the link in its network namespace.
     *
     * @return the ifindex
     */
    public int ifindex() {
        return link.index();
    }

    /**
     * The name of the link after the event.
     *
     * @return the name; the last one, if the link has gone
     */
    public String name() {
        return link.name();
    }

    /**
     * The link after the event.
     *
     * @return its description; the last one, if the link has gone
     */
    public Link link() {
        return link;
    }

    /**
     * The link before the event.
     *
     * @return its description; that after the event, if it was added
     */
    public Link before() {
        return before;
    }

    @Override
    public String toString() {
        return "LinkEvent(" + kind + ", " + link + ")";
    }
}
