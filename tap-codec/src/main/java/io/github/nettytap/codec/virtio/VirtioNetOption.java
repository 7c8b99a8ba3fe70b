/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.virtio;

import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;

import java.util.Set;

/**
 * What handlers ask their channel about its frames. A channel that reads and writes virtio-net headers answers both in
 * its {@code ChannelConfig}; any other answers null, which means complete frames without a header.
 *
 * <p>The answers are final once the channel is active. Before, they are what will be asked of the device.
 */
public final class VirtioNetOption {

    /** The virtio-net header in front of each frame, in both directions. */
    public static final ChannelOption<VnetHeader> VNET_HEADER =
            ChannelOption.valueOf(VirtioNetOption.class, "VNET_HEADER");

    /** The offloads that were negotiated. Read only. */
    public static final ChannelOption<Set<VirtioNetOffload>> NEGOTIATED =
            ChannelOption.valueOf(VirtioNetOption.class, "NEGOTIATED");

    private VirtioNetOption() {}

    /**
     * The header of a channel.
     *
     * @param channel any channel
     * @return its header, {@link VnetHeader#NONE} if it knows of none
     */
    public static VnetHeader header(Channel channel) {
        VnetHeader header = channel.config().getOption(VNET_HEADER);
        return header == null ? VnetHeader.NONE : header;
    }

    /**
     * The negotiated offloads of a channel.
     *
     * @param channel any channel
     * @return the offloads, none if it knows of none
     */
    public static Set<VirtioNetOffload> negotiated(Channel channel) {
        Set<VirtioNetOffload> offloads = channel.config().getOption(NEGOTIATED);
        return offloads == null ? Set.of() : offloads;
    }
}
