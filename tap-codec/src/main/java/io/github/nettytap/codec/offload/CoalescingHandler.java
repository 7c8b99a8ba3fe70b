/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Coalesces the frames of one read burst into GSO frames.
 *
 * <p>In go the {@link VirtioNetFrame}s between two {@code channelReadComplete}, out come GSO frames and the frames that
 * stayed alone, at {@code channelReadComplete} or after {@value #MAX_FRAMES} frames; see {@link Coalescer}. Other
 * messages pass, after what came before them. Place it behind the codec of a port without receive offload, in front of
 * handlers that take GSO frames.
 *
 * <p>Cost: one pass over the payload for the checksum, one copy into the GSO frame. No frame waits longer than its
 * burst.
 */
public final class CoalescingHandler extends ChannelInboundHandlerAdapter {

    /** How many frames may wait, so that an endless burst does not hold memory without end. */
    public static final int MAX_FRAMES = 1024;

    private final Coalescer coalescer;
    private volatile long received;
    private volatile long delivered;

    /** Makes a handler that coalesces TCP and UDP, for one channel. */
    public CoalescingHandler() {
        this(new Coalescer());
    }

    private CoalescingHandler(Coalescer coalescer) {
        this.coalescer = coalescer;
    }

    /**
     * Makes a handler that leaves UDP alone; see {@link Coalescer#tcpOnly()}.
     *
     * @return the handler, for one channel
     */
    public static CoalescingHandler tcpOnly() {
        return new CoalescingHandler(Coalescer.tcpOnly());
    }

    /**
     * How many frames came in. Any thread may ask.
     *
     * @return the count
     */
    public long received() {
        return received;
    }

    /**
     * How many frames and GSO frames went on. Any thread may ask.
     *
     * @return the count
     */
    public long delivered() {
        return delivered;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        if (!(msg instanceof VirtioNetFrame)) {
            flush(ctx);
            Misplaced.pass(ctx, msg);
            return;
        }
        received++;
        coalescer.add((VirtioNetFrame) msg, ctx.alloc());
        if (coalescer.size() >= MAX_FRAMES) {
            flush(ctx);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        flush(ctx);
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        flush(ctx);
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        // As with every decoder that is removed: what came in goes on.
        if (coalescer.size() > 0) {
            flush(ctx);
            ctx.fireChannelReadComplete();
        }
    }

    private void flush(ChannelHandlerContext ctx) {
        if (coalescer.size() > 0) {
            coalescer.flush(frame -> {
                delivered++;
                ctx.fireChannelRead(frame);
            });
        }
    }
}
