/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import java.nio.ByteBuffer;

/** What the kernel lets this process have (getrlimit(2)). */
public final class ProcessLimits {

    private static final int RLIMIT_NOFILE = 7;

    private ProcessLimits() {}

    /** How many descriptors may be open at once; answered even when all are. */
    public static long descriptors(LibC libc) {
        ByteBuffer limit = Structs.allocate(2 * Long.BYTES);
        libc.getrlimit(RLIMIT_NOFILE, limit);
        return limit.getLong(0);
    }
}
