/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Objects;

/**
 * The ones' complement sum of IP, TCP, UDP and ICMP.
 *
 * <p>A <em>sum</em> here is always the folded 16 bits in network byte order, not yet complemented: sums of parts that
 * start at even offsets are joined by {@link #add(int, int)}, and {@link #complement(int)} makes the value of a checksum
 * field. A sum is zero only if every byte was zero; {@code 0xffff} is the other zero of ones' complement.
 *
 * <p>Source: RFC 1071 for the sum and for why it may be taken in any word size and byte order; RFC 1624 for the update.
 */
public final class InternetChecksum {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    private static final int HIGH_HALF = LITTLE_ENDIAN ? 1 : 0;

    // Below this, reading through the ByteBuf is cheaper than asking it for its memory, and makes no garbage.
    private static final int SHORT_LENGTH = 96;
    private static final int SCRATCH_LENGTH = 2048;
    private static final FastThreadLocal<byte[]> SCRATCH = new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
            return new byte[SCRATCH_LENGTH];
        }
    };
    private static final int UNROLLED = 4 * Long.BYTES;
    private static final int IPV4_SOURCE = 12;
    private static final int IPV6_SOURCE = 8;

    private InternetChecksum() {}

    /**
     * Sums bytes of a buffer. A last odd byte counts as followed by a zero.
     *
     * @param buffer the buffer
     * @param index the index of the first byte
     * @param length how many bytes
     * @return the sum, 0 to 0xffff
     */
    public static int sum(ByteBuf buffer, int index, int length) {
        if (length < SHORT_LENGTH) {
            return fold(sumShort(buffer, index, length));
        }
        if (buffer.hasArray()) {
            Objects.checkFromIndexSize(index, length, buffer.capacity());
            return inNetworkOrder(fold(sumArray(buffer.array(), buffer.arrayOffset() + index, length)));
        }
        if (length <= SCRATCH_LENGTH && buffer.unwrap() != null) {
            // A slice would make a new view of its memory at each call; copied into the first cache it is as fast.
            byte[] scratch = SCRATCH.get();
            buffer.getBytes(index, scratch, 0, length);
            return inNetworkOrder(fold(sumArray(scratch, 0, length)));
        }
        if (buffer.nioBufferCount() == 1) {
            ByteBuffer memory = buffer.internalNioBuffer(index, length);
            return inNetworkOrder(fold(sumMemory(memory, memory.position(), length)));
        }
        return sumComponents(buffer.nioBuffers(index, length));
    }

    /**
     * Sums bytes of an NIO buffer, whose position, limit and order stay or come back as they were. A last odd byte counts
     * as followed by a zero.
     *
     * @param memory the buffer
     * @param index the absolute index of the first byte, not beyond the limit
     * @param length how many bytes
     * @return the sum, 0 to 0xffff
     */
    public static int sum(ByteBuffer memory, int index, int length) {
        int position = memory.position();
        memory.position(index);
        int sum = inNetworkOrder(fold(sumMemory(memory, index, length)));
        memory.position(position);
        return sum;
    }

    /**
     * Sums bytes of a buffer and adds another sum.
     *
     * @param buffer the buffer
     * @param index the index of the first byte
     * @param length how many bytes
     * @param initial the sum to add, of bytes that came an even distance before
     * @return the sum, 0 to 0xffff
     */
    public static int sum(ByteBuf buffer, int index, int length, int initial) {
        return add(sum(buffer, index, length), initial);
    }

    /**
     * Adds two sums.
     *
     * @param a a sum, or any 16-bit word
     * @param b a sum, or any 16-bit word
     * @return the sum, 0 to 0xffff
     */
    public static int add(int a, int b) {
        int sum = a + b;
        return (sum & 0xffff) + (sum >>> 16);
    }

    /**
     * Folds a number to 16 bits by end-around carry: the words of any width that were added up become one sum.
     *
     * @param wide the total of words of 16, 32, 48 or 64 bits, as an unsigned number
     * @return the sum, 0 to 0xffff
     */
    public static int fold(long wide) {
        long sum = (wide & 0xffff_ffffL) + (wide >>> 32);
        sum = (sum & 0xffff) + (sum >>> 16 & 0xffff) + (sum >>> 32);
        sum = (sum & 0xffff) + (sum >>> 16);
        return (int) ((sum & 0xffff) + (sum >>> 16));
    }

    /**
     * Makes the value of a checksum field out of the sum of what it covers, or the reverse.
     *
     * @param sum a sum
     * @return its ones' complement
     */
    public static int complement(int sum) {
        return ~sum & 0xffff;
    }

    /**
     * The value of a UDP checksum field: a computed zero is sent as all ones, since zero says that there is no checksum.
     *
     * @param checksum the checksum as computed
     * @return the same, but 0xffff for zero
     */
    public static int udp(int checksum) {
        return checksum == 0 ? 0xffff : checksum;
    }

    /**
     * Sums the pseudo header of TCP or UDP over IPv4.
     *
     * @param buffer the buffer
     * @param ipIndex the index of the IPv4 header
     * @param protocol the protocol of the transport header
     * @param length the length of the transport header and its payload
     * @return the sum
     */
    public static int pseudoHeaderV4(ByteBuf buffer, int ipIndex, int protocol, int length) {
        long addresses =
                buffer.getUnsignedInt(ipIndex + IPV4_SOURCE) + buffer.getUnsignedInt(ipIndex + IPV4_SOURCE + 4);
        return fold(addresses + protocol + length);
    }

    /**
     * Sums the pseudo header of TCP, UDP or ICMPv6 over IPv6.
     *
     * @param buffer the buffer
     * @param ipIndex the index of the IPv6 header
     * @param protocol the protocol of the transport header, which extension headers keep apart from the next header
     * @param length the length of the transport header and its payload
     * @return the sum
     */
    public static int pseudoHeaderV6(ByteBuf buffer, int ipIndex, int protocol, int length) {
        long sum = (long) protocol + length;
        for (int i = 0; i < 32; i += Integer.BYTES) {
            sum += buffer.getUnsignedInt(ipIndex + IPV6_SOURCE + i);
        }
        return fold(sum);
    }

    /**
     * Updates a checksum field when a 16-bit word that it covers changes: {@code HC' = ~(~HC + ~m + m')}, equation 3 of
     * RFC 1624, which unlike RFC 1141 never turns a valid checksum into the wrong zero.
     *
     * @param checksum the field, HC
     * @param oldWord the word before, m
     * @param newWord the word after, m'
     * @return the new field, HC'
     */
    public static int update(int checksum, int oldWord, int newWord) {
        return complement(fold((long) complement(checksum) + complement(oldWord) + newWord));
    }

    /**
     * Updates a checksum field when a 32-bit word that it covers changes, at an even offset.
     *
     * @param checksum the field
     * @param oldWord the word before
     * @param newWord the word after
     * @return the new field
     */
    public static int update32(int checksum, int oldWord, int newWord) {
        return complement(fold((long) complement(checksum) + (~oldWord & 0xffff_ffffL) + (newWord & 0xffff_ffffL)));
    }

    private static long sumShort(ByteBuf buffer, int index, int length) {
        long sum = 0;
        int end = index + length;
        int i = index;
        for (; i <= end - Long.BYTES; i += Long.BYTES) {
            long word = buffer.getLong(i);
            sum += (word & 0xffff_ffffL) + (word >>> 32);
        }
        if ((length & 4) != 0) {
            sum += buffer.getUnsignedInt(i);
            i += 4;
        }
        if ((length & 2) != 0) {
            sum += buffer.getUnsignedShort(i);
            i += 2;
        }
        return (length & 1) == 0 ? sum : sum + (buffer.getUnsignedByte(i) << 8);
    }

    /*
     * Both loops keep two totals: of the words modulo 2^64, and of their high halves, which are read once more rather than
     * shifted out. The total of the low halves is then the first minus the second shifted left, exact since it is below
     * 2^64 for any int length. That takes three instructions for eight bytes, with no carry to catch. Typed views, since
     * only their bounds checks leave the loop.
     */

    private static long sumMemory(ByteBuffer memory, int index, int length) {
        ByteOrder order = memory.order();
        memory.order(ByteOrder.nativeOrder());
        LongBuffer words = memory.asLongBuffer();
        IntBuffer halves = memory.asIntBuffer();
        memory.order(order);
        long words0 = 0;
        long words1 = 0;
        long high0 = 0;
        long high1 = 0;
        int i = 0;
        for (int last = length / Long.BYTES - 1; i < last; i += 2) {
            words0 += words.get(i);
            words1 += words.get(i + 1);
            high0 += halves.get(2 * i + HIGH_HALF) & 0xffff_ffffL;
            high1 += halves.get(2 * i + 2 + HIGH_HALF) & 0xffff_ffffL;
        }
        long sum = halves(words0 + words1, high0 + high1);
        int ints = length / Integer.BYTES;
        for (int k = 2 * i; k < ints; k++) {
            sum += halves.get(k) & 0xffff_ffffL;
        }
        long tail = 0;
        int end = index + length;
        for (int at = index + ints * Integer.BYTES, shift = 0; at < end; at++, shift += 8) {
            tail |= (memory.get(at) & 0xffL) << (LITTLE_ENDIAN ? shift : 56 - shift);
        }
        return sum + halves(tail);
    }

    private static long sumArray(byte[] memory, int index, int length) {
        long words0 = 0;
        long words1 = 0;
        long high0 = 0;
        long high1 = 0;
        int end = index + length;
        int i = index;
        for (; i <= end - UNROLLED; i += UNROLLED) {
            words0 += (long) LONGS.get(memory, i);
            words1 += (long) LONGS.get(memory, i + 8);
            words0 += (long) LONGS.get(memory, i + 16);
            words1 += (long) LONGS.get(memory, i + 24);
            high0 += (int) INTS.get(memory, i + 4 * HIGH_HALF) & 0xffff_ffffL;
            high1 += (int) INTS.get(memory, i + 8 + 4 * HIGH_HALF) & 0xffff_ffffL;
            high0 += (int) INTS.get(memory, i + 16 + 4 * HIGH_HALF) & 0xffff_ffffL;
            high1 += (int) INTS.get(memory, i + 24 + 4 * HIGH_HALF) & 0xffff_ffffL;
        }
        long sum = halves(words0 + words1, high0 + high1);
        for (; i <= end - Long.BYTES; i += Long.BYTES) {
            sum += halves((long) LONGS.get(memory, i));
        }
        long tail = 0;
        for (int shift = 0; i < end; i++, shift += 8) {
            tail |= (memory[i] & 0xffL) << (LITTLE_ENDIAN ? shift : 56 - shift);
        }
        return sum + halves(tail);
    }

    private static long halves(long word) {
        return (word & 0xffff_ffffL) + (word >>> 32);
    }

    private static long halves(long words, long high) {
        long low = words - (high << 32);
        return (low & 0xffff_ffffL) + (low >>> 32) + (high & 0xffff_ffffL) + (high >>> 32);
    }

    private static int sumComponents(ByteBuffer[] components) {
        int sum = 0;
        boolean odd = false;
        for (ByteBuffer component : components) {
            int length = component.remaining();
            int part = inNetworkOrder(fold(sumMemory(component, component.position(), length)));
            // Bytes behind an odd number of others are in the other half of their word.
            sum = add(sum, odd ? swap(part) : part);
            odd ^= (length & 1) != 0;
        }
        return sum;
    }

    private static int inNetworkOrder(int sum) {
        return LITTLE_ENDIAN ? swap(sum) : sum;
    }

    private static int swap(int sum) {
        return (sum & 0xff) << 8 | sum >>> 8;
    }
}
