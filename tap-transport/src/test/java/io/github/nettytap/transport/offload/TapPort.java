/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.offload;

import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.linux.LibC;
import io.netty.buffer.ByteBuf;

import java.nio.ByteBuffer;

/** One queue of a TAP, read and written by plain system calls: what the kernel says of a packet is the result. */
final class TapPort {

    static final int EAGAIN = -11;
    static final int EINVAL = -22;

    private final LibC libc = LibC.get();
    private final int fd;
    private final ByteBuffer receive = ByteBuffer.allocateDirect(70_000);

    TapPort(TapDevice device) {
        fd = device.queues().get(0).fd();
    }

    /** Writes the readable bytes, which stay readable; the result is the length or a negated errno. */
    int write(ByteBuf packet) {
        return libc.write(fd, packet.nioBuffer());
    }

    /** Reads one packet into the buffer, behind what is there; the result is the length or a negated errno. */
    int read(ByteBuf packet) {
        receive.clear();
        int length = libc.read(fd, receive);
        if (length > 0) {
            receive.limit(length);
            packet.writeBytes(receive);
        }
        return length;
    }
}
