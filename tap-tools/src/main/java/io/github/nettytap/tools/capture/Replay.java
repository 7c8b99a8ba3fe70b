/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.codec.pcap.CapturedFrame;
import io.github.nettytap.codec.pcap.VirtioNetNote;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;

import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Plays the frames of a file into a TAP, so that the kernel receives them as if from a network.
 *
 * <p>A frame that was captured with an offload carries a note of it and is given to the kernel in the same way. For one
 * thread, which is not an event loop.
 */
public final class Replay {

    private static final int BATCH = 64;

    private final Channel channel;
    private final int vnetHeaderSize;
    private final double speed;
    private final LongAdder refused = new LongAdder();
    private long sent;
    private long bytes;
    private long skipped;

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
     * @param vnetHeaderSize the length of its virtio-net header
     * @param speed how many times as fast as recorded; infinite for as fast as it goes
     */
    public Replay(Channel channel, int vnetHeaderSize, double speed) {
        this.channel = channel;
        this.vnetHeaderSize = vnetHeaderSize;
        this.speed = speed;
    }

    /**
     * Plays frames until there are no more, or the user has had enough.
     *
     * @param frames the frames
     * @param pause how to wait
     */
    public void run(FrameSelection frames, Pause pause) throws IOException, InterruptedException {
        long start = System.nanoTime();
        long first = Long.MIN_VALUE;
        ChannelFuture last = channel.newSucceededFuture();
        boolean stopped = false;
        int batch = 0;
        for (CapturedFrame frame = frames.next(); frame != null && !stopped; frame = frames.next()) {
            first = first == Long.MIN_VALUE ? frame.timestampNanos() : first;
            long wait = start + (long) ((frame.timestampNanos() - first) / speed) - System.nanoTime();
            if (wait > 0 || batch == BATCH) {
                channel.flush();
                batch = 0;
                // One batch at a time: what is in the channel is bounded.
                last.await();
                stopped = pause.sleep(Math.max(0, wait));
            }
            if (!stopped) {
                last = send(frame, last);
                batch++;
            }
        }
        channel.flush();
        last.await();
    }

    private ChannelFuture send(CapturedFrame frame, ChannelFuture last) {
        ByteBuf data = frame.data();
        if (frame.isSnapped() || data.readableBytes() < EthernetHeader.LENGTH) {
            skipped++;
            return last;
        }
        ByteBuf packet = channel.alloc().directBuffer(vnetHeaderSize + data.readableBytes());
        packet.writeZero(vnetHeaderSize).writeBytes(data, data.readerIndex(), data.readableBytes());
        VirtioNetNote note = VirtioNetNote.parse(frame.comment());
        if (note != null) {
            VirtioNetHeader.flags(packet, 0, note.flags());
            VirtioNetHeader.gsoType(packet, 0, note.gsoType());
            VirtioNetHeader.headerLengthHint(packet, 0, note.headerLength());
            VirtioNetHeader.gsoSize(packet, 0, note.gsoSize());
            VirtioNetHeader.checksumStart(packet, 0, note.checksumStart());
            VirtioNetHeader.checksumOffset(packet, 0, note.checksumOffset());
            if (vnetHeaderSize >= VirtioNetHeader.TUNNEL_LENGTH) {
                VirtioNetHeader.outerTransportOffset(packet, 0, note.outerTransportOffset());
                VirtioNetHeader.innerNetworkOffset(packet, 0, note.innerNetworkOffset());
            }
        }
        sent++;
        bytes += data.readableBytes();
        return channel.write(packet).addListener(written -> {
            if (!written.isSuccess()) {
                refused.increment();
            }
        });
    }

    /** What was played, as one line without a line end. */
    public String summary(long nanos) {
        return sent + " frames, " + bytes + " bytes replayed in "
                + String.format(Locale.ROOT, "%.3f", nanos / (double) TimeUnit.SECONDS.toNanos(1)) + " s; "
                + skipped + " left out, as the file has only a part of them; " + refused.sum()
                + " refused by the kernel";
    }
}
