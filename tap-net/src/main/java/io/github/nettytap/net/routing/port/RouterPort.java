/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.port;

import io.github.nettytap.codec.offload.Segmentation;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.net.port.RequiredOffloads;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapCounters;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.SocketAddress;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * An interface of the router: a channel, a MAC address and IP addresses on the link behind it, and what was counted here.
 *
 * <p>Used on the event loop of the router, but for the counters, which any thread may read.
 */
public final class RouterPort {

    private static final VarHandle VALUE = MethodHandles.arrayElementVarHandle(long[].class);

    private final Channel channel;
    private final long mac;
    private final int mtu;
    private final int vnetHeaderSize;
    private final int granted;
    private final List<Cidr> networks;
    private final boolean translates;
    private final PortAddresses addresses;
    private final ChannelPromise voidPromise;
    private final Consumer<ByteBuf> writeSegment = this::write;
    private final long[] counters = new long[RouterCounter.values().length];
    private boolean touched;

    /**
     * Makes a channel a port.
     *
     * @param mac the router's MAC address on this link
     * @param mtu the longest IP packet that the link takes
     * @param vnetHeaderSize the size of the virtio-net header in front of the frames of all ports
     * @param offloads what the other side of the channel takes
     * @param networks the router's addresses on the link, with their prefixes
     * @param translates whether packets leave through it with the router's address
     */
    public RouterPort(
            Channel channel,
            long mac,
            int mtu,
            int vnetHeaderSize,
            Set<TapOffload> offloads,
            List<Cidr> networks,
            boolean translates) {
        this.channel = channel;
        this.mac = mac;
        this.mtu = mtu;
        this.vnetHeaderSize = vnetHeaderSize;
        this.networks = List.copyOf(networks);
        this.translates = translates;
        granted = RequiredOffloads.negotiated(offloads);
        addresses = new PortAddresses(this.networks, mac);
        voidPromise = channel.voidPromise();
    }

    /** The name of the interface. */
    public String name() {
        SocketAddress address = channel.localAddress();
        return address == null ? "port" : address.toString();
    }

    /** What the channel has counted, or null if it is not a TAP. */
    public TapCounters channelCounters() {
        return channel instanceof TapChannel ? ((TapChannel) channel).counters() : null;
    }

    /** How many frames that came in through this port had this fate. */
    public long count(RouterCounter counter) {
        return (long) VALUE.getOpaque(counters, counter.ordinal());
    }

    /** All frames that came in here and went nowhere, and those that the channel could not send. */
    public long drops() {
        long drops = channelCounters() == null ? 0 : channelCounters().drops();
        for (RouterCounter counter : RouterCounter.values()) {
            drops += counter.isDrop() ? count(counter) : 0;
        }
        return drops;
    }

    public void increment(RouterCounter counter) {
        VALUE.setOpaque(counters, counter.ordinal(), counters[counter.ordinal()] + 1);
    }

    /** What frames come in and go out through. */
    public Channel channel() {
        return channel;
    }

    /** The router's MAC address on this link. */
    public long mac() {
        return mac;
    }

    public int mtu() {
        return mtu;
    }

    public List<Cidr> networks() {
        return networks;
    }

    /** Whether packets leave through it with the router's address. */
    public boolean translates() {
        return translates;
    }

    public PortAddresses addresses() {
        return addresses;
    }

    /**
     * Queues a frame to be sent at the end of the batch, made whole if the other side does not take it as it is.
     *
     * @param frame owned by this method
     * @param from the port that counts what happens
     * @return true the first time since the last flush
     */
    boolean send(ByteBuf frame, RouterPort from) {
        if (!channel.isWritable()) {
            frame.release();
            from.increment(RouterCounter.CONGESTED);
            return false;
        }
        int needs = vnetHeaderSize == 0 ? 0 : RequiredOffloads.of(frame, frame.readerIndex());
        if ((needs & ~granted) == 0) {
            write(frame);
        } else {
            writeSegments(frame, from);
        }
        boolean first = !touched;
        touched = true;
        return first;
    }

    private void write(ByteBuf frame) {
        channel.write(frame, voidPromise);
    }

    private void writeSegments(ByteBuf frame, RouterPort from) {
        try {
            FrameVerdict verdict =
                    Segmentation.segment(frame, vnetHeaderSize, vnetHeaderSize, channel.alloc(), writeSegment);
            from.increment(verdict == FrameVerdict.WELL_FORMED ? RouterCounter.SEGMENTED : RouterCounter.MALFORMED);
        } finally {
            frame.release();
        }
    }

    void flush() {
        touched = false;
        channel.flush();
    }

    @Override
    public String toString() {
        return "RouterPort(name=" + name() + ", networks=" + networks + ")";
    }
}
