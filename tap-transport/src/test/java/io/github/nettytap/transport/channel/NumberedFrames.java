/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

import java.util.Random;

/** Makes frames for tests: broadcast, of a local experimental EtherType, numbered, the rest seeded by the number. */
final class NumberedFrames {

    static final int HEADER = 14;
    static final int MIN_NUMBERED = HEADER + 4;

    private NumberedFrames() {}

    static byte[] numbered(int number, int length) {
        byte[] frame = new byte[length];
        new Random(number).nextBytes(frame);
        for (int i = 0; i < 6; i++) {
            frame[i] = (byte) 0xff;
        }
        frame[6] = 2;
        frame[12] = (byte) 0x88;
        frame[13] = (byte) 0xb5;
        frame[14] = (byte) (number >>> 24);
        frame[15] = (byte) (number >>> 16);
        frame[16] = (byte) (number >>> 8);
        frame[17] = (byte) number;
        return frame;
    }

    static int numberOf(byte[] frame) {
        return (frame[14] & 0xff) << 24 | (frame[15] & 0xff) << 16 | (frame[16] & 0xff) << 8 | frame[17] & 0xff;
    }

    static byte[] bytesAndRelease(ByteBuf frame) {
        try {
            return ByteBufUtil.getBytes(frame);
        } finally {
            frame.release();
        }
    }
}
