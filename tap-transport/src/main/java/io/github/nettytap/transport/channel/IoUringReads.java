/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.IoRegistration;
import io.netty.channel.unix.Errors;
import io.netty.channel.uring.IoUringIoOps;

import java.io.IOException;

/**
 * Reads frames in batches: so many reads are submitted at once, none of which waits, and they complete together within
 * the same system call.
 *
 * <p>A batch grows while it comes back full, and shrinks to what was there when it does not, as every read in vain
 * costs something. Large frames make it small, so that the batch fits into the cache.
 */
final class IoUringReads {

    static final int MAX_BATCH = 64;

    private static final int MIN_BATCH = 2;

    /** About what should go through the cache at once. */
    private static final int BATCH_BYTES = 192 * 1024;

    private static final int EAGAIN = -11;
    private static final int EOPNOTSUPP = -95;
    private static final int ECANCELED = -125;

    private final TapChannel channel;
    private final ReceiveBatch reads;
    private final ReceiveSlots slots;
    private final FrameCopier copier;
    private final TapEndpoint endpoint;
    private final int fd;
    private final int flags;
    private final int headroom;

    /** Null for what is read by {@code read}. */
    private final PacketReceiver receiver;

    /** Bytes in front of a frame as it is received. */
    private final int before;

    /** By slot: the memory of a slot is always the same, so its read operation is too. */
    private final IoUringIoOps[] operations = new IoUringIoOps[ReceiveSlots.MAX_SLOTS];

    private final int[] batchSlots = new int[MAX_BATCH];
    private final int[] results = new int[ReceiveSlots.MAX_SLOTS];
    private int submitted;
    private int pending;
    private int limit = MIN_BATCH;
    private boolean drained = true;
    private boolean full;
    private boolean large;
    private boolean unsupported;

    IoUringReads(TapChannel channel, TapEndpoint endpoint, ReceiveSlots slots, FrameCopier copier, int headroom) {
        this.channel = channel;
        this.endpoint = endpoint;
        this.slots = slots;
        this.copier = copier;
        this.headroom = headroom;
        reads = channel.readLoop();
        fd = endpoint.fd().intValue();
        flags = endpoint.transferFlags();
        receiver = endpoint.newReceiver(channel.counters(), ReceiveSlots.MAX_SLOTS);
        before = headroom + (receiver == null ? 0 : receiver.room());
    }

    boolean isPending() {
        return pending > 0;
    }

    /** Whether the last batch found less than it asked for, so that it is time to wait. */
    boolean isDrained() {
        return drained;
    }

    /** Whether the last batch brought as many frames as a batch may have. */
    boolean isFull() {
        return full;
    }

    /** Whether the frames of the last batch that had any were large on average. */
    boolean isLarge() {
        return large;
    }

    /**
     * Submits a batch and returns its size; 0 means that there are no slots now.
     *
     * @throws OutOfMemoryError or another failure of the allocator, if not one slot could be had
     */
    int submit(IoRegistration registration) {
        int wanted = reads.allowance(limit);
        submitted = 0;
        while (submitted < wanted) {
            int slot = acquire();
            if (slot == ReceiveSlots.NONE) {
                break;
            }
            if (registration.submit(operation(slot)) == 0) {
                slots.giveBack(slot);
                break;
            }
            batchSlots[submitted++] = slot;
        }
        pending = submitted;
        return submitted;
    }

    private int acquire() {
        try {
            return slots.acquire();
        } catch (Throwable cause) {
            if (submitted > 0) {
                return ReceiveSlots.NONE; // A smaller batch will do.
            }
            throw cause;
        }
    }

    private IoUringIoOps operation(int slot) {
        int target = endpoint.readFd().intValue();
        if (target != fd) {
            return read(target, slot);
        }
        IoUringIoOps operation = operations[slot];
        long msghdr = receiver == null ? 0 : receiver.prepare(slot, slots.address(slot) + before);
        if (operation == null) {
            operation = receiver == null ? read(fd, slot) : IoUringOps.recvmsg(fd, msghdr, (short) slot);
            operations[slot] = operation;
        }
        return operation;
    }

    private IoUringIoOps read(int target, int slot) {
        return IoUringOps.read(target, slots.address(slot) + headroom, ReceiveSlabs.MAX_FRAME, flags, (short) slot);
    }

    /** A read has completed; returns true with the last of the batch. */
    boolean completed(int slot, int result) {
        results[slot] = result;
        return --pending == 0;
    }

    /** A poll says that there is something to read. */
    void assumeReadable() {
        drained = false;
    }

    /** Whether the kernel cannot read from this device without waiting, as the last batch has shown. */
    boolean isUnsupported() {
        return unsupported;
    }

    /** Delivers the batch as far as it is wanted; the rest is held until it is. */
    void deliver() {
        int received = 0;
        int receivedBytes = 0;
        drained = false;
        int count = submitted;
        submitted = 0;
        for (int i = 0; i < count; i++) {
            int slot = batchSlots[i];
            int result = results[slot];
            if (receiver == null ? result <= 0 : !receiver.isFrame(slot, result)) {
                slots.giveBack(slot);
                nothingRead(slot, result);
                continue;
            }
            received++;
            receivedBytes += result;
            try {
                if (receiver == null) {
                    reads.offer(take(slot, result), result, ReceiveSlabs.MAX_FRAME);
                } else {
                    ByteBuf frame = takeReceived(slot, receiver.length(result));
                    reads.offer(frame, frame.readableBytes(), Integer.MAX_VALUE);
                }
            } catch (Throwable cause) {
                reads.failed(cause);
            }
        }
        full = received == Math.min(MAX_BATCH, channel.config().maxFramesPerRead());
        adapt(received, receivedBytes);
        if (drained) {
            channel.counters().receiveWouldBlock.increment();
        }
        reads.end();
    }

    private ByteBuf take(int slot, int length) {
        if (slots.isCopying()) {
            channel.counters().framesCopied.increment();
        }
        return slots.take(slot, headroom, length, copier);
    }

    private ByteBuf takeReceived(int slot, int length) {
        int grown = receiver.complete(slot, slots.buffer(slot), slots.start(slot) + before, length);
        if (slots.isCopying()) {
            channel.counters().framesCopied.increment();
        }
        return slots.take(slot, before - grown, length + grown, copier);
    }

    private void nothingRead(int slot, int result) {
        if (receiver != null) {
            notReceived(slot, result);
            return;
        }
        drained = true;
        switch (result) {
            case 0:
                reads.endOfInput();
                break;
            case EAGAIN:
            case ECANCELED:
                break;
            case EOPNOTSUPP:
                unsupported = true;
                break;
            default:
                reads.failed(failure(result));
        }
    }

    private void notReceived(int slot, int result) {
        if (result == ECANCELED) {
            drained = true;
            return;
        }
        try {
            drained |= receiver.isOver(slot, result);
        } catch (IOException e) {
            drained = true;
            reads.failed(e);
        }
    }

    private static Throwable failure(int result) {
        try {
            Errors.ioResult("read", result);
            return null;
        } catch (IOException e) {
            return e;
        }
    }

    private void adapt(int received, int receivedBytes) {
        if (received == 0) {
            limit = MIN_BATCH;
            return;
        }
        int average = receivedBytes / received;
        large = average >= ReceiveSlabs.LARGE_FRAME;
        int fitting = BATCH_BYTES / average;
        int wanted = drained ? received + 1 : limit * 2;
        limit = Math.max(MIN_BATCH, Math.min(Math.min(wanted, MAX_BATCH), fitting));
    }
}
