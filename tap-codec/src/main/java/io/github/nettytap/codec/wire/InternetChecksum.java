/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The ones' complement sum of IP, TCP, UDP and ICMP.
 *
 * <p>A <em>sum</em> here is always the folded 16 bits in network byte order, not yet complemented: sums of parts that
 * start at even offsets are joined by {@link #add(int, int)}, and {@link #complement(int)} makes the value of a
 * checksum field. A sum is zero only if every byte was zero; {@code 0xffff} is the other zero of ones' complement.
 *
 * <p>Source: RFC 1071 for the sum and for why it may be taken in any word size and byte order; RFC 1624 for the update.
 */
public final class InternetChecksum {

    private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    // Below this, reading through the ByteBuf is cheaper than asking it for its memory, and makes no garbage.
    private static final int SHORT_LENGTH = 96;
    private static final int SCRATCH_LENGTH = 2048;
    private static final FastThreadLocal<ByteBuffer> SCRATCH = new FastThreadLocal<>() {
        @Override
        protected ByteBuffer initialValue() {
            return ByteBuffer.allocateDirect(SCRATCH_LENGTH);
        }
    };
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
            return sumCopied(buffer, index, length);
        }
        if (length <= SCRATCH_LENGTH && buffer.unwrap() != null) {
            // A slice would make a new view of its memory at each call, which is garbage.
            return sumCopied(buffer, index, length);
        }
        if (buffer.nioBufferCount() == 1) {
            ByteBuffer memory = buffer.internalNioBuffer(index, length);
            return inNetworkOrder(fold(sumMemory(memory, memory.position(), length)));
        }
        return sumComponents(buffer.nioBuffers(index, length));
    }

    /** Sums in parts that are copied into the first cache, to where they can be read eight bytes at a time. */
    private static int sumCopied(ByteBuf buffer, int index, int length) {
        ByteBuffer scratch = SCRATCH.get();
        long sum = 0;
        int part;
        for (int done = 0; done < length; done += part) {
            part = Math.min(length - done, SCRATCH_LENGTH);
            buffer.getBytes(index + done, scratch.clear().limit(part));
            sum += fold(sumMemory(scratch, 0, part));
        }
        return inNetworkOrder(fold(sum));
    }

    /**
     * Sums bytes of an NIO buffer, whose position and limit stay and whose order comes back as it was. A last odd byte
     * counts as followed by a zero.
     *
     * @param memory the buffer
     * @param index the absolute index of the first byte, not beyond the limit
     * @param length how many bytes
     * @return the sum, 0 to 0xffff
     */
    public static int sum(ByteBuffer memory, int index, int length) {
        return inNetworkOrder(fold(sumMemory(memory, index, length)));
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
     * The value of a UDP checksum field: a computed zero is sent as all ones, since zero says that there is no
     * checksum.
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

    /**
     * One total, of both halves of each word: this is the form of the loop that the compiler turns into vector
     * instructions. With a second total or a second view of the memory, it stays scalar, at half the speed.
     */
    private static long sumMemory(ByteBuffer memory, int index, int length) {
        ByteOrder order = memory.order();
        memory.order(ByteOrder.nativeOrder());
        long sum = 0;
        // The mask tells the compiler that the first index is not negative, without which it does not vectorise.
        int start = index & Integer.MAX_VALUE;
        int end = start + (length & -Long.BYTES);
        for (int i = start; i < end; i += Long.BYTES) {
            sum += halves(memory.getLong(i));
        }
        if ((length & 4) != 0) {
            sum += memory.getInt(end) & 0xffff_ffffL;
            end += Integer.BYTES;
        }
        if ((length & 2) != 0) {
            sum += memory.getShort(end) & 0xffffL;
            end += Short.BYTES;
        }
        if ((length & 1) != 0) {
            int last = memory.get(end) & 0xff;
            sum += LITTLE_ENDIAN ? last : last << 8;
        }
        memory.order(order);
        return sum;
    }

    private static long halves(long word) {
        return (word & 0xffff_ffffL) + (word >>> 32);
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
