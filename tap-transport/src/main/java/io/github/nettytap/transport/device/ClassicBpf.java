/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Libpcap;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A classic BPF program, which decides frame by frame: it returns how many bytes of the frame to keep, 0 to drop it.
 *
 * <p>Written by hand or, better, by tcpdump: {@code tcpdump -y EN10MB -ddd 'udp port 53'} prints a program in the form
 * that {@link #parse} reads.
 */
public final class ClassicBpf {

    private static final int MAX_INSTRUCTIONS = 4096;

    private final long[] program;

    private ClassicBpf(long[] program) {
        this.program = program;
    }

    /**
     * Reads a program as {@code tcpdump -ddd} prints it: the number of instructions, then one instruction a line as
     * four decimal numbers: code, jump if true, jump if false, operand. Commas in place of line ends, as xt_bpf has
     * them, are read too.
     *
     * @param text the program
     * @return the program
     * @throws IllegalArgumentException if the text has another form
     */
    public static ClassicBpf parse(String text) {
        List<String> lines = new ArrayList<>();
        for (String line : text.split("[\n,]")) {
            if (!line.isBlank()) {
                lines.add(line.trim());
            }
        }
        if (lines.isEmpty()) {
            throw malformed("it is empty");
        }
        long count = number(lines.get(0), MAX_INSTRUCTIONS);
        if (count == 0 || count != lines.size() - 1) {
            throw malformed("it announces " + count + " instructions and holds " + (lines.size() - 1));
        }
        return new ClassicBpf(
                lines.stream().skip(1).mapToLong(ClassicBpf::instruction).toArray());
    }

    /**
     * Compiles a filter with libpcap, where that is installed, for Ethernet frames as they are in a file: a VLAN tag is
     * looked for in the frame. In front of a device that is wrong for {@code vlan} and what follows it, since the
     * kernel keeps the tag of a frame beside it.
     *
     * @param filter a filter in the syntax of pcap-filter(7), for example {@code udp port 53}; names in it are looked
     *     up, which may block
     * @return the program, or empty where libpcap is not installed or cannot be called
     * @throws IllegalArgumentException if libpcap does not understand the filter, with its words
     */
    public static Optional<ClassicBpf> compile(String filter) {
        Libpcap libpcap = Libpcap.get();
        return libpcap == null ? Optional.empty() : Optional.of(new ClassicBpf(libpcap.compile(filter)));
    }

    private static long instruction(String line) {
        String[] fields = line.split("\\s+");
        if (fields.length != 4) {
            throw malformed("an instruction has four numbers, unlike \"" + line + "\"");
        }
        return number(fields[0], 0xffff) << 48
                | number(fields[1], 0xff) << 40
                | number(fields[2], 0xff) << 32
                | number(fields[3], 0xffff_ffffL);
    }

    private static long number(String text, long max) {
        try {
            long value = Long.parseLong(text);
            if (value >= 0 && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw malformed("\"" + text + "\" is not a number");
        }
        throw malformed(text + " is not between 0 and " + max);
    }

    private static IllegalArgumentException malformed(String fault) {
        return new IllegalArgumentException(
                "not a BPF program: " + fault + " (expected: the output of `tcpdump -y EN10MB -ddd EXPRESSION`)");
    }

    /** Each instruction as one number: code, jump if true, jump if false, operand, from the highest bits down. */
    long[] program() {
        return program.clone();
    }

    /**
     * The number of instructions.
     *
     * @return 1 to 4,096
     */
    public int size() {
        return program.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ClassicBpf && Arrays.equals(((ClassicBpf) other).program, program);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(program);
    }

    /** The form that {@link #parse} reads. */
    @Override
    public String toString() {
        return program.length + "\n"
                + Arrays.stream(program)
                        .mapToObj(i -> (i >>> 48) + " " + (i >>> 40 & 0xff) + " " + (i >>> 32 & 0xff) + " "
                                + (i & 0xffff_ffffL))
                        .collect(Collectors.joining("\n"));
    }
}
