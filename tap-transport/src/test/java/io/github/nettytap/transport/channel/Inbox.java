/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Collects what a channel tells its pipeline; frames as copies, so that no test has to release any. */
@ChannelHandler.Sharable
class Inbox extends ChannelInboundHandlerAdapter {

    final BlockingQueue<byte[]> frames = new LinkedBlockingQueue<>();
    final List<Throwable> errors = new CopyOnWriteArrayList<>();
    final AtomicInteger readCompletes = new AtomicInteger();
    final AtomicInteger emptyBatches = new AtomicInteger();
    final AtomicInteger inactive = new AtomicInteger();

    private int inBatch;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        inBatch++;
        frames.add(NumberedFrames.bytesAndRelease((ByteBuf) message));
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        readCompletes.incrementAndGet();
        if (inBatch == 0) {
            emptyBatches.incrementAndGet();
        }
        inBatch = 0;
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        inactive.incrementAndGet();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        errors.add(cause);
    }

    byte[] next() throws InterruptedException {
        byte[] frame = frames.poll(ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (frame == null) {
            throw new AssertionError("no frame in time; errors=" + errors);
        }
        return frame;
    }
}
