/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import io.github.nettytap.benchmarks.NanosPerOperation;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

import java.nio.ByteBuffer;

/**
 * A call of the control plane by each binding: an ioctl that the kernel answers at once, one that fails and leaves
 * errno, and the address of a buffer, which nearly every call asks for. The FFM binding takes a build by JDK 22 or
 * newer: without it, {@code -p binding=jnr-ffi}.
 */
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class LibCBenchmark extends NanosPerOperation {

    private static final int FIONREAD = 0x541b;

    @Param({"jnr-ffi", "ffm"})
    String binding;

    private LibC libc;
    private int socket;
    private ByteBuffer value;

    @Setup
    public void open() {
        libc = LibCBinding.chosen(binding).open();
        socket = libc.socket(Sockets.AF_UNIX, Sockets.SOCK_DGRAM, 0);
        value = Structs.ofInt(0);
    }

    @TearDown
    public void close() {
        libc.close(socket);
    }

    @Benchmark
    public int ioctl() {
        return libc.ioctl(socket, FIONREAD, value);
    }

    @Benchmark
    public int ioctlThatFails() {
        return libc.ioctl(-1, FIONREAD, value);
    }

    @Benchmark
    public long address() {
        return libc.addressOf(value);
    }
}
