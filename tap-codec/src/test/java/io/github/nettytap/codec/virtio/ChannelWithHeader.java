/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.virtio;

import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.embedded.EmbeddedChannel;

import java.util.Set;

/** A channel in memory that answers as the channel of a TAP does. Registered by {@link #register()}. */
public final class ChannelWithHeader extends EmbeddedChannel {

    /** What the device has. */
    public VnetHeader header = VnetHeader.NONE;

    private final Set<VirtioNetOffload> negotiated;
    private ChannelConfig config;

    /** Makes a channel that is not registered yet. */
    public ChannelWithHeader(Set<VirtioNetOffload> negotiated) {
        super(false, false);
        this.negotiated = negotiated;
    }

    @Override
    public ChannelConfig config() {
        if (config == null) {
            config = new DefaultChannelConfig(this) {
                @Override
                @SuppressWarnings("unchecked")
                public <T> T getOption(ChannelOption<T> option) {
                    if (option == VirtioNetOption.VNET_HEADER) {
                        return (T) header;
                    }
                    return option == VirtioNetOption.NEGOTIATED ? (T) negotiated : super.getOption(option);
                }
            };
        }
        return config;
    }
}
