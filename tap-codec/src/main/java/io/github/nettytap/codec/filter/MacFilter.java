/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.filter;

import io.github.nettytap.codec.counter.EnumCounters;
import io.github.nettytap.codec.virtio.FrameView;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;

import java.util.Objects;

/**
 * Lets only those frames pass that {@link MacRules} accept: one set of rules for frames that are read, one for frames
 * that are written.
 *
 * <p>At the port of a switch, the rules for reading hold the addresses that the port may send from, and those for
 * writing the addresses that it wants to receive. At a host on its TAP it is the other way round.
 *
 * <p>Frames are {@code ByteBuf}s or {@code ByteBufHolder}s; anything else passes. A frame that is not accepted is
 * released and counted by the rule that refused it; a write of such a frame succeeds, since the frame is as far as it
 * should go. Rules are replaced from any thread while traffic runs: each frame is judged by the old rules or by the new
 * ones. One handler for each channel. It makes no garbage.
 */
public final class MacFilter extends ChannelDuplexHandler {

    private final FrameView view;
    private final EnumCounters<MacVerdict> inboundCounts = new EnumCounters<>(MacVerdict.class);
    private final EnumCounters<MacVerdict> outboundCounts = new EnumCounters<>(MacVerdict.class);
    private volatile MacRules inbound;
    private volatile MacRules outbound;

    /**
     * Makes a filter.
     *
     * @param header the virtio-net header in front of each {@code ByteBuf} frame; the content of a {@code
     *     ByteBufHolder} has none
     * @param inbound the rules for frames that are read
     * @param outbound the rules for frames that are written
     */
    public MacFilter(VnetHeader header, MacRules inbound, MacRules outbound) {
        this.view = new FrameView(header);
        this.inbound = Objects.requireNonNull(inbound, "inbound");
        this.outbound = Objects.requireNonNull(outbound, "outbound");
    }

    /**
     * The rules for frames that are read.
     *
     * @return the rules now in force
     */
    public MacRules inboundRules() {
        return inbound;
    }

    /**
     * Replaces the rules for frames that are read, from any thread.
     *
     * @param rules the new rules
     */
    public void inboundRules(MacRules rules) {
        inbound = Objects.requireNonNull(rules, "rules");
    }

    /**
     * The rules for frames that are written.
     *
     * @return the rules now in force
     */
    public MacRules outboundRules() {
        return outbound;
    }

    /**
     * Replaces the rules for frames that are written, from any thread.
     *
     * @param rules the new rules
     */
    public void outboundRules(MacRules rules) {
        outbound = Objects.requireNonNull(rules, "rules");
    }

    /**
     * How many frames that were read met with a verdict, over all rules that were in force.
     *
     * @param verdict the verdict
     * @return the count
     */
    public long inboundCount(MacVerdict verdict) {
        return inboundCounts.get(verdict);
    }

    /**
     * How many frames that were written met with a verdict, over all rules that were in force.
     *
     * @param verdict the verdict
     * @return the count
     */
    public long outboundCount(MacVerdict verdict) {
        return outboundCounts.get(verdict);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        if (ctx.channel().isActive()) {
            place(ctx);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        place(ctx);
        ctx.fireChannelActive();
    }

    private void place(ChannelHandlerContext ctx) {
        try {
            view.place(ctx);
        } catch (IllegalStateException e) {
            ctx.close(); // Nothing may pass by a filter that cannot read it.
            throw e;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (passes(message, inbound, inboundCounts)) {
            ctx.fireChannelRead(message);
        } else {
            ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (passes(message, outbound, outboundCounts)) {
            ctx.write(message, promise);
        } else {
            ReferenceCountUtil.release(message);
            promise.trySuccess();
        }
    }

    private boolean passes(Object message, MacRules rules, EnumCounters<MacVerdict> counts) {
        if (!view.read(message)) {
            return true;
        }
        MacVerdict verdict = rules.verdict(view.buffer(), view.index(), view.limit());
        counts.increment(verdict);
        return verdict.isAccepted();
    }
}
