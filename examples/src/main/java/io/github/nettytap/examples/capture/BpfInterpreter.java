/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.capture;

import io.netty.buffer.ByteBuf;

/**
 * A classic BPF program, run here: for the frames of a file, which no kernel filters.
 *
 * <p>Instructions, addressing modes and the rule that a load beyond the frame rejects it are those of McCanne and Jacobson,
 * "The BSD Packet Filter" (1993), with the numbers of {@code linux/filter.h}. Jumps lead forward only, so it ends. For one
 * thread.
 */
public final class BpfInterpreter {

    private static final int CLASS = 0x07;
    private static final int LD = 0x00;
    private static final int LDX = 0x01;
    private static final int ST = 0x02;
    private static final int STX = 0x03;
    private static final int ALU = 0x04;
    private static final int JMP = 0x05;
    private static final int RET = 0x06;

    private static final int MODE = 0xe0;
    private static final int IMM = 0x00;
    private static final int ABS = 0x20;
    private static final int IND = 0x40;
    private static final int MEM = 0x60;
    private static final int LEN = 0x80;
    private static final int MSH = 0xa0;

    private static final int SIZE = 0x18;
    private static final int HALF = 0x08;
    private static final int BYTE = 0x10;

    private static final int OPERATION = 0xf0;
    private static final int SOURCE_X = 0x08;
    private static final int RET_A = 0x10;
    private static final int TXA = 0x80;

    private static final int FIELDS = 4;
    private static final int SCRATCH = 16;

    private final int[][] program;
    private final int[] memory = new int[SCRATCH];

    private ByteBuf frame;
    private int index;
    private int length;
    private boolean outside;

    /**
     * Reads a program.
     *
     * @param text the output of {@code tcpdump -ddd}: the number of instructions, then four numbers for each
     */
    public BpfInterpreter(String text) {
        String[] lines = text.strip().split("\n");
        program = new int[lines.length - 1][FIELDS];
        for (int i = 0; i < program.length; i++) {
            String[] fields = lines[i + 1].strip().split(" ");
            for (int field = 0; field < FIELDS; field++) {
                program[i][field] = Integer.parseUnsignedInt(fields[field]);
            }
        }
    }

    /**
     * Decides about a frame.
     *
     * @param buffer holds it
     * @param start where its Ethernet header is
     * @param captured how much of it is there
     * @param original how long it was
     * @return whether the program lets it pass
     */
    public boolean accept(ByteBuf buffer, int start, int captured, int original) {
        frame = buffer;
        index = start;
        length = captured;
        outside = false;
        int a = 0;
        int x = 0;
        for (int pc = 0; pc < program.length; pc++) {
            int code = program[pc][0];
            int k = program[pc][3];
            switch (code & CLASS) {
                case LD:
                    a = load(code, k, x, original);
                    break;
                case LDX:
                    x = (code & MODE) == MSH
                            ? (load(BYTE | ABS, k, 0, original) & 0xf) << 2
                            : load(code, k, x, original);
                    break;
                case ST:
                    memory[k & SCRATCH - 1] = a;
                    break;
                case STX:
                    memory[k & SCRATCH - 1] = x;
                    break;
                case ALU:
                    a = calculate(code & OPERATION, a, (code & SOURCE_X) == 0 ? k : x);
                    break;
                case JMP:
                    pc += jump(program[pc], a, (code & SOURCE_X) == 0 ? k : x);
                    break;
                case RET:
                    return ((code & RET_A) == 0 ? k : a) != 0;
                default:
                    if ((code & TXA) == 0) {
                        x = a;
                    } else {
                        a = x;
                    }
            }
            if (outside) {
                return false;
            }
        }
        return false;
    }

    private int load(int code, int k, int x, int original) {
        switch (code & MODE) {
            case IMM:
                return k;
            case MEM:
                return memory[k & SCRATCH - 1];
            case LEN:
                return original;
            default:
                return fromFrame(code & SIZE, (k & 0xffff_ffffL) + ((code & MODE) == IND ? x & 0xffff_ffffL : 0));
        }
    }

    private int fromFrame(int size, long offset) {
        int bytes = size == BYTE ? Byte.BYTES : size == HALF ? Short.BYTES : Integer.BYTES;
        if (offset + bytes > length) {
            outside = true;
            return 0;
        }
        int at = index + (int) offset;
        return size == BYTE ? frame.getUnsignedByte(at) : size == HALF ? frame.getUnsignedShort(at) : frame.getInt(at);
    }

    private int calculate(int operation, int a, int operand) {
        switch (operation) {
            case 0x00:
                return a + operand;
            case 0x10:
                return a - operand;
            case 0x20:
                return a * operand;
            case 0x30:
                return operand == 0 ? reject() : Integer.divideUnsigned(a, operand);
            case 0x40:
                return a | operand;
            case 0x50:
                return a & operand;
            case 0x60:
                return Integer.compareUnsigned(operand, Integer.SIZE) < 0 ? a << operand : 0;
            case 0x70:
                return Integer.compareUnsigned(operand, Integer.SIZE) < 0 ? a >>> operand : 0;
            case 0x80:
                return -a;
            case 0x90:
                return operand == 0 ? reject() : Integer.remainderUnsigned(a, operand);
            default:
                return a ^ operand;
        }
    }

    private int reject() {
        outside = true;
        return 0;
    }

    /** How many instructions to pass over. */
    private static int jump(int[] instruction, int a, int operand) {
        boolean taken;
        switch (instruction[0] & OPERATION) {
            case 0x00:
                return instruction[3];
            case 0x10:
                taken = a == operand;
                break;
            case 0x20:
                taken = Integer.compareUnsigned(a, operand) > 0;
                break;
            case 0x30:
                taken = Integer.compareUnsigned(a, operand) >= 0;
                break;
            default:
                taken = (a & operand) != 0;
        }
        return instruction[taken ? 1 : 2];
    }
}
