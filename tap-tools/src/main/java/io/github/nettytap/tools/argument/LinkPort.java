/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.Port;
import io.github.nettytap.transport.device.PacketSocket;
import io.github.nettytap.transport.device.TapException;

/** A port that is a link of the kernel: {@code if:eth0}. */
public final class LinkPort {

    private LinkPort() {}

    /** Whether a port is one. */
    public static boolean isOne(String port) {
        return port.startsWith(Port.LINK_PREFIX);
    }

    /** Checks that there is a name behind the prefix; whether there is such a link is the kernel's to say. */
    static void check(String port) {
        if (isOne(port) && port.length() == Port.LINK_PREFIX.length()) {
            throw new IllegalArgumentException("no link: port=" + port + " (expected: if:NAME, such as if:eth0)");
        }
    }

    /**
     * Opens the link. With a virtio-net header, as its frames may be GSO frames whatever anybody asks for.
     *
     * @param port as it was typed
     */
    public static PacketSocket open(String port) throws TapException {
        return PacketSocket.builder(port.substring(Port.LINK_PREFIX.length()))
                .vnetHeader(VnetHeader.V1)
                .open();
    }
}
