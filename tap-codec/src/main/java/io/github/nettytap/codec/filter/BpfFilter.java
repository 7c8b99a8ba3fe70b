/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.filter;

import io.github.nettytap.codec.wire.FrameDirection;
import io.netty.buffer.ByteBuf;

import java.util.Arrays;

/**
 * A filter of tcpdump, as it compiles it: a program of the classic BPF machine, run here on each frame.
 *
 * <p>{@code tcpdump -y EN10MB -ddd 'udp port 53'} prints such a program for {@link #parse}. It is checked once, by the
 * rules of the kernel, so that it can neither loop nor read outside its memory, nor from it what it did not write; a
 * load beyond the end of a frame refuses the frame, as in the kernel.
 *
 * <pre>
 *  an instruction
 * +----------------+----------------+----------------+--------------------------------+
 * | code           | jump if true   | jump if false  | operand k                      |
 * +----------------+----------------+----------------+--------------------------------+
 *   class, size or    how many instructions
 *   operation, mode   to pass over
 * </pre>
 *
 * <p>Immutable, for any thread; makes no garbage. Source: McCanne, Jacobson: The BSD Packet Filter, 1993, table 1;
 * {@code include/uapi/linux/bpf_common.h} for the numbers, {@code net/core/filter.c} for what is refused.
 */
public final class BpfFilter implements FrameFilter {

    private static final int MAX_INSTRUCTIONS = 4096;
    private static final int MEMORY_WORDS = 16;

    private static final int CLASS_LD = 0;
    private static final int CLASS_LDX = 1;
    private static final int CLASS_ST = 2;
    private static final int CLASS_STX = 3;
    private static final int CLASS_ALU = 4;
    private static final int CLASS_JMP = 5;
    private static final int CLASS_RET = 6;

    private static final int SIZE_MASK = 0x18;
    private static final int SIZE_WORD = 0x00;
    private static final int SIZE_HALF = 0x08;

    private static final int MODE_MASK = 0xe0;
    private static final int MODE_IMM = 0x00;
    private static final int MODE_ABS = 0x20;
    private static final int MODE_IND = 0x40;
    private static final int MODE_MEM = 0x60;
    private static final int MODE_LEN = 0x80;
    private static final int MODE_MSH = 0xa0;

    private static final int OPERATION_MASK = 0xf0;
    private static final int SOURCE_X = 0x08;
    private static final int RET_A = 0x10;
    private static final int MISC_TAX = 0x07;
    private static final int MISC_TXA = 0x80;
    private static final int LDX_IMM = 0x01;
    private static final int LDX_MEM = 0x61;
    private static final int LDX_LEN = 0x81;
    private static final int LDX_MSH = 0xb1;
    private static final int DIVIDE = 0x30;
    private static final int SHIFT_LEFT = 0x60;
    private static final int SHIFT_RIGHT = 0x70;
    private static final int NEGATE = 0x80;
    private static final int MODULO = 0x90;

    /** {@code SKF_LL_OFF}: from here on, unsigned, the kernel reads headers and what it knows beside the frame. */
    private static final int BESIDE_FRAME = -0x200000;

    private static final int ALL_WORDS = (1 << MEMORY_WORDS) - 1;

    /** What a load gives that reaches beyond the frame: no value of a byte, a half word or a word. */
    private static final long BEYOND = -1;

    private final int[] codes;
    private final int[] jumpsTrue;
    private final int[] jumpsFalse;
    private final int[] operands;

    private BpfFilter(int[] codes, int[] jumpsTrue, int[] jumpsFalse, int[] operands) {
        this.codes = codes;
        this.jumpsTrue = jumpsTrue;
        this.jumpsFalse = jumpsFalse;
        this.operands = operands;
    }

    /**
     * Reads a program as {@code tcpdump -ddd} prints it: the number of instructions, then four numbers for each.
     *
     * @param text the program, in decimal numbers between blanks and line ends
     * @return the filter
     * @throws IllegalArgumentException if the text is no such program, or one that the kernel would refuse
     */
    public static BpfFilter parse(String text) {
        String[] numbers = text.trim().split("\\s+");
        int count = (int) number(numbers[0], MAX_INSTRUCTIONS);
        if (numbers.length != 1 + 4 * count || count == 0) {
            throw new IllegalArgumentException("not a BPF program: instructions=" + count + ", numbers="
                    + (numbers.length - 1) + " (expected: four for each instruction)");
        }
        BpfFilter filter = new BpfFilter(new int[count], new int[count], new int[count], new int[count]);
        for (int i = 0; i < count; i++) {
            filter.codes[i] = (int) number(numbers[1 + 4 * i], 0xffff);
            filter.jumpsTrue[i] = (int) number(numbers[2 + 4 * i], 0xff);
            filter.jumpsFalse[i] = (int) number(numbers[3 + 4 * i], 0xff);
            filter.operands[i] = (int) number(numbers[4 + 4 * i], 0xffff_ffffL);
        }
        for (int i = 0; i < count; i++) {
            filter.check(i);
        }
        if ((filter.codes[count - 1] & 7) != CLASS_RET) {
            throw refused(count - 1, "does not return");
        }
        filter.checkMemoryIsWritten();
        return filter;
    }

