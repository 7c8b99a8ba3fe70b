/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapCounters;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;
import io.netty.util.AttributeKey;

import java.net.SocketAddress;
import java.util.Objects;
import java.util.Set;

/**
 * A channel of Ethernet frames as switch, router and VXLAN endpoint see it: what it is called, what stands in front of
 * its frames, and which offloads its other side has negotiated.
 *
 * <p>Any Netty channel can be one whose pipeline passes on one {@link io.netty.buffer.ByteBuf} a frame, with a
 * virtio-net header of {@link #vnetHeaderSize()} bytes in front, and takes the same. A TAP is one as it is. A socket is
 * one behind a codec that finds the frames in its stream, and a {@link BareFrameHandler} where the other ports have
 * headers.
 *
 * <p>Immutable but for the mark of {@link EgressBatch}, which belongs to the channel's event loop. Ports are compared
 * by identity.
 */
public class Port {

    /** The name of a channel whose address does not tell it from others, such as one of many clients of a socket. */
    public static final AttributeKey<String> NAME = AttributeKey.valueOf(Port.class, "NAME");

    /** What a channel that is not a TAP counts, if anything does. */
    public static final AttributeKey<FrameCounters> COUNTERS = AttributeKey.valueOf(Port.class, "COUNTERS");

    /** What the names of ports begin with that are links of the kernel by a packet socket. */
    public static final String LINK_PREFIX = "if:";

    private final Channel channel;
    private final VnetHeader vnetHeader;
    private final int vnetHeaderSize;
    private final Set<TapOffload> offloads;
    private final int negotiated;
    private final ChannelPromise voidPromise;

    /** Whether frames wait in the channel for the flush at the end of the batch. Of the channel's event loop. */
    private boolean touched;

    /**
     * Makes a channel a port.
     *
     * @param channel the channel, registered
     * @param vnetHeader the virtio-net header in front of each frame
     * @param offloads what the other side takes; nothing if there is no header
     * @throws IllegalArgumentException if there are offloads and no header to describe them
     */
    public Port(Channel channel, VnetHeader vnetHeader, Set<TapOffload> offloads) {
        this.channel = Objects.requireNonNull(channel, "channel");
        this.vnetHeader = vnetHeader;
        vnetHeaderSize = vnetHeader.length();
        this.offloads = Set.copyOf(offloads);
        if (!vnetHeader.isPresent() && !offloads.isEmpty()) {
            throw new IllegalArgumentException("offloads without a virtio-net header: port=" + channel.localAddress()
                    + ", offloads=" + offloads + " (expected: a header of 10 bytes or more, or no offloads)");
        }
        negotiated = RequiredOffloads.negotiated(offloads);
        voidPromise = channel.voidPromise();
    }

    /**
     * The channel that frames come in and go out through.
     *
     * @return the channel
     */
    public final Channel channel() {
        return channel;
    }

    /**
     * The virtio-net header in front of each frame.
     *
     * @return {@link VnetHeader#NONE} for bare frames
     */
    public final VnetHeader vnetHeader() {
        return vnetHeader;
    }

    /**
     * The length of that header.
     *
     * @return in bytes, 0 for none
     */
    public final int vnetHeaderSize() {
        return vnetHeaderSize;
    }

    /**
     * What the other side has negotiated.
     *
     * @return an immutable set
     */
    public final Set<TapOffload> offloads() {
        return offloads;
    }

    /**
     * Whether the other side takes a frame as it is.
     *
     * @param required what the frame requires, as {@link RequiredOffloads} has it
     * @return false if the frame has to be segmented, or its checksum completed, for this port
     */
    public final boolean takes(int required) {
        return (required & ~negotiated) == 0;
    }

    /**
     * The name that the channel was given, or that of the interface, or whatever address the channel has.
     *
     * @return not null
     */
    public String name() {
        String given = channel.attr(NAME).get();
        if (given != null) {
            return given;
        }
        SocketAddress address = channel.localAddress();
        return address == null ? "port" : address.toString();
    }

    /**
     * What the channel has counted.
     *
     * @return null if it is not a TAP
     */
    public final TapCounters channelCounters() {
        return channel instanceof TapChannel ? ((TapChannel) channel).counters() : null;
    }

    /**
     * What is counted of a channel that is not a TAP.
     *
     * @return null if it is a TAP, or if nothing counts its frames
     */
    public final FrameCounters frameCounters() {
        return channel.attr(COUNTERS).get();
    }

    final ChannelPromise voidPromise() {
        return voidPromise;
    }

    /** True the first time since the last flush. */
    final boolean touch() {
        boolean first = !touched;
        touched = true;
        return first;
    }

    final void flush() {
        touched = false;
        channel.flush();
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + "(name=" + name() + ", vnetHeader=" + vnetHeader + ", offloads=" + offloads
                + ")";
    }
}
