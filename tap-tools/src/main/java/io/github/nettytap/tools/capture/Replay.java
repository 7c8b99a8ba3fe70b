/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.codec.pcap.CapturedFrame;
import io.github.nettytap.codec.pcap.VirtioNetNote;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Plays the frames of a file into a TAP, so that the kernel receives them as if from a network.
 *
 * <p>A frame that was captured with an offload carries a note of it and is given to the kernel in the same way. For one
 * thread, which is not an event loop: it reads the file while the event loop writes the frames before.
 */
public final class Replay {

    private static final int BATCH = 256;

    private final Channel channel;
    private final VnetHeader header;
    private final double speed;
    private final LongAdder refused = new LongAdder();
    private List<ByteBuf> batch = new ArrayList<>(BATCH);
    private ChannelPromise writing;
    private long sent;
    private long bytes;
    private long skipped;
    private long duration;

    /** Waits, and tells whether to stop. */
    @FunctionalInterface
    public interface Pause {
        /** Waits for so long. True if the user wants it to end. */
        boolean sleep(long nanos) throws InterruptedException;
    }

    /**
     * Prepares a replay.
     *
     * @param channel the channel of the TAP, without handlers
     * @param header its virtio-net header
     * @param speed how many times as fast as recorded; infinite for as fast as it goes
     */
    public Replay(Channel channel, VnetHeader header, double speed) {
        this.channel = channel;
        this.header = header;
        this.speed = speed;
        writing = channel.newPromise().setSuccess();
        channel.pipeline().addLast(new Refusals());
    }

    /** Frames are written without a promise each, so what the kernel refuses shows up here. */
    private final class Refusals extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            refused.increment();
        }
    }

    /**
     * Plays frames until there are no more, the interface is gone, or the user has had enough.
     *
     * @param frames the frames
     * @param pause how to wait
     */
    public void run(FrameSelection frames, Pause pause) throws IOException, InterruptedException {
        try {
            long first = CapturedFrame.NO_TIMESTAMP;
            // Read before the clock is: opening a file is no part of what was recorded.
            CapturedFrame frame = frames.next();
            long start = System.nanoTime();
            boolean isStopped = false;
            while (frame != null && !isStopped && channel.isActive()) {
                if (first == CapturedFrame.NO_TIMESTAMP) {
                    first = frame.timestampNanos();
                }
                long wait = frame.hasTimestamp() ? due(start, frame.timestampNanos() - first) - System.nanoTime() : 0;
                if (wait > 0 || batch.size() == BATCH) {
                    send();
                    isStopped = pause.sleep(Math.max(0, wait));
                }
                if (!isStopped) {
                    add(frame);
                    frame = frames.next();
                }
            }
            send();
            writing.await();
            duration = System.nanoTime() - start;
        } finally {
            batch.forEach(ByteBuf::release);
            batch.clear();
        }
    }

    /** When a frame is to be sent that was recorded so long after the first; times that go back are now. */
    private long due(long start, long sinceFirst) {
        double nanos = sinceFirst / speed;
        return start + (long) Math.max(0, Math.min(nanos, Long.MAX_VALUE / 2));
    }

    private void add(CapturedFrame frame) {
        ByteBuf data = frame.data();
        VirtioNetNote note = frame.note();
        if (frame.isSnapped() || data.readableBytes() < EthernetHeader.LENGTH || note != null && !note.fits(header)) {
            skipped++;
            return;
        }
        ByteBuf message = channel.alloc().directBuffer(header.length() + data.readableBytes());
        message.writeZero(header.length()).writeBytes(data, data.readerIndex(), data.readableBytes());
        if (note != null) {
            note.write(message, 0, header);
        }
        batch.add(message);
        sent++;
        bytes += data.readableBytes();
    }

    /** Hands the batch to the event loop in one go, and waits until the one before is written: two are in memory. */
    private void send() throws InterruptedException {
        if (batch.isEmpty()) {
            return;
        }
        List<ByteBuf> frames = batch;
        batch = new ArrayList<>(BATCH);
        ChannelPromise before = writing;
        ChannelPromise written = channel.newPromise();
        writing = written;
        try {
            channel.eventLoop().execute(() -> write(frames, written));
        } catch (RejectedExecutionException e) {
            frames.forEach(ByteBuf::release);
            throw e;
        }
        before.await();
    }

    private void write(List<ByteBuf> frames, ChannelPromise written) {
        int last = frames.size() - 1;
        for (int i = 0; i < last; i++) {
            channel.write(frames.get(i), channel.voidPromise());
        }
        channel.writeAndFlush(frames.get(last)).addListener(end -> {
            if (!end.isSuccess()) {
                refused.increment();
            }
            written.setSuccess();
        });
    }

    /** What was played, as one line without a line end. */
    public String summary() {
        return sent + " frames, " + bytes + " bytes replayed in "
                + String.format(Locale.ROOT, "%.3f", duration / (double) TimeUnit.SECONDS.toNanos(1)) + " s; "
                + skipped + " left out, as the file has only a part of them; " + refused.sum()
                + " refused by the kernel";
    }
}