    private static long number(String text, long max) {
        try {
            long value = Long.parseLong(text);
            if (value >= 0 && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Reported below.
        }
        throw new IllegalArgumentException(
                "not a BPF program: number=\"" + text + "\" (expected: 0.." + max + ", as tcpdump -ddd prints)");
    }

    private static IllegalArgumentException refused(int instruction, String why) {
        return new IllegalArgumentException("BPF program refused: instruction=" + instruction + " " + why);
    }

    private void check(int i) {
        int code = codes[i];
        if (!isKnown(code)) {
            throw refused(i, "is not known: code=" + code);
        }
        int left = codes.length - 1 - i;
        switch (code & 7) {
            case CLASS_LD:
            case CLASS_LDX:
                checkLoad(i, code & MODE_MASK);
                break;
            case CLASS_ST:
            case CLASS_STX:
                checkMemory(i);
                break;
            case CLASS_ALU:
                checkOperand(i, code);
                break;
            case CLASS_JMP:
                long far = (code & OPERATION_MASK) == 0
                        ? operands[i] & 0xffff_ffffL
                        : Math.max(jumpsTrue[i], jumpsFalse[i]);
                if (far >= left) {
                    throw refused(i, "jumps out of the program");
                }
                break;
            default:
        }
    }

    /** All codes that there are, of {@code chk_code_allowed} in the kernel: no bit beside them may be set. */
    private static boolean isKnown(int code) {
        int operation = code & OPERATION_MASK;
        switch (code & 7) {
            case CLASS_LD:
                switch (code & MODE_MASK) {
                    case MODE_ABS:
                    case MODE_IND:
                        return code <= 0xff && (code & SIZE_MASK) != SIZE_MASK;
                    case MODE_IMM:
                    case MODE_MEM:
                    case MODE_LEN:
                        return code <= 0xff && (code & SIZE_MASK) == SIZE_WORD;
                    default:
                        return false;
                }
            case CLASS_LDX:
                return code == LDX_MSH || code == LDX_IMM || code == LDX_MEM || code == LDX_LEN;
            case CLASS_ST:
            case CLASS_STX:
                return code <= CLASS_STX;
            case CLASS_ALU:
                return code <= 0xaf && (operation != NEGATE || code == (CLASS_ALU | NEGATE));
            case CLASS_JMP:
                return code <= 0x4f && (operation != 0 || code == CLASS_JMP);
            case CLASS_RET:
                return code == CLASS_RET || code == (CLASS_RET | RET_A);
            default:
                return code == MISC_TAX || code == (MISC_TAX | MISC_TXA);
        }
    }

    private void checkLoad(int i, int mode) {
        if (mode == MODE_MEM) {
            checkMemory(i);
        } else if (mode == MODE_ABS && Integer.compareUnsigned(operands[i], BESIDE_FRAME) >= 0) {
            // The kernel knows some of them, such as the VLAN tag that it keeps beside a frame: here there is only the
            // frame.
            throw refused(
                    i,
                    "reads what is beside the frame: offset=" + operands[i]
                            + " (expected: a program for frames as they are in a file, `tcpdump -y EN10MB -ddd`)");
        }
    }

    private void checkMemory(int i) {
        if (operands[i] < 0 || operands[i] >= MEMORY_WORDS) {
            throw refused(i, "uses memory word " + Integer.toUnsignedString(operands[i]));
        }
    }

    private void checkOperand(int i, int code) {
        if ((code & SOURCE_X) != 0) {
            return;
        }
        int operation = code & OPERATION_MASK;
        if ((operation == DIVIDE || operation == MODULO) && operands[i] == 0) {
            throw refused(i, "divides by zero");
        }
        if ((operation == SHIFT_LEFT || operation == SHIFT_RIGHT)
                && Integer.compareUnsigned(operands[i], Integer.SIZE) >= 0) {
            throw refused(i, "shifts by " + Integer.toUnsignedString(operands[i]) + " bits");
        }
    }

    /**
     * Refuses programs that read a word of memory which no instruction before it wrote, on any path. Jumps go forwards
     * only, so one pass over the program knows for each instruction what all ways to it have written.
     */
    private void checkMemoryIsWritten() {
        int[] written = new int[codes.length];
        Arrays.fill(written, ALL_WORDS);
        int valid = 0;
        for (int i = 0; i < codes.length; i++) {
            valid &= written[i];
            int code = codes[i];
            switch (code & 7) {
                case CLASS_ST:
                case CLASS_STX:
                    valid |= 1 << operands[i];
                    break;
                case CLASS_LD:
                case CLASS_LDX:
                    if ((code & MODE_MASK) == MODE_MEM && (valid & 1 << operands[i]) == 0) {
                        throw refused(i, "reads memory word " + operands[i] + ", which may not have been written");
                    }
                    break;
                case CLASS_JMP:
                    if ((code & OPERATION_MASK) == 0) {
                        written[i + 1 + operands[i]] &= valid;
                    } else {
                        written[i + 1 + jumpsTrue[i]] &= valid;
                        written[i + 1 + jumpsFalse[i]] &= valid;
                    }
                    valid = ALL_WORDS;
                    break;
                default:
            }
        }
    }

    @Override
    public boolean accept(ByteBuf buffer, int index, int length, FrameDirection direction) {
        return run(buffer, index, length, length) != 0;
    }

    /**
     * Decides about a frame of which only the start may be there, as in a file with a snap length.
     *
     * @param buffer holds the frame
     * @param index where its Ethernet header starts
     * @param length how much of it is there
     * @param originalLength how long it was, which is what {@code less} and {@code greater} compare
     * @return true if the program accepts it
     */
    public boolean accept(ByteBuf buffer, int index, int length, int originalLength) {
        return run(buffer, index, length, originalLength) != 0;
    }

    /** What the program returns: how many bytes to keep, 0 to refuse the frame. */
    int run(ByteBuf buffer, int index, int length, int originalLength) {
        int a = 0;
        int x = 0;
        // Two words of memory are what programs of tcpdump use; an array is made for those that want any.
        int[] memory = null;
        int i = 0;
        while (true) {
            int code = codes[i];
            int k = operands[i];
            switch (code & 7) {
                case CLASS_LD: {
                    int mode = code & MODE_MASK;
                    if (mode == MODE_ABS || mode == MODE_IND) {
                        long offset = (k & 0xffff_ffffL) + (mode == MODE_IND ? x & 0xffff_ffffL : 0);
                        long value = load(buffer, index, length, offset, code & SIZE_MASK);
                        if (value == BEYOND) {
                            return 0;
                        }
                        a = (int) value;
                    } else {
                        a = plain(mode, k, originalLength, memory);
                    }
                    break;
                }
                case CLASS_LDX:
                    if ((code & MODE_MASK) == MODE_MSH) {
                        // Four times the low half of a byte: the length of an IPv4 header.
                        if ((k & 0xffff_ffffL) >= length) {
                            return 0;
                        }
                        x = (buffer.getByte(index + k) & 0xf) << 2;
                    } else {
                        x = plain(code & MODE_MASK, k, originalLength, memory);
                    }
                    break;
                case CLASS_ST:
                case CLASS_STX:
                    if (memory == null) {
                        memory = new int[MEMORY_WORDS];
                    }
                    memory[k] = (code & 7) == CLASS_ST ? a : x;
                    break;
                case CLASS_ALU: {
                    int operand = (code & SOURCE_X) != 0 ? x : k;
                    int operation = code & OPERATION_MASK;
                    if (operand == 0 && (operation == DIVIDE || operation == MODULO)) {
                        return 0;
                    }
                    a = compute(operation, a, operand);
                    break;
                }
                case CLASS_JMP:
                    i += jump(code, a, (code & SOURCE_X) != 0 ? x : k, i);
                    break;
                case CLASS_RET:
                    return (code & 0x18) == RET_A ? a : k;
                default:
                    if ((code & MISC_TXA) != 0) {
                        a = x;
                    } else {
                        x = a;
                    }
            }
            i++;
        }
    }

    private static int plain(int mode, int k, int length, int[] memory) {
        switch (mode) {
            case MODE_LEN:
                return length;
            case MODE_MEM:
                return memory[k];
            default:
                return k;
        }
    }

    private static long load(ByteBuf buffer, int index, int length, long offset, int size) {
        int bytes = size == SIZE_WORD ? 4 : size == SIZE_HALF ? 2 : 1;
        if (offset + bytes > length) {
            return BEYOND;
        }
        int at = index + (int) offset;
        switch (bytes) {
            case 4:
                return buffer.getUnsignedInt(at);
            case 2:
                return buffer.getUnsignedShort(at);
            default:
                return buffer.getUnsignedByte(at);
        }
    }

    private static int compute(int operation, int a, int operand) {
        switch (operation) {
            case 0x00:
                return a + operand;
            case 0x10:
                return a - operand;
            case 0x20:
                return a * operand;
            case DIVIDE:
                return Integer.divideUnsigned(a, operand);
            case 0x40:
                return a | operand;
            case 0x50:
                return a & operand;
            case SHIFT_LEFT:
                return (operand & ~31) == 0 ? a << operand : 0;
            case SHIFT_RIGHT:
                return (operand & ~31) == 0 ? a >>> operand : 0;
            case NEGATE:
                return -a;
            case MODULO:
                return Integer.remainderUnsigned(a, operand);
            default:
                return a ^ operand;
        }
    }

    private int jump(int code, int a, int operand, int i) {
        boolean taken;
        switch (code & OPERATION_MASK) {
            case 0x00:
                return operands[i];
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
        return taken ? jumpsTrue[i] : jumpsFalse[i];
    }
}
