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
 * <p>Lowering the flag before looking at the tail, and raising it after having moved the tail, makes sure that a frame
 * is never left without a task to come.
 *
 * <p>What the two write lies two cache lines apart, since processors fetch lines in pairs. As in JCTools, a level of
 * the class hierarchy each keeps the fields and the padding in their order: the JVM orders them within a class as it
 * likes.
 */
final class SpscFrameQueue extends SpscFrameQueueConsumer implements Runnable {

    private static final VarHandle HEAD;
    private static final VarHandle TAIL;
    private static final VarHandle SCHEDULED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            HEAD = lookup.findVarHandle(SpscFrameQueueConsumer.class, "head", long.class);
            TAIL = lookup.findVarHandle(SpscFrameQueueProducer.class, "tail", long.class);
            SCHEDULED = lookup.findVarHandle(SpscFrameQueueFlag.class, "scheduled", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    SpscFrameQueue(SwitchLoop target, int capacity) {
        super(target, capacity);
    }

    /**
     * Queues a frame for a port of the target loop. False, and the frame is still the caller's, if there is no room.
     */
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

/** Read by both sides, written by neither. */
class SpscFrameQueueShared {

    final SwitchLoop target;
    final ByteBuf[] frames;
    final SwitchPort[] ports;
    final int mask;

    SpscFrameQueueShared(SwitchLoop target, int capacity) {
        this.target = target;
        frames = new ByteBuf[capacity];
        ports = new SwitchPort[capacity];
        mask = capacity - 1;
    }
}

class SpscFrameQueuePadding1 extends SpscFrameQueueShared {

    long a0, a1, a2, a3, a4, a5, a6, a7;
    long a8, a9, a10, a11, a12, a13, a14, a15;

    SpscFrameQueuePadding1(SwitchLoop target, int capacity) {
        super(target, capacity);
    }
}

class SpscFrameQueueProducer extends SpscFrameQueuePadding1 {

    /** What the consumer may see. */
    long tail;

    /** What the producer has written. */
    long written;

    /** A head that the producer has seen, and that may be out of date. */
    long headSeen;

    SpscFrameQueueProducer(SwitchLoop target, int capacity) {
        super(target, capacity);
    }
}

class SpscFrameQueuePadding2 extends SpscFrameQueueProducer {

    long b0, b1, b2, b3, b4, b5, b6, b7;
    long b8, b9, b10, b11, b12, b13, b14, b15;

    SpscFrameQueuePadding2(SwitchLoop target, int capacity) {
        super(target, capacity);
    }
}

/** Written by both, once a batch. */
class SpscFrameQueueFlag extends SpscFrameQueuePadding2 {

    boolean scheduled;

    SpscFrameQueueFlag(SwitchLoop target, int capacity) {
        super(target, capacity);
    }
}

class SpscFrameQueuePadding3 extends SpscFrameQueueFlag {

    long c0, c1, c2, c3, c4, c5, c6, c7;
    long c8, c9, c10, c11, c12, c13, c14, c15;

    SpscFrameQueuePadding3(SwitchLoop target, int capacity) {
        super(target, capacity);
    }
}

class SpscFrameQueueConsumer extends SpscFrameQueuePadding3 {

    /** The next frame to take. */
    long head;

    SpscFrameQueueConsumer(SwitchLoop target, int capacity) {
        super(target, capacity);
    }
}
