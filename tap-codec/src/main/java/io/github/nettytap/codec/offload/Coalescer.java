/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.virtio.VirtioNetOffload;
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
 * <p>Frames go in one by one and come out at {@link #flush(ByteBufAllocator, Consumer)}, in the order in which the
 * first frame of each result went in. What cannot be coalesced ends the run of its flow, and a fragment the runs of all
 * flows between its two hosts, so no flow is ever reordered. A frame is coalesced only if its checksums are right, and
 * all that its headers say is the same as in the frame before, but for what segmentation restores: length, checksum,
 * identification, sequence number, and FIN and PSH on the last.
 *
 * <p>Segmenting a result gives back the frames that went in, with one exception: where a flow with DF keeps one
 * identification in all its packets, the segments count up from it. A virtio-net header cannot say otherwise, and with
 * DF the identification means nothing (RFC 6864).
 *
 * <p>Cost: one pass over the payload for the checksum, unless the frame is known to be valid or partial, and one copy
 * of it into the GSO frame. Frames that stay alone are neither summed nor copied.
 *
 * <p>Not for use by several threads.
 */
public final class Coalescer {

    private static final int BUCKETS = 256;

    private final GroFlow[] buckets = new GroFlow[BUCKETS];
    private final Segment segment = new Segment();
    private GroFlow[] runs = new GroFlow[16];
    /** A bit for each kind of {@link Segment#kindBit()}. */
    private final int allowed;

    private final boolean cwrAllowed;
    private int count;
    private int frames;

    /** Makes an empty coalescer of TCP and UDP. */
    public Coalescer() {
        this(EnumSet.allOf(VirtioNetOffload.class));
    }

    private Coalescer(Set<VirtioNetOffload> allowed) {
        this.allowed = bit(allowed, VirtioNetOffload.TSO4, Segment.TCP4)
                | bit(allowed, VirtioNetOffload.TSO6, Segment.TCP6)
                | bit(allowed, VirtioNetOffload.USO4, Segment.UDP4)
                | bit(allowed, VirtioNetOffload.USO6, Segment.UDP6);
        cwrAllowed = allowed.contains(VirtioNetOffload.TSO_ECN);
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
        return of(EnumSet.of(VirtioNetOffload.TSO4, VirtioNetOffload.TSO6, VirtioNetOffload.TSO_ECN));
    }

    /**
     * Makes an empty coalescer of those GSO frames only that these offloads allow, so that what was not negotiated does
     * not come into being.
     *
     * @param offloads any of TSO4, TSO6, TSO_ECN, USO4 and USO6; others mean nothing here
     * @return the coalescer
     */
    public static Coalescer of(Set<VirtioNetOffload> offloads) {
        return new Coalescer(offloads);
    }

    /**
     * Takes a frame.
     *
     * @param frame the frame, which the coalescer owns until the flush
     */
    public void add(VirtioNetFrame frame) {
        add(frame, null);
    }

    /** Takes a frame and the promise of its write, or null, which the result shares with those of its other frames. */
    void add(VirtioNetFrame frame, ChannelPromise promise) {
        Segment.Kind kind = segment.read(frame);
        frames++;
        if (kind == Segment.Kind.OF_HOSTS) {
            endRunsOfHosts();
        }
        if (kind != Segment.Kind.OF_FLOW || (allowed & segment.kindBit()) == 0) {
            nextRun().startSingle(frame, promise);
            return;
        }
        GroFlow run = find();
        boolean candidate = segment.isCandidate(frame);
        if (run != null) {
            if (candidate && run.accepts(segment)) {
                candidate = segment.hasRightChecksum(frame);
                if (candidate && run.hasRightChecksum(segment)) {
                    if (!run.append(frame, promise, segment)) {
                        unlink(run);
                    }
                    return;
                }
            }
            unlink(run);
        }
        GroFlow started = nextRun();
        if (!candidate || segment.isCongestionWindowReduced() && !cwrAllowed) {
            started.startSingle(frame, promise);
        } else if (started.start(frame, promise, segment)) {
            started.next = buckets[started.hash & BUCKETS - 1];
            buckets[started.hash & BUCKETS - 1] = started;
            started.isOpen = true;
        }
    }

    /** Ends each run that a frame without ports may be of. Rare, and bounded by the frames that wait. */
    private void endRunsOfHosts() {
        for (int i = 0; i < count; i++) {
            if (runs[i].mayBeFlowOf(segment)) {
                unlink(runs[i]);
            }
        }
    }

    private GroFlow find() {
        GroFlow run = buckets[segment.hash & BUCKETS - 1];
        while (run != null && !run.isFlowOf(segment)) {
            run = run.next;
        }
        return run;
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
     * @param alloc where GSO frames come from
     * @param output takes each result and owns it; must not use this coalescer
     */
    public void flush(ByteBufAllocator alloc, Consumer<? super VirtioNetFrame> output) {
        int flushed = count;
        forget();
        int i = 0;
        try {
            for (; i < flushed; i++) {
                VirtioNetFrame result = runs[i].finish(alloc);
                if (result != null) {
                    output.accept(result);
                } else {
                    runs[i].takeApart((frame, promise) -> output.accept(frame));
                }
            }
        } finally {
            while (i < flushed) {
                runs[i++].discard();
            }
        }
    }

    /** Hands out everything that went in with promises; one for each result, which completes those of its frames. */
    void flush(ChannelHandlerContext ctx, BiConsumer<VirtioNetFrame, ChannelPromise> output) {
        int flushed = count;
        forget();
        for (int i = 0; i < flushed; i++) {
            ChannelPromise promise = runs[i].promise(ctx);
            VirtioNetFrame result = runs[i].finish(ctx.alloc());
            if (result != null) {
                output.accept(result, promise);
            } else {
                runs[i].takeApart(output);
            }
        }
    }

    /** Releases everything that went in. */
    public void discard() {
        int discarded = count;
        forget();
        for (int i = 0; i < discarded; i++) {
            runs[i].discard();
        }
    }

    private void forget() {
        for (int i = 0; i < count; i++) {
            GroFlow run = runs[i];
            buckets[run.hash & BUCKETS - 1] = null;
            run.next = null;
            run.isOpen = false;
        }
        segment.forget();
        count = 0;
        frames = 0;
    }
}
