/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import io.github.nettytap.codec.pcap.VirtioNetNote;
import io.github.nettytap.codec.wire.FrameDirection;
import io.netty.buffer.ByteBuf;

import java.io.IOException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The writer thread of a capture: drains the ring into the file.
 *
 * <p>Producers do not wake it for each frame, since that system call would cost them more than the copy. It looks at
 * the ring a hundred times a second by itself, and is woken only when the ring fills faster than that.
 */
final class CaptureTask implements Runnable, CaptureRing.Consumer {

    private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long CLOCK_CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int MAX_WAKE_BYTES = 1 << 20;
    private static final int BATCH = 1024;
    private static final FrameDirection[] DIRECTIONS = FrameDirection.values();

    private final Capture capture;
    private final CaptureRing ring;
    private final ByteBuf view;
    private final CaptureClock clock;
    private final CaptureOutput output;
    private final Thread thread;
    private final long startNanos;
    private final int wakeBytes;
    private long framesLeft;
    private boolean outOfFiles;
    private long clockChecked = System.nanoTime();
    private volatile boolean parked;

    CaptureTask(
            Capture capture,
            CaptureRing ring,
            CaptureClock clock,
            CaptureOutput output,
            long maxFrames,
            ThreadFactory threads) {
        this.capture = capture;
        this.ring = ring;
        this.view = ring.newView();
        // While there is still room for what comes until the thread runs.
        this.wakeBytes = Math.min(MAX_WAKE_BYTES, view.capacity() / 4);
        this.clock = clock;
        this.output = output;
        this.framesLeft = maxFrames;
        this.startNanos = clock.now();
        this.thread = threads.newThread(this);
    }

    void start() {
        thread.start();
    }

    void wake() {
        if (parked) {
            // Until the thread runs, which a busy machine may put off, once is enough.
            parked = false;
            LockSupport.unpark(thread);
        }
    }

    void wakeIfBehind() {
        if (parked && ring.used() > wakeBytes) {
            wake();
        }
    }

    @Override
    public void run() {
        Throwable failure = null;
        try {
            write();
        } catch (Throwable e) {
            failure = e;
        }
        try {
            output.close();
        } catch (Throwable e) {
            if (failure == null) {
                failure = e;
            } else {
                failure.addSuppressed(e);
            }
        }
        capture.finish(failure);
    }

    private void write() throws Exception {
        // At once, so that whoever reads at the other end of a pipe sees a capture and not nothing.
        output.writer().flush();
        while (!isFinished()) {
            // Read before the ring is: what was offered before the stop is then certainly found in it.
            boolean stopping = !capture.isRunning();
            describeInterfaces();
            int taken = ring.drain(view, this, BATCH);
            adjustClock();
            if (taken == 0) {
                output.writer().flush();
                if (stopping && ring.used() == 0) {
                    break;
                }
                park();
            }
        }
        if (!outOfFiles) {
            describeInterfaces();
            writeStatistics();
        }
    }

    private boolean isFinished() {
        return framesLeft == 0 || outOfFiles;
    }

    private void park() {
        parked = true;
        if (ring.used() == 0 && capture.isRunning()) {
            LockSupport.parkNanos(this, IDLE_NANOS);
        }
        parked = false;
    }

    private void adjustClock() {
        long now = System.nanoTime();
        if (now - clockChecked > CLOCK_CHECK_NANOS) {
            clockChecked = now;
            clock.adjust();
        }
    }

    /** Adds those interfaces to the file that it does not have yet. Their numbers are the same in each file. */
    private void describeInterfaces() throws IOException {
        CaptureCounters[] all = capture.interfaces();
        for (int id = output.writer().interfaceCount(); id < all.length; id++) {
            output.writer().addInterface(all[id].captureInterface());
        }
    }

    private void writeStatistics() throws IOException {
        long now = clock.now();
        CaptureCounters[] all = capture.interfaces();
        for (int id = 0; id < output.writer().interfaceCount(); id++) {
            output.writer().writeStatistics(id, all[id].statistics(), startNanos, now);
        }
    }

    @Override
    public boolean accept(ByteBuf ring, int record) throws IOException {
        long timestamp = ring.getLong(record + CaptureRing.TIMESTAMP);
        if (output.isRotationDue(timestamp)) {
            writeStatistics();
            if (!output.rotate(timestamp)) {
                outOfFiles = true;
                return false;
            }
        }
        int id = ring.getInt(record + CaptureRing.INTERFACE);
        if (id >= output.writer().interfaceCount()) {
            describeInterfaces();
        }
        output.writer()
                .writeFrame(
                        id,
                        timestamp,
                        DIRECTIONS[ring.getByte(record + CaptureRing.DIRECTION)],
                        ring.getInt(record + CaptureRing.ORIGINAL_LENGTH),
                        ring,
                        record + CaptureRing.HEADER,
                        ring.getInt(record + CaptureRing.KEPT),
                        ring.getByte(record + CaptureRing.HAS_NOTE) == 0
                                ? null
                                : note(ring, record + CaptureRing.NOTE));
        capture.interfaces()[id].countCapture();
        return --framesLeft > 0;
    }

    private static VirtioNetNote note(ByteBuf ring, int index) {
        return VirtioNetNote.read(ring, index)
                .withTunnel(
                        ring.getUnsignedShortLE(index + CaptureRing.NOTE_OUTER_TRANSPORT),
                        ring.getUnsignedShortLE(index + CaptureRing.NOTE_INNER_NETWORK));
    }
}
