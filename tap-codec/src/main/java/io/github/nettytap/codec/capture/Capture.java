/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import io.github.nettytap.codec.pcap.CaptureFormat;
import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.pcap.CaptureSection;
import io.github.nettytap.codec.pcap.InterfaceStatistics;
import io.github.nettytap.codec.pcap.PcapngWriter;
import io.github.nettytap.codec.virtio.FrameView;
import io.github.nettytap.codec.wire.FrameDirection;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;

/**
 * A running capture: takes copies of frames from any number of pipelines and writes them to a pcapng file.
 *
 * <pre>{@code
 * Capture capture = Capture.toFile(Path.of("tap0.pcapng")).application("my-switch 1.0").start();
 * pipeline.addFirst(new CaptureHandler(capture, CaptureInterface.ethernet("tap0"), VnetHeader.V1));
 * ...
 * capture.close();
 * }</pre>
 *
 * <p>Event loops copy each frame, up to the snap length, into a ring of fixed size and never wait: where the ring is
 * full, the frame is counted as dropped and its pipeline goes on. One thread of the capture writes the ring to the
 * file, the counts last. It is a daemon: a process that ends without closing its captures leaves readable files without
 * counts. What it takes of a processor that the traffic needs as well slows the traffic down: where that matters, give
 * it a thread of low priority, and what the capture then has no time for is dropped and counted.
 *
 * <p>When writing fails, or a limit is reached, the capture finishes by itself: {@link #finished()} tells, and its
 * handlers do nothing any more.
 */
public final class Capture implements Closeable {

    private final int snapLength;
    private final CaptureRing ring;
    private final CaptureClock clock = new CaptureClock();
    private final CompletableFuture<Void> finished = new CompletableFuture<>();
    private final CaptureTask task;
    private volatile CaptureCounters[] interfaces = {};
    private volatile boolean running = true;

    private Capture(Builder builder, CaptureRing ring, CaptureOutput output) {
        snapLength = builder.snapLength;
        this.ring = ring;
        task = new CaptureTask(this, ring, clock, output, builder.maxFrames, builder.threadFactory);
    }

    /**
     * Prepares a capture to a file, which is created or replaced when the capture starts.
     *
     * @param file the file
     * @return a builder
     */
    public static Builder toFile(Path file) {
        return new Builder(Objects.requireNonNull(file, "file"), null);
    }

    /**
     * Prepares a capture to a channel, such as standard output.
     *
     * @param channel a channel in blocking mode; closed when the capture ends
     * @return a builder
     */
    public static Builder toChannel(WritableByteChannel channel) {
        return new Builder(null, Objects.requireNonNull(channel, "channel"));
    }

    /** Finds or adds an interface. May be called from any thread. */
    synchronized CaptureCounters register(CaptureInterface captureInterface) {
        CaptureInterface snapped = captureInterface.withSnapLength(snapLength);
        CaptureCounters[] old = interfaces;
        for (CaptureCounters known : old) {
            if (known.captureInterface().equals(snapped)) {
                return known;
            }
        }
        CaptureCounters added = new CaptureCounters(old.length, snapped);
        CaptureCounters[] all = Arrays.copyOf(old, old.length + 1);
        all[old.length] = added;
        interfaces = all;
        return added;
    }

    /** All interfaces by their numbers. Not to be changed. */
    CaptureCounters[] interfaces() {
        return interfaces;
    }

    /** A view of the ring's memory for the thread of one handler. */
    ByteBuf newView() {
        return ring.newView();
    }

