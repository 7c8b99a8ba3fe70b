/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import io.github.nettytap.transport.linux.libc.PcapLibrary;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * The compiler of libpcap, where the library is installed. Bound by jnr-ffi on every JVM: a filter is compiled once in
 * the life of a capture, and where jnr-ffi cannot be loaded there is still tcpdump.
 *
 * <p>Thread-safe; one filter at a time, since libpcap before 1.8 cannot do more.
 */
public final class Libpcap {

    /** Of Debian, of other distributions, and of a development package. */
    private static final List<String> NAMES = List.of("libpcap.so.0.8", "libpcap.so.1", "libpcap.so");

    private static final int DLT_EN10MB = 1;
    private static final int SNAP_LENGTH = 262_144;
    private static final int OPTIMIZE = 1;
    /** {@code PCAP_NETMASK_UNKNOWN}: {@code ip broadcast} is then refused, as tcpdump does without an interface. */
    private static final int NETMASK_UNKNOWN = -1;

    /** {@code struct bpf_insn}: code, jump if true, jump if false, operand. */
    private static final int INSTRUCTION = 8;

    private final PcapLibrary library;
    private final Runtime runtime;

    private Libpcap(PcapLibrary library) {
        this.library = library;
        this.runtime = Runtime.getRuntime(library);
    }

    private static final class Holder {
        private static final Libpcap INSTANCE = load();
    }

    /**
     * The library, loaded when it is first asked for.
     *
     * @return null where it is not installed, or cannot be called
     */
    public static Libpcap get() {
        return Holder.INSTANCE;
    }

    private static Libpcap load() {
        for (String name : NAMES) {
            try {
                return new Libpcap(LibraryLoader.create(PcapLibrary.class)
                        .failImmediately()
                        .load(name));
            } catch (LinkageError e) {
                // Not under this name, or no jnr-ffi.
            }
        }
        return null;
    }

    /**
     * Compiles a filter for Ethernet frames as they are in a file. May block in the resolver, where the filter has
     * names.
     *
     * @param filter a filter in the syntax of pcap-filter(7)
     * @return an instruction an element: code, jump if true, jump if false, operand, from the highest bits down
     * @throws IllegalArgumentException if libpcap does not understand it, with its words
     */
    public synchronized long[] compile(String filter) {
        long pcap = library.pcap_open_dead(DLT_EN10MB, SNAP_LENGTH);
        if (pcap == 0) {
            throw new OutOfMemoryError("pcap_open_dead");
        }
        try {
            // Not jnr-ffi's own memory, which comes with a thread that never ends.
            Pointer program = Pointer.wrap(
                    runtime,
                    ByteBuffer.allocateDirect(2 * runtime.addressSize()).order(ByteOrder.nativeOrder()));
            if (library.pcap_compile(pcap, program.address(), filter, OPTIMIZE, NETMASK_UNKNOWN) != 0) {
                throw new IllegalArgumentException(library.pcap_geterr(pcap));
            }
            try {
                return instructions(program);
            } finally {
                library.pcap_freecode(program.address());
            }
        } finally {
            library.pcap_close(pcap);
        }
    }

    private long[] instructions(Pointer program) {
        long[] result = new long[program.getInt(0)];
        Pointer first = program.getPointer(runtime.addressSize());
        for (int i = 0; i < result.length; i++) {
            long at = (long) i * INSTRUCTION;
            result[i] = (first.getShort(at) & 0xffffL) << 48
                    | (first.getByte(at + 2) & 0xffL) << 40
                    | (first.getByte(at + 3) & 0xffL) << 32
                    | first.getInt(at + 4) & 0xffff_ffffL;
        }
        return result;
    }
}
