/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import io.github.nettytap.codec.counter.EnumCounters;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VxlanHeader;
import io.github.nettytap.codec.wire.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.PromiseCombiner;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;

/**
 * A VXLAN tunnel endpoint on a datagram channel: {@code DatagramPacket}s below, {@link VxlanFrame}s above.
 *
 * <pre>
 *  received                                   sent
 * +---------------+--------+----------+      +----------+--------+---------------+
 * | DatagramPacket| VXLAN  | Ethernet |  ==  | Ethernet | VXLAN  | DatagramPacket|
 * | from remote   | header | frame    |      | frame    | header | to remote     |
 * +---------------+--------+----------+      +----------+--------+---------------+
 * </pre>
 *
 * <p>A received frame is the content of its datagram without the header, not a copy. A sent frame goes to the endpoint
 * that its destination is known to be behind, else to all remote endpoints of its network. Its header is written in
 * front of it, where the handler may use it; else the datagram is made of two parts, without a copy either.
 *
 * <p>What is malformed, comes from where nothing may come from, or belongs to no network of this endpoint, is dropped
 * and counted; it neither throws nor closes the channel. A write that is dropped succeeds, since the sender of a frame
 * is promised nothing. Frames with a VLAN tag are dropped unless allowed (RFC 7348, section 6.1). Other messages pass.
 *
 * <p>One handler for each channel; costs a {@code DatagramPacket} for each frame sent, and a {@code VxlanFrame} for
 * each received.
 */
public final class VxlanHandler extends ChannelDuplexHandler {

    /** What a UDP datagram over IPv4 can hold, less the header: 65535 - 20 - 8 - 8. */
    private static final int MAX_FRAME_LENGTH = 65_499;

    private final VxlanPeers peers;
    private final boolean headroom;
    private final boolean vlans;
    private final EnumCounters<VxlanEvent> counts = new EnumCounters<>(VxlanEvent.class);

    /**
     * Makes an endpoint that neither writes in front of frames nor lets tagged ones pass.
     *
     * @param peers the networks, their endpoints and addresses; from now on for the channel's event loop alone
     */
    public VxlanHandler(VxlanPeers peers) {
        this(peers, false, false);
    }

    /**
     * Makes an endpoint.
     *
     * @param peers the networks, their endpoints and addresses; from now on for the channel's event loop alone
     * @param headroom true if the 8 bytes in front of each frame that is written, where the buffer has them, belong to
     *     that frame alone, so that its header can stand there. Not so for a frame that several channels send, such as
     *     a broadcast in a switch
     * @param vlans true to let frames with a VLAN tag pass
     */
    public VxlanHandler(VxlanPeers peers, boolean headroom, boolean vlans) {
        this.peers = Objects.requireNonNull(peers, "peers");
        this.headroom = headroom;
        this.vlans = vlans;
    }

