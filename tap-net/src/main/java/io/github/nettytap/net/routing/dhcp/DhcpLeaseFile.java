/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dhcp;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Leases that outlive the router: a line for each, with the address, when it ends (seconds since 1970), the client's
 * identifier in hexadecimal digits and, if it has one, its name. The last line of an address holds. Others are ignored, so that a file that was cut
 * off by a crash is read as far as it goes.
 *
 * <p>The event loop never waits for the disk: it leaves what has changed to a thread of the file, which keeps the last
 * change of each address only, and so not more than the pool has. The file is replaced as a whole, by way of another
 * beside it, when something has changed, at most once a second.
 */
public final class DhcpLeaseFile implements AutoCloseable {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(DhcpLeaseFile.class);
    private static final long WRITE_MILLIS = 1_000;

    private final Path file;
    private final LongSupplier seconds;
    private final Map<Integer, Line> lines = new LinkedHashMap<>();
    private final Thread thread;
    private long lastWrite = System.nanoTime();
    private boolean changed;
    private boolean closed;
    private boolean failed;

    /** A lease; its name may be null. */
    record Line(int address, long endSeconds, ClientId client, String name) {
        @Override
        public String toString() {
            return text(address) + " " + endSeconds + " " + client + (name == null ? "" : " " + name);
        }
    }

    /**
     * Reads a file, if there is one, and begins to keep it.
     *
     * @throws IOException if it cannot be read, or its folder cannot be written to
     */
    public static DhcpLeaseFile open(Path file) throws IOException {
        return new DhcpLeaseFile(file, () -> System.currentTimeMillis() / 1_000);
    }

    /**
     * Reads a file, if there is one, and begins to keep it.
     *
     * @param seconds the time since 1970
     * @throws IOException if it cannot be read, or its folder cannot be written to
     */
    DhcpLeaseFile(Path file, LongSupplier seconds) throws IOException {
        this.file = file.toAbsolutePath();
        this.seconds = seconds;
        try {
            for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
                Line lease = parse(line);
                if (lease != null) {
                    lines.put(lease.address, lease);
                }
            }
        } catch (NoSuchFileException e) {
            // The first run.
        }
        // Now, rather than when the first lease is lost.
        write(List.copyOf(lines.values()));
        thread = new Thread(this::run, "dhcp-leases");
        thread.setDaemon(true);
        thread.start();
    }

    private static Line parse(String line) {
        String[] parts = line.split(" ");
        try {
            if ((parts.length == 3 || parts.length == 4) && parts[2].length() <= 2 * 255) {
                byte[] octets = InetAddress.getByName(check(parts[0])).getAddress();
                return new Line(
                        ByteBuffer.wrap(octets).getInt(),
                        Long.parseLong(parts[1]),
                        ClientId.parse(parts[2]),
                        parts.length == 4 ? parts[3] : null);
            }
        } catch (UnknownHostException | IllegalArgumentException e) {
            // As any line that is none.
        }
        return null;
    }

    /** Only digits, since everything else would be looked up as a name. */
    private static String check(String address) {
        if (!address.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}")) {
            throw new IllegalArgumentException(address);
        }
        return address;
    }

    private static String text(int address) {
        return (address >>> 24) + "." + (address >>> 16 & 0xff) + "." + (address >>> 8 & 0xff) + "." + (address & 0xff);
    }

    /** All leases that are known, in the order of their first coming. */
    synchronized List<Line> lines() {
        return new ArrayList<>(lines.values());
    }

    /** A lease has begun, or is renewed; or has ended, if it has no time left. Does not wait for the disk. */
    synchronized void record(int address, ClientId client, long millis) {
        lines.put(address, new Line(address, seconds.getAsLong() + millis / 1_000, client, null));
        changed = true;
        notifyAll();
    }

    /** The client of a lease that has just been recorded has a name. Does not wait for the disk. */
    synchronized void name(int address, String name) {
        lines.computeIfPresent(address, (key, line) -> new Line(line.address, line.endSeconds, line.client, name));
        changed = true;
        notifyAll();
    }

    private void run() {
        try {
            for (List<Line> next = await(); next != null; next = await()) {
                try {
                    write(next);
                    failed = false;
                } catch (IOException e) {
                    if (!failed) {
                        LOGGER.warn("leases are not kept: the file cannot be written: file={}", file, e);
                    }
                    failed = true;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What is to be written, once there is something and the last time is long enough ago; null at the end. */
    private synchronized List<Line> await() throws InterruptedException {
        while (!changed && !closed) {
            wait();
        }
        long earliest = lastWrite + TimeUnit.MILLISECONDS.toNanos(WRITE_MILLIS);
        for (long left = earliest - System.nanoTime(); left > 0 && !closed; left = earliest - System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        lastWrite = System.nanoTime();
        if (!changed) {
            return null;
        }
        changed = false;
        return new ArrayList<>(lines.values());
    }

    private void write(List<Line> all) throws IOException {
        StringBuilder text =
                new StringBuilder("# DHCP leases: address, end in seconds since 1970, client identifier, name\n");
        all.forEach(line -> text.append(line).append('\n'));
        Path beside = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(beside, text, StandardCharsets.ISO_8859_1);
        Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Writes what is not written yet. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
