/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** Ties threads to processors (sched_setaffinity(2)). */
public final class CpuAffinity {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(CpuAffinity.class);

    /** The length of glibc's cpu_set_t, in bytes. */
    private static final int MASK_SIZE = 128;

    private static final Path ONLINE = Path.of("/sys/devices/system/cpu/online");

    private CpuAffinity() {}

    /**
     * Refuses processors that are not there.
     *
     * @param cpus the numbers of processors
     * @throws IllegalArgumentException if one is not online, with those that are
     */
    public static void check(int... cpus) {
        String online;
        try {
            online = Files.readString(ONLINE).trim();
        } catch (IOException e) {
            LOGGER.debug("it is not known which processors there are", e);
            online = "0-" + (MASK_SIZE * Byte.SIZE - 1);
        }
        check(online, cpus);
    }

    /** @param online ranges as the kernel lists them, such as {@code 0-3,6} */
    static void check(String online, int... cpus) {
        for (int cpu : cpus) {
            boolean found = false;
            for (String range : online.split(",")) {
                String[] ends = range.split("-");
                found |= cpu >= Integer.parseInt(ends[0]) && cpu <= Integer.parseInt(ends[ends.length - 1]);
            }
            if (!found) {
                throw new IllegalArgumentException("no such processor: cpu=" + cpu + " (expected: " + online + ")");
            }
        }
    }

    /**
     * Pins the calling thread to one processor, for as long as it lives. Pinning is an optimisation: where the system
     * refuses it, a warning is logged and the thread stays unpinned.
     *
     * @param cpu the number of the processor, 0 to 1,023
     * @return whether the thread is pinned now
     * @throws IllegalArgumentException if the number is out of range
     */
    public static boolean pinCurrentThread(int cpu) {
        if (cpu < 0 || cpu >= MASK_SIZE * Byte.SIZE) {
            throw new IllegalArgumentException(
                    "no such processor: cpu=" + cpu + " (expected: 0 to " + (MASK_SIZE * Byte.SIZE - 1) + ")");
        }
        ByteBuffer mask = ByteBuffer.allocateDirect(MASK_SIZE);
        // Both supported machines are little-endian, so the bytes of the kernel's array of longs count up.
        mask.put(cpu / Byte.SIZE, (byte) (1 << cpu % Byte.SIZE));
        String refusal;
        try {
            int result = TapAvailability.libc().schedSetaffinity(mask);
            refusal = result < 0 ? Errno.nameOf(-result) : "";
        } catch (TapException e) {
            refusal = e.getMessage();
        }
        if (!refusal.isEmpty()) {
            String thread = Thread.currentThread().getName();
            LOGGER.warn("thread {} is not pinned to processor {}: {}", thread, cpu, refusal);
        }
        return refusal.isEmpty();
    }
}