    /** Takes a copy of a frame, or counts it as dropped. Never waits, and allocates nothing. */
    void offer(CaptureCounters counters, ByteBuf view, FrameDirection direction, FrameView frame) {
        int length = frame.length();
        int kept = Math.min(length, snapLength);
        int record = ring.claim(kept);
        if (record < 0) {
            counters.countDrop();
            task.wake();
            return;
        }
        boolean filled = false;
        try {
            view.setInt(record + CaptureRing.KEPT, kept)
                    .setLong(record + CaptureRing.TIMESTAMP, clock.now())
                    .setInt(record + CaptureRing.ORIGINAL_LENGTH, length)
                    .setInt(record + CaptureRing.INTERFACE, counters.id())
                    .setByte(record + CaptureRing.DIRECTION, direction.ordinal());
            if (frame.hasState()) {
                view.setByte(record + CaptureRing.HAS_NOTE, 1);
                int note = record + CaptureRing.NOTE;
                frame.writeHeader(view, note, VnetHeader.LEGACY);
                view.setShortLE(note + CaptureRing.NOTE_OUTER_TRANSPORT, frame.outerTransportOffset());
                view.setShortLE(note + CaptureRing.NOTE_INNER_NETWORK, frame.innerNetworkOffset());
            }
            frame.buffer().getBytes(frame.index(), view, record + CaptureRing.HEADER, kept);
            filled = true;
        } finally {
            // A record that is claimed and never published would stop the consumer for good.
            if (filled) {
                ring.publish(record, kept);
            } else {
                ring.discard(record, kept);
            }
        }
        task.wakeIfBehind();
    }

    /**
     * Tells whether frames are still taken.
     *
     * @return false after the capture was stopped, failed, or reached its limit
     */
    public boolean isRunning() {
        return running;
    }

    /** Ends the taking of frames; what is in the ring is still written. Does not wait. */
    public void stop() {
        running = false;
        task.wake();
    }

    /**
     * Tells when all is written and the file is closed.
     *
     * @return completes on the writer thread, exceptionally if writing failed
     */
    public CompletionStage<Void> finished() {
        return finished.minimalCompletionStage();
    }

