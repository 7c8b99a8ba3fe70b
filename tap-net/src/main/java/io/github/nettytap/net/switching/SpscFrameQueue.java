/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.netty.buffer.ByteBuf;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.RejectedExecutionException;

/**
 * Frames on their way from one event loop to another: a bounded ring with one producer and one consumer, which wakes
 * the consumer once a batch and not once a frame.
 *
 * <pre>
 *   producer: offer, offer, … publish     tail moves, then the flag is raised; who raised it queues the task
 *   consumer: run                         the flag is lowered, then all up to tail is taken
 * </pre>
 *
 * <p>Lowering the flag before looking at the tail, and raising it after having moved the tail, makes sure that a frame is
 * never left without a task to come.
 */
final class SpscFrameQueue implements Runnable {

    private static final VarHandle HEAD;
    private static final VarHandle TAIL;
    private static final VarHandle SCHEDULED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            HEAD = lookup.findVarHandle(SpscFrameQueue.class, "head", long.class);
            TAIL = lookup.findVarHandle(SpscFrameQueue.class, "tail", long.class);
            SCHEDULED = lookup.findVarHandle(SpscFrameQueue.class, "scheduled", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final SwitchLoop target;
    private final ByteBuf[] frames;
    private final SwitchPort[] ports;
    private final int mask;

    /** Of the consumer. */
    private long head;

    /** Of the producer: what the consumer may see. */
    private long tail;

    /** Of the producer: what it has written. */
    private long written;

    /** Of the producer: a head that it has seen, and that may be out of date. */
    private long headSeen;

    private boolean scheduled;

    SpscFrameQueue(SwitchLoop target, int capacity) {
        this.target = target;
        frames = new ByteBuf[capacity];
        ports = new SwitchPort[capacity];
        mask = capacity - 1;
    }

    /** Queues a frame for a port of the target loop. False, and the frame is still the caller's, if there is no room. */
    boolean offer(ByteBuf frame, SwitchPort port) {
        if (written - headSeen > mask) {
            headSeen = (long) HEAD.getAcquire(this);
            if (written - headSeen > mask) {
                return false;
            }
        }
        int slot = (int) written & mask;
        frames[slot] = frame;
        ports[slot] = port;
        written++;
        return true;
    }

    /** Makes all that was queued visible and has it taken. */
    void publish() {
        if (written == tail) {
            return;
        }
        TAIL.setVolatile(this, written);
        if (SCHEDULED.compareAndSet(this, false, true)) {
            try {
                target.execute(this);
            } catch (RejectedExecutionException e) {
                // The loop has ended, and with it all its ports; what is in the ring is released when the switch ends.
                return;
            }
        }
    }

    /** On the target loop: writes what has come and flushes. */
    @Override
    public void run() {
        SCHEDULED.setVolatile(this, false);
        long end = (long) TAIL.getVolatile(this);
        for (long next = head; next < end; next++) {
            int slot = (int) next & mask;
            ByteBuf frame = frames[slot];
            SwitchPort port = ports[slot];
            frames[slot] = null;
            ports[slot] = null;
            HEAD.setRelease(this, next + 1);
            target.write(frame, port);
        }
        target.endBatch();
    }

    /** When both loops have ended. */
    void releaseAll() {
        for (int i = 0; i < frames.length; i++) {
            if (frames[i] != null) {
                frames[i].release();
                frames[i] = null;
            }
        }
    }
}