    /**
     * How often something happened.
     *
     * @param event what
     * @return the count; may be read from any thread
     */
    public long count(VxlanEvent event) {
        return counts.get(event);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof DatagramPacket)) {
            ctx.fireChannelRead(message);
            return;
        }
        DatagramPacket packet = (DatagramPacket) message;
        VxlanFrame frame;
        try {
            frame = decapsulate(packet, ctx.executor().ticker().nanoTime());
        } catch (RuntimeException | OutOfMemoryError e) {
            drop(packet, VxlanEvent.DROP_ERROR);
            return;
        }
        if (frame != null) {
            ctx.fireChannelRead(frame);
        }
    }

    /** The frame of a datagram, whose reference it takes over; null if it was dropped. */
    private VxlanFrame decapsulate(DatagramPacket packet, long now) {
        InetSocketAddress sender = packet.sender();
        if (sender != null && !peers.isAllowed(sender.getAddress())) {
            return drop(packet, VxlanEvent.DROP_SENDER);
        }
        ByteBuf content = packet.content();
        int index = content.readerIndex();
        int limit = content.writerIndex();
        if (VxlanHeader.check(content, index, limit) == Wire.MALFORMED) {
            return drop(packet, VxlanEvent.DROP_MALFORMED_HEADER);
        }
        int vni = VxlanHeader.vni(content, index);
        int frame = index + VxlanHeader.LENGTH;
        VxlanEvent reason = refusal(vni, content, frame, limit);
        if (reason != null) {
            return drop(packet, reason);
        }
        if (sender != null) {
            peers.learn(vni, EthernetHeader.source(content, frame), sender.getAddress(), now);
        }
        // The content changes hands: the packet has no reference of its own besides it.
        VxlanFrame decapsulated = new VxlanFrame(vni, content.readerIndex(frame));
        counts.increment(VxlanEvent.DECAPSULATED);
        return decapsulated;
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (!(message instanceof VxlanFrame)) {
            ctx.write(message, promise);
            return;
        }
        VxlanFrame frame = (VxlanFrame) message;
        ByteBuf content = frame.content();
        int index = content.readerIndex();
        VxlanEvent reason = refusal(frame.vni(), content, index, content.writerIndex());
        if (reason == null && content.readableBytes() > MAX_FRAME_LENGTH) {
            reason = VxlanEvent.DROP_TOO_LONG;
        }
        if (reason != null) {
            drop(frame, reason);
            promise.trySuccess();
            return;
        }
        long destination = EthernetHeader.destination(content, index);
        InetSocketAddress remote = MacAddress.isGroup(destination)
                ? null
                : peers.find(frame.vni(), destination, ctx.executor().ticker().nanoTime());
        if (remote != null) {
            ByteBuf datagram = encapsulate(ctx, frame);
            counts.increment(VxlanEvent.ENCAPSULATED);
            ctx.write(new DatagramPacket(datagram, remote), promise);
        } else {
            flood(ctx, frame, promise);
        }
    }

    private void flood(ChannelHandlerContext ctx, VxlanFrame frame, ChannelPromise promise) {
        List<InetSocketAddress> remotes = peers.remotes(frame.vni());
        if (remotes.isEmpty()) {
            drop(frame, VxlanEvent.DROP_NO_REMOTE);
            promise.trySuccess();
            return;
        }
        ByteBuf datagram = encapsulate(ctx, frame);
        counts.increment(VxlanEvent.FLOODED);
        counts.add(VxlanEvent.ENCAPSULATED, remotes.size());
        if (remotes.size() == 1) {
            ctx.write(new DatagramPacket(datagram, remotes.get(0)), promise);
            return;
        }
        PromiseCombiner all = new PromiseCombiner(ctx.executor());
        for (InetSocketAddress remote : remotes) {
            all.add(ctx.write(new DatagramPacket(datagram.retainedDuplicate(), remote)));
        }
        datagram.release();
        all.finish(promise.unvoid());
    }

    /** The datagram of a frame, whose reference it takes over, also when it fails; the write then fails with it. */
    private ByteBuf encapsulate(ChannelHandlerContext ctx, VxlanFrame frame) {
        ByteBuf content = frame.content();
        int index = content.readerIndex();
        if (headroom && index >= VxlanHeader.LENGTH && !content.isReadOnly()) {
            VxlanHeader.write(content, index - VxlanHeader.LENGTH, frame.vni());
            return content.readerIndex(index - VxlanHeader.LENGTH);
        }
        ByteBuf header;
        try {
            header = ctx.alloc().directBuffer(VxlanHeader.LENGTH).writeZero(VxlanHeader.LENGTH);
        } catch (Throwable cause) {
            frame.release(); // Often the last of its receive slab.
            throw cause;
        }
        VxlanHeader.write(header, 0, frame.vni());
        return ctx.alloc().compositeBuffer(2).addComponents(true, header, content);
    }

    /** Why a frame may not pass, in either direction; null if it may. */
    private VxlanEvent refusal(int vni, ByteBuf buffer, int index, int limit) {
        if (!peers.hasNetwork(vni)) {
            return VxlanEvent.DROP_UNKNOWN_NETWORK;
        }
        if (EthernetHeader.check(index, limit) == Wire.MALFORMED) {
            return VxlanEvent.DROP_MALFORMED_FRAME;
        }
        long source = EthernetHeader.source(buffer, index);
        if (MacAddress.isGroup(source) || source == 0) {
            return VxlanEvent.DROP_INVALID_SOURCE;
        }
        if (EthernetHeader.isTag(EthernetHeader.type(buffer, index))) {
            if (!vlans) {
                return VxlanEvent.DROP_VLAN;
            }
            if (limit - index < EthernetHeader.LENGTH + EthernetHeader.TAG_LENGTH) {
                return VxlanEvent.DROP_MALFORMED_FRAME;
            }
        }
        return null;
    }

    private VxlanFrame drop(Object message, VxlanEvent reason) {
        counts.increment(reason);
        ReferenceCountUtil.release(message);
        return null;
    }
}
