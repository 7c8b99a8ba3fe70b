/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoRegistration;
import io.netty.channel.uring.IoUringIoEvent;
import io.netty.channel.uring.IoUringIoHandle;
import io.netty.util.internal.SystemPropertyUtil;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A channel on an io_uring event loop: waits by polls that complete once, reads and writes in batches that never wait.
 *
 * <p>A read that waits would not do: it keeps the interface alive after the channel is closed, and one at a time is
 * slower than a system call. With {@code RWF_NOWAIT} the kernel carries a batch out in order within the system call
 * that submits it, and nothing of it is left behind.
 *
 * <p>What is in flight refers to memory and to the descriptor. So the end comes in steps: polls are cancelled,
 * everything in flight completes, then the descriptor is closed and the registration cancelled.
 */
final class IoUringTapIo extends TapIo implements IoUringIoHandle {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(IoUringTapIo.class);

    /** Switches batches off, for a kernel on which they would turn out to be wrong. */
    private static final boolean BATCHES = SystemPropertyUtil.getBoolean("io.github.nettytap.ioUringBatches", true);

    private static final AtomicBoolean FALLBACK_LOGGED = new AtomicBoolean();

    private static final int POLL_READ = 1;
    private static final int POLL_WRITE = 2;
    private static final int POLL_DEVICE = 3;

    private static final int ECANCELED = -125;

    private final TapChannel channel;
    private final LoopBuffers buffers;
    private final IoUringReads reads;
    private final IoUringWrites writes;
    private final IoUringPoll readPoll;
    private final IoUringPoll writePoll;

    /**
     * Notices the end of the device while nobody reads. Unlike epoll, io_uring ignores a wake-up that mentions nothing
     * of what a poll asked for, PRI excepted, and a TAP's last wake-up says IN, PRI, RDNORM and RDBAND. So this asks
     * for RDBAND; each frame that arrives completes it too, up to a queue full of them, and it is armed again. A reader
     * notices by itself, so it is not armed then.
     */
    private final IoUringPoll devicePoll;

    private final SystemCallReads systemCallReads;
    private final RestPolicy restPolicy;
    private final RestPolicy.Entry rest = new RestPolicy.Entry(this::endRest);

    private IoRegistration registration;

    /** Operations that have yet to complete, and what else must end before the channel may leave. */
    private int inFlight;

    private boolean readingInBatches;
    private boolean writingInBatches;

    /** Large frames are read by system calls, one after the other: what they fill stays in the cache. */
    private boolean readingLargeFrames;

    private boolean reading;
    private boolean delivering;
    private boolean leaving;
    private final Queue<Runnable> whenIdle = new ArrayDeque<>(1);

    /** @param buffers acquired for this, which releases them */
    IoUringTapIo(TapChannel channel, TapEndpoint endpoint, LoopBuffers buffers, FrameCopier copier) {
        this.channel = channel;
        this.buffers = buffers;
        int fd = endpoint.fd().intValue();
        int headroom = channel.config().getHeadroom();
        reads = new IoUringReads(channel, endpoint, buffers.slots(), copier, headroom);
        writes = new IoUringWrites(channel.writeLoop(), endpoint);
        systemCallReads = new SystemCallReads(channel, endpoint, buffers.slabs(), copier, headroom, rest);
        restPolicy = channel.resources().restPolicy();
        readPoll = new IoUringPoll(fd, IoUringPoll.IN | IoUringPoll.ERR | IoUringPoll.HUP, POLL_READ);
        writePoll = new IoUringPoll(fd, IoUringPoll.OUT | IoUringPoll.ERR | IoUringPoll.HUP, POLL_WRITE);
        devicePoll = new IoUringPoll(fd, IoUringPoll.RDBAND | IoUringPoll.ERR | IoUringPoll.HUP, POLL_DEVICE);
        // A batch cannot be undone where a frame in its middle has to wait.
        writingInBatches = BATCHES && !endpoint.mayBlock();
        readingInBatches = BATCHES;
    }