    /**
     * Stops the capture and waits until all is written: not for an event loop.
     *
     * @throws IOException if writing failed, now or earlier
     */
    @Override
    public void close() throws IOException {
        stop();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    finished.get();
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw new IOException("capture failed: " + e.getCause().getMessage(), e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Called by the writer thread as its last deed. */
    void finish(Throwable failure) {
        running = false;
        if (failure == null) {
            finished.complete(null);
        } else {
            finished.completeExceptionally(failure);
        }
    }

    /**
     * The counts of an interface up to now.
     *
     * @param captureInterface an interface that some handler was made with
     * @return the counts: delivered is what was written, dropped what found the ring full, accepted
     *     their sum where there is a filter, received everything seen
     * @throws IllegalArgumentException if no handler was made with the interface
     */
    public InterfaceStatistics statistics(CaptureInterface captureInterface) {
        CaptureInterface snapped = captureInterface.withSnapLength(snapLength);
        for (CaptureCounters counters : interfaces) {
            if (counters.captureInterface().equals(snapped)) {
                return counters.statistics();
            }
        }
        throw new IllegalArgumentException("interface not captured: interface=" + captureInterface);
    }

    /**
     * The number of frames written, of all interfaces.
     *
     * @return the count up to now
     */
    public long captured() {
        long sum = 0;
        for (CaptureCounters counters : interfaces) {
            sum += counters.captured();
        }
        return sum;
    }

    /**
     * The number of frames that were not captured because the ring was full, of all interfaces.
     *
     * @return the count up to now
     */
    public long dropped() {
        long sum = 0;
        for (CaptureCounters counters : interfaces) {
            sum += counters.dropped();
        }
        return sum;
    }

    /**
     * The number of frames that filters refused, of all interfaces. They are neither captured nor dropped.
     *
     * @return the count up to now
     */
    public long refused() {
        long sum = 0;
        for (CaptureCounters counters : interfaces) {
            sum += counters.refused();
        }
        return sum;
    }

    /** How to capture. Starts with no limits, a snap length of 262144 and a ring of 8 MiB. */
    public static final class Builder {

        private static final int DEFAULT_RING_BYTES = 8 << 20;

        private final Path file;
        private final WritableByteChannel channel;
        private String application = "netty-tap";
        private int snapLength = PcapngWriter.MAX_SNAP_LENGTH;
        private int ringBytes = DEFAULT_RING_BYTES;
        private long maxFrames = Long.MAX_VALUE;
        private CaptureRotation rotation = CaptureRotation.NONE;
        private ThreadFactory threadFactory = Builder::daemon;
        private CaptureFormat format = CaptureFormat.PCAPNG;
        private Consumer<Path> completed = done -> {};

        private Builder(Path file, WritableByteChannel channel) {
            this.file = file;
            this.channel = channel;
        }

        /**
         * Names the program that captures; the file says so.
         *
         * @param application name and version
         * @return this
         */
        public Builder application(String application) {
            this.application = application;
            return this;
        }

        /**
         * Keeps only the first bytes of each frame.
         *
         * @param bytes how many, 1 to {@link PcapngWriter#MAX_SNAP_LENGTH}
         * @return this
         * @throws IllegalArgumentException if the number is out of range
         */
        public Builder snapLength(int bytes) {
            if (bytes < 1 || bytes > PcapngWriter.MAX_SNAP_LENGTH) {
                throw new IllegalArgumentException("snap length out of range: bytes=" + bytes + " (expected: 1.."
                        + PcapngWriter.MAX_SNAP_LENGTH + ')');
            }
            this.snapLength = bytes;
            return this;
        }

        /**
         * Sets the memory that holds frames until they are written. It must have room for two of the longest frames.
         *
         * @param bytes a power of two
         * @return this
         */
        public Builder ringBytes(int bytes) {
            this.ringBytes = bytes;
            return this;
        }

        /**
         * Finishes after a number of frames.
         *
         * @param frames how many frames of all interfaces to write, at least 1
         * @return this
         * @throws IllegalArgumentException if the number is not positive
         */
        public Builder maxFrames(long frames) {
            if (frames < 1) {
                throw new IllegalArgumentException("frame limit: frames=" + frames + " (expected: more than 0)");
            }
            this.maxFrames = frames;
            return this;
        }

        /**
         * Continues in new files.
         *
         * @param rotation when; only for a capture to a file
         * @return this
         * @throws IllegalStateException if the capture goes to a channel
         */
        public Builder rotation(CaptureRotation rotation) {
            if (file == null) {
                throw new IllegalStateException("a capture to a channel cannot rotate files");
            }
            this.rotation = rotation;
            return this;
        }

        /**
         * Writes another format than pcapng.
         *
         * @param format the format
         * @return this
         */
        public Builder format(CaptureFormat format) {
            this.format = Objects.requireNonNull(format, "format");
            return this;
        }

        /**
         * Called with each file that is complete, be it that another one follows or that the capture ends.
         *
         * @param completed called on the writer thread, which it must not keep: frames are dropped meanwhile
         * @return this
         */
        public Builder onCompletedFile(Consumer<Path> completed) {
            this.completed = Objects.requireNonNull(completed, "completed");
            return this;
        }

        /**
         * Makes the writer thread in another way, for example one that gives way to the traffic.
         *
         * @param threadFactory makes the thread when the capture starts; a daemon, unless the process is to stay until
         *     the capture has ended
         * @return this
         */
        public Builder threadFactory(ThreadFactory threadFactory) {
            this.threadFactory = Objects.requireNonNull(threadFactory, "threadFactory");
            return this;
        }

        private static Thread daemon(Runnable task) {
            Thread thread = new Thread(task, "capture-writer");
            thread.setDaemon(true);
            return thread;
        }

        /**
         * Opens the file and starts the writer thread.
         *
         * @return the running capture
         * @throws IOException if the file cannot be opened
         * @throws IllegalArgumentException if the ring has no room for frames of the snap length
         */
        public Capture start() throws IOException {
            if (Integer.bitCount(ringBytes) != 1 || CaptureRing.maxFrameLength(ringBytes) < snapLength) {
                throw new IllegalArgumentException("capture ring out of range: bytes=" + ringBytes + ", snapLength="
                        + snapLength + " (expected: a power of two, room for two frames of the snap length)");
            }
            CaptureRing ring = new CaptureRing(ringBytes);
            CaptureSection section = CaptureSection.ofThisMachine(application);
            CaptureOutput output = file == null
                    ? CaptureOutput.toChannel(channel, format, section)
                    : CaptureOutput.toFiles(
                            new CaptureFiles(file, rotation, ZoneId.systemDefault(), new CaptureClock().now()),
                            name -> DirectFile.open(name, () -> ring.used() > ringBytes / 2),
                            completed,
                            format,
                            section);
            Capture capture = null;
            try {
                capture = new Capture(this, ring, output);
                capture.task.start();
                return capture;
            } finally {
                if (capture == null) {
                    output.close();
                }
            }
        }
    }
}
