/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.github.nettytap.net.port.Port;
import io.github.nettytap.net.topology.Attachment;
import io.github.nettytap.net.topology.ChannelAttachment;
import io.github.nettytap.net.topology.LinkAttachment;
import io.github.nettytap.net.topology.TapAttachment;

/** A port that is a link of the kernel: {@code if:eth0}. */
public final class LinkPort {

    private LinkPort() {}

    /** Whether a port is one. */
    public static boolean isOne(String port) {
        return port.startsWith(Port.LINK_PREFIX);
    }

    /** Checks that there is a name behind the prefix; whether there is such a link is the kernel's to say. */
    static void check(String port) {
        if (isOne(port)) {
            Attachment.link(link(port));
        }
    }

    /** The name of the link. */
    public static String link(String port) {
        return port.substring(Port.LINK_PREFIX.length());
    }

    /**
     * What a port leads to that is a link or a TAP.
     *
     * @param port as it was typed
     * @param offloads of the port; those of frames from a link nobody can decline
     * @param mtu in bytes, or null for as it is
     */
    public static ChannelAttachment attachment(String port, Offloads offloads, Integer mtu) {
        return isOne(port)
                ? new LinkAttachment(link(port), offloads != Offloads.NONE, mtu)
                : TapAttachment.named(port).withOffloads(offloads.request()).withMtu(mtu);
    }
}