    @Override
    IoHandle handle() {
        return this;
    }

    @Override
    void start(IoRegistration registration) {
        this.registration = registration;
        watchDevice();
    }

    private void watchDevice() {
        if (!reading && !leaving && !readPoll.isArmed() && !reads.isPending()) {
            inFlight += devicePoll.arm(registration);
        }
    }

    @Override
    void beginRead() {
        reading = true;
        if (devicePoll.isArmed() && channel.config().isAutoRead()) {
            inFlight += devicePoll.cancel(registration);
        }
        if (!delivering) {
            continueReading();
        }
    }

    @Override
    void stopRead() {
        reading = false;
        if (!delivering) {
            watchDevice();
        }
    }

    private boolean isBatchNext() {
        return readingInBatches && !readingLargeFrames;
    }

    /** Submits the next batch while the last one was full, else waits. */
    private void continueReading() {
        if (!reading
                || leaving
                || reads.isPending()
                || readPoll.isArmed()
                || channel.readLoop().hasHeld()) {
            return;
        }
        if (reads.isDrained() || !isBatchNext()) {
            inFlight += readPoll.arm(registration);
            return;
        }
        int submitted;
        try {
            submitted = reads.submit(registration);
        } catch (Throwable cause) {
            channel.failures().readFailed(cause);
            return;
        }
        inFlight += submitted;
        if (submitted == 0) {
            // Other channels of this loop have all the slots in flight; they are back before the next turn.
            channel.eventLoop().execute(this::continueReading);
        }
    }

    @Override
    public void handle(IoRegistration ignored, IoEvent event) {
        IoUringIoEvent completion = (IoUringIoEvent) event;
        try {
            completed(completion.opcode(), completion.userData(), completion.res());
        } catch (Throwable cause) {
            channel.closeWith(cause);
        } finally {
            // Last, so that a channel that is closed from in here keeps its buffers until we are through with them.
            inFlight--;
            runIfIdle();
        }
    }

    private void completed(byte opcode, long data, int result) {
        switch (opcode) {
            case IoUringOps.OP_READ:
            case IoUringOps.OP_RECVMSG:
                if (reads.completed((int) data, result)) {
                    deliver();
                }
                break;
            case IoUringOps.OP_WRITE:
            case IoUringOps.OP_WRITEV:
                if (writes.completed((int) data, result) && finishWrites()) {
                    channel.resumeWrites();
                }
                break;
            case IoUringOps.OP_POLL_ADD:
                polled(data, result);
                break;
            default:
            // The cancellation of a poll, which completes by itself as well.
        }
    }

    private void polled(long data, int events) {
        boolean read = readPoll.completes(data);
        boolean write = !read && writePoll.completes(data);
        boolean device = !read && !write && devicePoll.completes(data);
        if (events < 0 && events != ECANCELED) {
            channel.failures().pollFailed(-events);
        } else if (read && !leaving && events > 0) {
            if (events == IoUringPoll.IN && restPolicy.rests(rest)) {
                restPolicy.sleep(rest);
            } else {
                readable();
            }
        } else if (write && finishWrites()) {
            channel.resumeWrites();
        } else if (device && !leaving) {
            devicePolled(events);
        }
    }

    private void readable() {
        if (isBatchNext()) {
            reads.assumeReadable();
        } else if (reading) {
            delivering = true;
            try {
                readingLargeFrames = systemCallReads.readBatch();
            } finally {
                delivering = false;
            }
        }
        continueReading();
        watchDevice();
    }

    /** Called by the policy, in the midst of another channel's completion or between two turns. */
    private void endRest() {
        if (leaving) {
            return;
        }
        inFlight++; // A channel that is closed from in here keeps its buffers until we are through with them.
        try {
            readable();
        } catch (Throwable cause) {
            channel.closeWith(cause);
        } finally {
            inFlight--;
            runIfIdle();
        }
    }

