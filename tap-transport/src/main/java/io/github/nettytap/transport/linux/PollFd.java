/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import java.nio.ByteBuffer;

/** {@code struct pollfd} (poll(2)), several in a row: fd i32, wanted events u16, returned events u16. */
public final class PollFd {

    public static final int POLLIN = 1;

    private static final int SIZE = 8;

    private final ByteBuffer memory;
    private final int count;

    /** Waits for each of the descriptors to become readable. */
    public PollFd(int... fds) {
        count = fds.length;
        memory = Structs.allocate(SIZE * count);
        for (int i = 0; i < count; i++) {
            memory.putInt(i * SIZE, fds[i]).putShort(i * SIZE + 4, (short) POLLIN);
        }
    }

    /** The number of ready descriptors, 0 after the timeout, or the negated errno. */
    public int poll(LibC libc, int timeoutMillis) {
        return Retry.onInterrupt(() -> libc.poll(memory, count, timeoutMillis));
    }

    /** Whether anything was reported for a descriptor, errors included. */
    public boolean isReady(int index) {
        return memory.getShort(index * SIZE + 6) != 0;
    }
}
