/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.virtio.VirtioNetOffload;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Coalesces consecutive frames of a TCP or UDP flow into GSO frames, as the kernel's GRO does with what a card delivers
 * in one poll.
 *
 * <p>Frames go in one by one and come out at {@link #flush(Consumer)}, in the order in which the
 * first frame of each result went in. What cannot be coalesced ends the run of its flow, and a fragment the runs of all
 * flows between its two hosts, so no flow is ever reordered. A frame is coalesced only if its checksums are right, and
 * all that its headers say is the same as in the frame before, but for what segmentation restores: length, checksum,
 * identification, sequence number, and FIN and PSH on the last. A frame with CWR stays alone: between hosts that speak
 * Accurate ECN (RFC 9768) it is a bit of a counter, which no GSO frame carries.
 *
 * <p>Segmenting a result gives back the frames that went in, with one exception: where a flow with DF keeps one
 * identification in all its packets, the segments count up from it. A virtio-net header cannot say otherwise, and with
 * DF the identification means nothing (RFC 6864).
 *
 * <p>Cost: one pass over the payload for the checksum, unless the frame is known to be valid or partial, and one copy
 * of it into the GSO frame, at once, so that the frame is released while it is still in the first cache and its memory
 * can be read into again. Frames that stay alone are neither summed nor copied. Memory: what went in, in buffers that
 * are at most twice as long as their frames, and 256 KiB. A frame is compared with eight runs at most, however many
 * flows there are; if more meet in one place of the table, the oldest of them ends.
 *
 * <p>Not for use by several threads.
 */
public final class Coalescer {

    private static final int BUCKETS = 256;
    private static final int MAX_SPARE = 256 << 10;

    /** As MAX_GRO_SKBS of the kernel: who sends many flows at once does not make each frame pass all of them. */
    private static final int MAX_RUNS_PER_BUCKET = 8;

    private final GroFlow[] buckets = new GroFlow[BUCKETS];
    private final Segment segment = new Segment();
    private final EndedHosts ended = new EndedHosts();
    private GroFlow[] runs = new GroFlow[16];
    /** A bit for each kind of {@link Segment#kindBit()}. */
    private final int allowed;

    /** The run that was last appended to, which the next frame most likely continues. */
    private GroFlow predicted;

    /** How large GSO frames were of late. */
    private int usualSize;

    /** How much room was made on the strength of that since the last flush. */
    private int spare;

    private int count;
    private int frames;
    private long comparisons;

    /** Makes an empty coalescer of TCP and UDP. */
    public Coalescer() {
        this(EnumSet.allOf(VirtioNetOffload.class));
    }

    private Coalescer(Set<VirtioNetOffload> allowed) {
        this.allowed = bit(allowed, VirtioNetOffload.TSO4, Segment.TCP4)
                | bit(allowed, VirtioNetOffload.TSO6, Segment.TCP6)
                | bit(allowed, VirtioNetOffload.USO4, Segment.UDP4)
                | bit(allowed, VirtioNetOffload.USO6, Segment.UDP6);
        Arrays.setAll(runs, i -> new GroFlow());
    }

    private static int bit(Set<VirtioNetOffload> allowed, VirtioNetOffload offload, int bit) {
        return allowed.contains(offload) ? bit : 0;
    }

    /**
     * Makes an empty coalescer that leaves UDP alone: for kernels before 6.2, which take no UDP GSO frames, and for
     * 7.0, which mangles them.
     *
     * @return the coalescer
     */
    public static Coalescer tcpOnly() {
        return of(EnumSet.of(VirtioNetOffload.TSO4, VirtioNetOffload.TSO6));
    }

    /**
     * Makes an empty coalescer of those GSO frames only that these offloads allow, so that what was not negotiated does
     * not come into being.
     *
     * @param offloads any of TSO4, TSO6, USO4 and USO6; others mean nothing here
     * @return the coalescer
     */
    public static Coalescer of(Set<VirtioNetOffload> offloads) {
        return new Coalescer(offloads);
    }

    /**
     * Takes a frame. GSO frames come from the allocator of its content.
     *
     * @param frame the frame, which the coalescer owns until the flush
     */
    public void add(VirtioNetFrame frame) {
        add(frame, frame.content().alloc());
    }

    /**
     * Takes a frame.
     *
     * @param frame the frame, which the coalescer owns until the flush
     * @param alloc where the GSO frame comes from, if the frame is coalesced with one that came before
     */
    public void add(VirtioNetFrame frame, ByteBufAllocator alloc) {
        add(frame, 0, null, alloc);
    }

    /**
     * Takes a frame with its virtio-net header in one buffer. Cheaper than a {@link VirtioNetFrame}, where none is
     * needed.
     *
     * @param frame header and frame, which the coalescer owns until the flush
     * @param header the header in front of the frame; {@link VnetHeader#NONE} for a complete frame alone
     * @param alloc where the GSO frame comes from, if the frame is coalesced with one that came before
     */
    public void add(ByteBuf frame, VnetHeader header, ByteBufAllocator alloc) {
        add(frame, header.length(), null, alloc);
    }

    /**
     * Takes a {@link VirtioNetFrame}, or a buffer of header and frame, and the promise of its write, or null, which the
     * result shares with those of its other frames.
     */
    void add(Object msg, int headerLength, ChannelPromise promise, ByteBufAllocator alloc) {
        if (msg instanceof ByteBuf) {
            segment.take((ByteBuf) msg, headerLength);
        } else {
            segment.take((VirtioNetFrame) msg);
        }
        frames++;
        if (predicted == null || !predicted.isOpen || !segment.isPredicted(predicted)) {
            addUnpredicted(msg, headerLength, promise, alloc);
        } else if (!predicted.appendPredicted(msg, promise, segment)) {
            unlink(predicted);
        }
    }

    private void addUnpredicted(Object msg, int headerLength, ChannelPromise promise, ByteBufAllocator alloc) {
        Segment.Kind kind = segment.read();
        if (kind == Segment.Kind.OF_HOSTS) {
            ended.add(segment.hostsHash, count);
            predicted = predicted != null && predicted.hostsHash == segment.hostsHash ? null : predicted;
        }
        if (kind != Segment.Kind.OF_FLOW || (allowed & segment.kindBit()) == 0) {
            nextRun().startSingle(msg, headerLength, promise);
            return;
        }
        GroFlow run = find();
        boolean candidate = segment.isCandidate();
        if (run != null) {
            if (candidate && run.accepts(segment)) {
                candidate = segment.hasRightChecksum();
                if (candidate && run.hasRightChecksum(segment) && run.makeRoom(segment, alloc, this)) {
                    predicted = run;
                    if (!run.append(msg, promise, segment)) {
                        unlink(run);
                    }
                    return;
                }
            }
            unlink(run);
        }
        GroFlow started = nextRun();
        started.startSingle(msg, headerLength, promise);
        if (candidate && started.start(segment)) {
            started.order = count - 1;
            link(started);
        }
    }

    /** Puts a run in front of its bucket, which the oldest one leaves if there are too many. */
    private void link(GroFlow started) {
        int bucket = started.hash & BUCKETS - 1;
        started.next = buckets[bucket];
        buckets[bucket] = started;
        started.isOpen = true;
        GroFlow last = started;
        for (int i = 1; i < MAX_RUNS_PER_BUCKET && last.next != null; i++) {
            last = last.next;
        }
        if (last.next != null) {
            unlink(last.next);
        }
    }

    /**
     * How much room to make for a GSO frame of which two segments are known, at least. As much as the last ones needed,
     * so that they are not moved while they grow, but of all that are open no more than {@link #MAX_SPARE} on such a
     * guess.
     */
    int room(int needed, int limit) {
        int guess = Math.min(usualSize, limit);
        if (guess <= needed || spare + guess > MAX_SPARE) {
            return needed;
        }
        spare += guess;
        return guess;
    }

    private GroFlow find() {
        GroFlow run = buckets[segment.hash & BUCKETS - 1];
        while (run != null) {
            comparisons++;
            if (run.isFlowOf(segment)) {
                break;
            }
            run = run.next;
        }
        if (run != null && ended.isEnded(run.hostsHash, run.order)) {
            unlink(run);
            return null;
        }
        return run;
    }

    /** How often a frame was compared with a run: what the cost of many flows is judged by. */
    long comparisons() {
        return comparisons + ended.probes();
    }

    private void unlink(GroFlow run) {
        int bucket = run.hash & BUCKETS - 1;
        if (buckets[bucket] == run) {
            buckets[bucket] = run.next;
        } else {
            GroFlow before = buckets[bucket];
            while (before.next != run) {
                before = before.next;
            }
            before.next = run.next;
        }
        run.next = null;
        run.isOpen = false;
    }

    private GroFlow nextRun() {
        if (count == runs.length) {
            runs = Arrays.copyOf(runs, 2 * count);
            for (int i = count; i < runs.length; i++) {
                runs[i] = new GroFlow();
            }
        }
        return runs[count++];
    }

    /**
     * How many frames wait for the flush.
     *
     * @return the count
     */
    public int size() {
        return frames;
    }

    /**
     * Hands out everything that went in.
     *
     * @param output takes each result and owns it; must not use this coalescer
     */
    public void flush(Consumer<? super VirtioNetFrame> output) {
        int flushed = count;
        forget();
        int i = 0;
        try {
            while (i < flushed) {
                output.accept(finish(runs[i++]).toFrame());
            }
        } finally {
            discard(i, flushed);
        }
    }

    /**
     * Hands out everything that went in as buffers of virtio-net header and frame. What went in like that and stayed
     * alone is handed out as it came.
     *
     * @param header the header that the results get; the one that buffers were {@linkplain #add(ByteBuf, VnetHeader,
     *     ByteBufAllocator) added} with
     * @param alloc where a buffer comes from, if there is no room for the header in front of a frame
     * @param output takes each result and owns it; must not use this coalescer
     */
    public void flush(VnetHeader header, ByteBufAllocator alloc, Consumer<? super ByteBuf> output) {
        int flushed = count;
        forget();
        int i = 0;
        try {
            while (i < flushed) {
                output.accept(finish(runs[i++]).toBuffer(header.length(), alloc));
            }
        } finally {
            discard(i, flushed);
        }
    }

    /**
     * Hands out everything that went in with promises; one for each result, which completes those of its frames. What
     * stayed alone is handed out as it came.
     */
    void flush(ChannelHandlerContext ctx, BiConsumer<Object, ChannelPromise> output) {
        int flushed = count;
        forget();
        for (int i = 0; i < flushed; i++) {
            ChannelPromise promise = runs[i].promise(ctx);
            output.accept(finish(runs[i]).take(), promise);
        }
    }

    private GroFlow finish(GroFlow run) {
        int size = run.finish();
        if (size > 0) {
            usualSize = Math.max(size, usualSize - (usualSize - size) / 4);
        }
        return run;
    }

    private void discard(int from, int to) {
        for (int i = from; i < to; i++) {
            runs[i].discard();
        }
    }

    /** Fails the writes of everything that went in, and releases it. */
    void fail(Throwable cause) {
        for (int i = 0; i < count; i++) {
            runs[i].fail(cause);
        }
        forget();
    }

    /** Releases everything that went in. */
    public void discard() {
        int discarded = count;
        forget();
        discard(0, discarded);
    }

    private void forget() {
        for (int i = 0; i < count; i++) {
            GroFlow run = runs[i];
            buckets[run.hash & BUCKETS - 1] = null;
            run.next = null;
            run.isOpen = false;
        }
        segment.forget();
        ended.clear();
        predicted = null;
        spare = 0;
        count = 0;
        frames = 0;
    }
}
