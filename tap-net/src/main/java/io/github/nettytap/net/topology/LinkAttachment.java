/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.Port;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapChannelOption;
import io.github.nettytap.transport.device.PacketSocket;
import io.github.nettytap.transport.device.TapOffload;

import java.io.IOException;

/**
 * A link of the kernel in the network namespace of the process, such as a network card or one end of a veth pair, by a
 * packet socket. The kernel goes on to use it: its state, MTU and addresses stay as they are.
 *
 * @param link its name
 * @param hasOffloads whether frames to it may be GSO frames, which the kernel segments where the link cannot. Those from
 *     it may be so in any case.
 * @param mtu the longest packet that the port sends, in bytes, or null for the MTU of the link
 */
public record LinkAttachment(String link, boolean hasOffloads, Integer mtu) implements ChannelAttachment {

    /**
     * Checks that there is a name; whether there is such a link is the kernel's to say.
     *
     * @param link its name
     * @param hasOffloads whether frames to it may be GSO frames
     * @param mtu the longest packet that the port sends, in bytes, or null for the MTU of the link
     * @throws IllegalArgumentException without a name
     */
    public LinkAttachment {
        if (link.isEmpty()) {
            throw new IllegalArgumentException(
                    "no link: port=" + Port.LINK_PREFIX + " (expected: if:NAME, such as if:eth0)");
        }
    }

    @Override
    public String name() {
        return Port.LINK_PREFIX + link;
    }

    /**
     * Opens the packet socket.
     *
     * @param vnetHeader of 10 or 12 bytes, since frames from a link may be GSO frames whatever anybody asks for
     */
    @Override
    public Opened open(VnetHeader vnetHeader) throws IOException {
        PacketSocket socket = PacketSocket.builder(link).vnetHeader(vnetHeader).open();
        boolean done = false;
        try {
            TapChannel channel = new TapChannel(socket);
            channel.attr(Port.NAME).set(name());
            channel.config().setOption(TapChannelOption.TAP_LINK_EVENTS, true);
            Opened opened = new Opened(
                    channel,
                    hasOffloads ? socket.offloads() : TapOffload.NONE,
                    mtu == null ? socket.link().mtu() : mtu,
                    () -> {});
            done = true;
            return opened;
        } finally {
            if (!done) {
                socket.close();
            }
        }
    }
}
