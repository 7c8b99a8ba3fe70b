/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Loads the smallest eBPF programs (bpf(2), linux/bpf.h), for tests of what takes one. */
public final class Bpf {

    private static final long SYS_BPF = System.getProperty("os.arch").equals("aarch64") ? 280 : 321;
    private static final int BPF_PROG_LOAD = 5;
    private static final int BPF_PROG_TYPE_SOCKET_FILTER = 1;

    private Bpf() {}

    /** A program that always returns the same number; returns its descriptor. */
    public static int returning(int value) {
        LibC libc = LibC.get();
        ByteBuffer program = Structs.allocate(16);
        program.put(0, (byte) 0xb7).putInt(4, value); // r0 = value
        program.put(8, (byte) 0x95); // exit
        ByteBuffer licence = Structs.allocate(4);
        licence.put(0, "GPL\0".getBytes(StandardCharsets.US_ASCII));
        ByteBuffer attributes = Structs.allocate(72);
        attributes
                .putInt(0, BPF_PROG_TYPE_SOCKET_FILTER)
                .putInt(4, 2)
                .putLong(8, libc.addressOf(program))
                .putLong(16, libc.addressOf(licence));
        try {
            return libc.syscall(SYS_BPF, BPF_PROG_LOAD, libc.addressOf(attributes), attributes.capacity());
        } finally {
            Reference.reachabilityFence(program);
            Reference.reachabilityFence(licence);
            Reference.reachabilityFence(attributes);
        }
    }
}
