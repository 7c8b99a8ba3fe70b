/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.codec.virtio.VirtioNetOption;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.OffloadRequest;
import io.netty.channel.ChannelOption;

/**
 * The options of a {@link TapChannel}, beside those of every channel.
 *
 * <p>All but {@link #TAP_HEADROOM} and {@link #TAP_LINK_EVENTS} describe the device that {@code bind} opens. They are
 * only recorded when they are set, since {@code Bootstrap} logs an option that fails and goes on; {@code bind} checks
 * them together, applies them, and fails if one cannot be applied. On a channel that was made from an opened queue they
 * tell what the device has, and cannot be set.
 */
public final class TapChannelOption {

    /**
     * The offloads that the device may use on frames towards the channel; default none. Any offload needs a virtio-net
     * header, which is then 12 bytes long unless {@link #TAP_VNET_HEADER_SIZE} says otherwise.
     */
    public static final ChannelOption<OffloadRequest> TAP_OFFLOADS =
            ChannelOption.valueOf(TapChannelOption.class, "TAP_OFFLOADS");

    /** The length of the virtio-net header in front of each frame in bytes: 0 (none), 10, 12, 20 or 24. */
    public static final ChannelOption<Integer> TAP_VNET_HEADER_SIZE =
            ChannelOption.valueOf(TapChannelOption.class, "TAP_VNET_HEADER_SIZE");

    /**
     * The virtio-net header in front of each frame, as a type; the same option as
     * {@link VirtioNetOption#VNET_HEADER}, by which handlers ask for it.
     */
    public static final ChannelOption<VnetHeader> TAP_VNET_HEADER = VirtioNetOption.VNET_HEADER;

    /** The MTU to set, in bytes, 68 to 65,521; unset leaves it as it is. */
    public static final ChannelOption<Integer> TAP_MTU = ChannelOption.valueOf(TapChannelOption.class, "TAP_MTU");

    /** The MAC address to set on the kernel's side of the TAP; unset leaves it as it is. */
    public static final ChannelOption<MacAddress> TAP_MAC = ChannelOption.valueOf(TapChannelOption.class, "TAP_MAC");

    /** Whether to bring the link up (true) or down (false); unset leaves it as it is. */
    public static final ChannelOption<Boolean> TAP_UP = ChannelOption.valueOf(TapChannelOption.class, "TAP_UP");

    /** The network namespace to open the device in; unset is that of the process. */
    public static final ChannelOption<NetworkNamespace> TAP_NAMESPACE =
            ChannelOption.valueOf(TapChannelOption.class, "TAP_NAMESPACE");

    /**
     * Bytes to keep free in front of each received frame, for handlers that put headers there; default 0. Takes effect
     * when the channel joins an event loop.
     */
    public static final ChannelOption<Integer> TAP_HEADROOM =
            ChannelOption.valueOf(TapChannelOption.class, "TAP_HEADROOM");

    /**
     * Whether the channel tells what happens to its link as user events, each a {@link
     * io.github.nettytap.transport.link.LinkEvent}: up, down, carrier, renamed, MTU or MAC changed, moved, deleted;
     * also while the channel does not read. Default false. The channels of an event loop share one netlink socket for
     * each network namespace. Takes effect when the channel joins an event loop.
     */
    public static final ChannelOption<Boolean> TAP_LINK_EVENTS =
            ChannelOption.valueOf(TapChannelOption.class, "TAP_LINK_EVENTS");

    private TapChannelOption() {}
}
