/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import io.github.nettytap.codec.pcap.AlignedChannel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.BooleanSupplier;

/**
 * A file that is written from its start to its end: much at a time past the page cache, little through it.
 *
 * <p>A capture of full traffic is more than a page cache likes: every page of it is found, filled, marked and written
 * back on a processor that the traffic needs, and pushes out what somebody may read again. With O_DIRECT the device
 * takes the bytes from where they lie, which was measured to cost a tenth of the processor time and less. It is limited
 * to whole units of the file system, in the file as in memory, so the bytes before and after those go through the
 * cache:
 *
 * <pre>
 *   units      |       |       |       |       |       |
 *   one write      ------------------------------
 *   goes by        cache|       direct         |cache
 * </pre>
 *
 * <p>So no page is ever written both ways, for which the kernel would have to wait for the disk, and all of a write is
 * in the file when it returns, as other programs see it.
 *
 * <p>A disk that is slower than the traffic would let frames drop at once, where the page cache holds seconds of them.
 * So while the writer is behind, it takes the way that was faster of late. For one thread.
 */
final class DirectFile implements AlignedChannel {

    /** Less is not worth three system calls in place of one, nor waiting for the device. */
    static final int MIN_DIRECT = 128 << 10;

    /** File systems of networks and clusters say how much they like to get at once, not what they require. */
    private static final long MAX_ALIGNMENT = 64 << 10;

    /** The weight of a write in the average of its way is 1 to this power of two. */
    private static final int SMOOTHING = 3;

    private final Path file;
    private final FileChannel cached;
    private final int alignment;
    private final BooleanSupplier isBehind;
    private FileChannel direct;
    private final boolean isSeekable;
    private long position;
    private long cachedCost;
    private long directCost;

    private DirectFile(
            Path file,
            FileChannel cached,
            boolean isSeekable,
            FileChannel direct,
            int alignment,
            BooleanSupplier isBehind) {
        this.file = file;
        this.cached = cached;
        this.isSeekable = isSeekable;
        this.direct = direct;
        this.alignment = alignment;
        this.isBehind = isBehind;
    }

    /** By reflection, since from JDK 18 on javac warns of each use, though jdk.unsupported exports it. */
    private static OpenOption unbuffered() {
        try {
            return (OpenOption) Class.forName("com.sun.nio.file.ExtendedOpenOption")
                    .getField("DIRECT")
                    .get(null);
        } catch (ReflectiveOperationException e) {
            throw new UnsupportedOperationException(e);
        }
    }

    /**
     * Creates or replaces a file.
     *
     * @param file the file; one that is not regular, or on a file system without O_DIRECT, is written in the usual way
     * @param isBehind tells whether there is more to write than has been for long
     */
    static DirectFile open(Path file, BooleanSupplier isBehind) throws IOException {
        FileChannel cached = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        FileChannel direct = null;
        int alignment = 1;
        // A FIFO, a terminal or a device knows no positions: pwrite(2) gives ESPIPE.
        boolean isSeekable = Files.isRegularFile(file);
        if (isSeekable) {
            try {
                long unit = Files.getFileStore(file).getBlockSize();
                if (Long.bitCount(unit) == 1 && unit <= MAX_ALIGNMENT) {
                    direct = FileChannel.open(file, StandardOpenOption.WRITE, unbuffered());
                    alignment = (int) unit;
                }
            } catch (IOException | UnsupportedOperationException e) {
                // As it is with some file systems: the page cache does for all of it.
                alignment = 1;
            }
        }
        return new DirectFile(file, cached, isSeekable, direct, alignment, isBehind);
    }

    /** What may go past the page cache; bytes that lie otherwise go through it. 1 where the page cache is for all. */
    @Override
    public int alignment() {
        return alignment;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        int length = source.remaining();
        int before = (int) (-position & alignment - 1);
        boolean isDirect = direct != null
                && length >= MIN_DIRECT
                && source.alignmentOffset(source.position() + before, alignment) == 0
                && (directCost <= cachedCost || !isBehind.getAsBoolean());
        long start = System.nanoTime();
        if (isDirect) {
            writeCached(source, before);
            writeDirect(source, length - before & -alignment);
        }
        writeCached(source, source.remaining());
        if (length >= MIN_DIRECT) {
            long cost = ((System.nanoTime() - start) << 10) / length;
            if (isDirect) {
                directCost = average(directCost, cost);
            } else {
                cachedCost = average(cachedCost, cost);
            }
        }
        return length;
    }

    /** Moves towards the value. The first one counts in full; until then a way is taken to cost nothing. */
    private static long average(long before, long value) {
        return before == 0 ? value : before + (value - before >> SMOOTHING);
    }

    private void writeCached(ByteBuffer source, int length) throws IOException {
        int limit = source.limit();
        source.limit(source.position() + length);
        try {
            while (source.hasRemaining()) {
                position += isSeekable ? cached.write(source, position) : cached.write(source);
            }
        } catch (IOException e) {
            throw new IOException(
                    "cannot write: file=" + file + ", " + e.getMessage() + " (written so far: " + position + " bytes)",
                    e);
        } finally {
            source.limit(limit);
        }
    }

    private void writeDirect(ByteBuffer source, int length) throws IOException {
        int limit = source.limit();
        source.limit(source.position() + length);
        try {
            while (source.hasRemaining()) {
                position += direct.write(source, position);
            }
        } catch (IOException e) {
            // Some file systems refuse only now, and after a short write the rest is no whole unit. What is really
            // wrong, the write through the cache will tell.
            direct.close();
            direct = null;
        } finally {
            source.limit(limit);
        }
    }

    @Override
    public boolean isOpen() {
        return cached.isOpen();
    }

    @Override
    public void close() throws IOException {
        try (cached) {
            if (direct != null) {
                direct.close();
            }
        }
    }
}
