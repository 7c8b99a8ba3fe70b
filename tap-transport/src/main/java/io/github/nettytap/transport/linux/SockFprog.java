/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import java.nio.ByteBuffer;

/**
 * {@code struct sock_fprog} (linux/filter.h): a classic BPF program.
 *
 * <pre>
 * sock_fprog:    0 instructions u16    8 pointer to them
 * sock_filter:   0 code u16    2 jump if true u8    3 jump if false u8    4 operand u32
 * </pre>
 */
public final class SockFprog {

    private static final int SIZE = 16;
    private static final int INSTRUCTION_SIZE = 8;

    private final ByteBuffer instructions;
    private final ByteBuffer header;

    /** Each instruction as one number: code, jump if true, jump if false, operand, from the highest bits down. */
    public SockFprog(LibC libc, long[] program) {
        instructions = Structs.allocate(Math.max(1, program.length) * INSTRUCTION_SIZE);
        for (int i = 0; i < program.length; i++) {
            instructions
                    .putShort(i * INSTRUCTION_SIZE, (short) (program[i] >>> 48))
                    .put(i * INSTRUCTION_SIZE + 2, (byte) (program[i] >>> 40))
                    .put(i * INSTRUCTION_SIZE + 3, (byte) (program[i] >>> 32))
                    .putInt(i * INSTRUCTION_SIZE + 4, (int) program[i]);
        }
        header = Structs.allocate(SIZE).putShort(0, (short) program.length).putLong(8, libc.addressOf(instructions));
    }

    /** What the ioctl points to; this object must stay reachable during the call. */
    public ByteBuffer memory() {
        return header;
    }
}