    private void devicePolled(int events) {
        if (events > 0 && (events & IoUringPoll.ERR) != 0) {
            channel.failures().deviceFailed();
            watchDevice(); // It may have been a passing error; a channel that closes watches no more.
        } else if (events > 0 && (events & IoUringPoll.HUP) != 0 && !reading) {
            // A reader sees the end after the last frame.
            channel.failures().peerClosed();
        } else {
            watchDevice();
        }
    }

    private void deliver() {
        delivering = true;
        try {
            reads.deliver();
        } finally {
            delivering = false;
        }
        readingLargeFrames = reads.isLarge();
        if (reads.isDrained()) {
            restPolicy.drained(rest);
        } else if (reads.isFull()) {
            restPolicy.full(rest);
        }
        if (reads.isUnsupported() && readingInBatches) {
            readingInBatches = false;
            logFallback();
        }
        continueReading();
        watchDevice();
    }

    private void logFallback() {
        if (FALLBACK_LOGGED.compareAndSet(false, true)) {
            LOGGER.info(
                    "{} transfers one frame a system call: this kernel cannot promise not to wait for the device, as"
                            + " batches need. Linux 6.4 and later can",
                    channel);
        }
    }

    @Override
    boolean isWriteBlocked() {
        return leaving || writes.isBusy() || writePoll.isArmed();
    }

    @Override
    void write(ChannelOutboundBuffer in) throws IOException {
        if (isWriteBlocked()) {
            return;
        }
        if (writingInBatches && !isLarge(in.current())) {
            writeBatch(in);
            return;
        }
        switch (channel.writeLoop().writeAll(in)) {
            case BLOCKED:
                inFlight += leaving ? 0 : writePoll.arm(registration);
                break;
            case MORE:
                channel.scheduleFlush();
                break;
            default:
        }
    }

    private static boolean isLarge(Object frame) {
        return frame != null && ((ByteBuf) frame).readableBytes() >= ReceiveSlabs.LARGE_FRAME;
    }

    private void writeBatch(ChannelOutboundBuffer in) throws IOException {
        int submitted = writes.submit(registration, in);
        inFlight += submitted;
        if (submitted > 0) {
            return;
        }
        // Nothing to wait for: writes that were cancelled, failed or are empty. Promises may close the channel.
        inFlight++;
        try {
            if (finishWrites() && !in.isEmpty()) {
                channel.scheduleFlush();
            }
        } finally {
            inFlight--;
            runIfIdle();
        }
    }

    /** Returns whether the batch is through; if not, the device is blocked or gone. */
    private boolean finishWrites() {
        try {
            boolean finished = writes.finish();
            if (writes.isUnsupported() && writingInBatches) {
                writingInBatches = false;
                logFallback();
            }
            writingInBatches &= !writes.hasBlocked();
            if (!finished && !leaving) {
                inFlight += writePoll.arm(registration);
            }
            return finished;
        } catch (IOException e) {
            channel.closeWith(e);
            return false;
        }
    }

    @Override
    void abandonWrites() {
        writes.abandon();
    }

    @Override
    void whenIdle(Runnable task) {
        leaving = true;
        whenIdle.add(task);
        if (inFlight > 0) {
            inFlight +=
                    readPoll.cancel(registration) + writePoll.cancel(registration) + devicePoll.cancel(registration);
        }
        runIfIdle();
    }

    private void runIfIdle() {
        while (inFlight == 0 && !whenIdle.isEmpty()) {
            whenIdle.remove().run();
        }
    }

    @Override
    void deregister() {
        if (registration != null) {
            registration.cancel();
            registration = null;
        }
        restPolicy.forget(rest);
        writes.release();
        buffers.release();
    }

    @Override
    public void close() {
        channel.unsafe().close(channel.unsafe().voidPromise());
    }
}
