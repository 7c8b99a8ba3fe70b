/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.netlink.Link;

/** The interface that had the wanted name before it was asked for. */
final class LinkState {

    private final Link link;
    private final boolean exclusive;

    LinkState(Link link, boolean exclusive) {
        this.link = link;
        this.exclusive = exclusive;
    }

    Link link() {
        return link;
    }

    /** Whether it should not have been there. */
    boolean exclusive() {
        return exclusive;
    }
}
