/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Makes the zeroed memory that structs for the kernel are laid out in. */
public final class Structs {

    private Structs() {}

    public static ByteBuffer allocate(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    /** The {@code int} that an ioctl or a socket option points to. */
    public static ByteBuffer ofInt(int value) {
        return allocate(Integer.BYTES).putInt(0, value);
    }
}
