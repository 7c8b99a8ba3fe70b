/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.unix.Buffer;

import java.nio.ByteBuffer;

/** Finds where a direct buffer lies, also on a JVM on which Netty may not use Unsafe. */
final class NativeAddress {

    private NativeAddress() {}

    /** The address of an index of a buffer that lies in one piece; valid for as long as the buffer is. */
    static long of(ByteBuf buffer, int index, int length) {
        if (buffer.hasMemoryAddress()) {
            return buffer.memoryAddress() + index;
        }
        ByteBuffer nio = buffer.internalNioBuffer(index, length);
        // Netty tells the address of the whole NIO buffer, of which ours is a part.
        return Buffer.memoryAddress(nio) + nio.position();
    }
}
