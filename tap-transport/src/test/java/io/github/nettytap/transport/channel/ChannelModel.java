/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What Netty promises of a channel, as far as a handler can see it: the model that random runs are compared with.
 *
 * <p>Frames come in order, none twice, only while they are wanted, and a batch ends after frames only. The channel is
 * inactive once. Each promise is completed once. What the peer gets is what was written and succeeded, in that order.
 */
final class ChannelModel extends ChannelDuplexHandler {

    /** A frame that was given to the channel. */
    static final class Write {

        final int number;
        final ChannelFuture future;
        final ByteBuf buffer;
        final AtomicInteger completions = new AtomicInteger();

        Write(ChannelModel model, int number, ByteBuf buffer, ChannelFuture future) {
            this.number = number;
            this.buffer = buffer;
            this.future = future;
            future.addListener(done -> {
                completions.incrementAndGet();
                run(model.inNextPromise, null);
            });
        }
    }

    static final int NO_FRAME = -1;

    final List<Write> writes = Collections.synchronizedList(new ArrayList<>());
    final List<String> violations = new CopyOnWriteArrayList<>();
    final List<Throwable> errors = new CopyOnWriteArrayList<>();
    final Deque<ChannelConsumer> inNextRead = new ConcurrentLinkedDeque<>();
    final Deque<ChannelConsumer> inNextCompletion = new ConcurrentLinkedDeque<>();
    final Deque<ChannelConsumer> inNextPromise = new ConcurrentLinkedDeque<>();
    private final BitSet received = new BitSet();
    final AtomicInteger inactive = new AtomicInteger();
    final AtomicInteger slack = new AtomicInteger();
    volatile boolean keeping;
    private final List<ByteBuf> kept = new ArrayList<>();
    private boolean readAsked;
    private int inBatch;

    /** Something that a handler does in the middle of an event. */
    interface ChannelConsumer {
        void accept(ChannelHandlerContext context);
    }

    @Override
    public void read(ChannelHandlerContext context) {
        readAsked |= !context.channel().config().isAutoRead();
        context.read();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf frame = (ByteBuf) message;
        if (!context.channel().config().isAutoRead() && !readAsked && slack.getAndDecrement() <= 0) {
            violations.add("a frame that nobody asked for: " + describe(frame));
        }
        readAsked = false;
        inBatch++;
        check(frame);
        int number = frame.getInt(frame.readerIndex() + NumberedFrames.HEADER);
        synchronized (received) {
            if (number < received.length()) {
                violations.add("frame " + number + " after frame " + (received.length() - 1));
            }
            received.set(number);
        }
        if (inactive.get() > 0) {
            violations.add("a frame after channelInactive");
        }
        if (keeping) {
            kept.add(frame);
        } else {
            frame.release();
        }
        run(inNextRead, context);
    }

    /** How many frames from this number on have come. */
    int receivedFrom(int number) {
        synchronized (received) {
            return received.get(number, Math.max(number, received.length())).cardinality();
        }
    }

    private static void run(Deque<ChannelConsumer> actions, ChannelHandlerContext context) {
        ChannelConsumer action = actions.poll();
        if (action != null) {
            action.accept(context);
        }
    }

    private void check(ByteBuf frame) {
        byte[] bytes = ByteBufUtil.getBytes(frame);
        if (!Arrays.equals(bytes, NumberedFrames.numbered(NumberedFrames.numberOf(bytes), bytes.length))) {
            violations.add("damaged: " + describe(frame));
        }
    }

    private static String describe(ByteBuf frame) {
        return frame.getInt(frame.readerIndex() + NumberedFrames.HEADER) + " of " + frame.readableBytes() + " bytes";
    }

    /** On the event loop, or when that has let go of the channel. */
    void releaseKept() {
        for (ByteBuf frame : kept) {
            check(frame);
            frame.release();
        }
        kept.clear();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (inBatch == 0) {
            violations.add("channelReadComplete without a frame");
        }
        inBatch = 0;
        run(inNextCompletion, context);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        inactive.incrementAndGet();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        errors.add(cause);
    }

    /**
     * Compares what the peer has got with what was written and succeeded.
     *
     * @param mayNotArrive up to this number the kernel may have lost frames
     * @param cut whether the peer has closed without reading the last frames
     */
    void compareSent(List<Integer> arrived, int mayNotArrive, boolean cut) {
        List<Integer> succeeded = new ArrayList<>();
        for (Write write : List.copyOf(writes)) {
            if (!write.future.isDone()) {
                violations.add("a promise that is not completed: frame " + write.number);
            } else if (write.completions.get() != 1) {
                violations.add("a promise completed " + write.completions + " times: frame " + write.number);
            }
            if (write.future.isSuccess() && write.number != NO_FRAME) {
                succeeded.add(write.number);
            }
            if (write.buffer.refCnt() != 0 && write.buffer != Unpooled.EMPTY_BUFFER) {
                violations.add("a buffer that was not released: frame " + write.number);
            }
        }
        succeeded.removeIf(number -> number <= mayNotArrive && !arrived.contains(number));
        if (cut && succeeded.size() > arrived.size()) {
            succeeded.subList(arrived.size(), succeeded.size()).clear();
        }
        if (!succeeded.equals(arrived)) {
            violations.add("succeeded: " + succeeded + ", arrived: " + arrived);
        }
    }
}
