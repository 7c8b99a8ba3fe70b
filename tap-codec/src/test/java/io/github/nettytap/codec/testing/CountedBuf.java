/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledHeapByteBuf;

/**
 * A buffer that counts how often it is read: the steps that code takes over an input, to be compared with a bound that
 * is linear in its length. Reading outside the bytes throws.
 */
public final class CountedBuf extends UnpooledHeapByteBuf {

    private static final int BYTES_PER_STEP = 8;

    private long reads;

    public CountedBuf(byte[] bytes) {
        super(UnpooledByteBufAllocator.DEFAULT, bytes.clone(), bytes.length);
        writerIndex(bytes.length);
    }

    /** How often it was read; eight bytes that are copied count as one. */
    public long reads() {
        return reads;
    }

    /** Counts from zero again. */
    public void clearReads() {
        reads = 0;
    }

    @Override
    protected byte _getByte(int index) {
        reads++;
        return super._getByte(index);
    }

    @Override
    protected short _getShort(int index) {
        reads++;
        return super._getShort(index);
    }

    @Override
    protected short _getShortLE(int index) {
        reads++;
        return super._getShortLE(index);
    }

    @Override
    protected int _getUnsignedMedium(int index) {
        reads++;
        return super._getUnsignedMedium(index);
    }

    @Override
    protected int _getInt(int index) {
        reads++;
        return super._getInt(index);
    }

    @Override
    protected int _getIntLE(int index) {
        reads++;
        return super._getIntLE(index);
    }

    @Override
    protected long _getLong(int index) {
        reads++;
        return super._getLong(index);
    }

    @Override
    protected long _getLongLE(int index) {
        reads++;
        return super._getLongLE(index);
    }

    @Override
    public ByteBuf getBytes(int index, byte[] target, int targetIndex, int length) {
        reads += 1 + length / BYTES_PER_STEP;
        return super.getBytes(index, target, targetIndex, length);
    }

    @Override
    public ByteBuf getBytes(int index, ByteBuf target, int targetIndex, int length) {
        reads += 1 + length / BYTES_PER_STEP;
        return super.getBytes(index, target, targetIndex, length);
    }
}
