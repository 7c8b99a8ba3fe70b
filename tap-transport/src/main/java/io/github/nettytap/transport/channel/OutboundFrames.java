/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.unix.UnixChannelUtil;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.internal.StringUtil;

import java.io.IOException;

/**
 * What a channel takes as a frame to send: direct memory of a length that a frame can have.
 *
 * <p>The kernel refuses a frame shorter than an Ethernet header (EINVAL), but takes one of two megabytes and drops it
 * later without a word, so the upper bound is the channel's own. A message without a byte is no frame and sends
 * nothing.
 */
final class OutboundFrames {

    private static final int ETHERNET_HEADER = 14;

    private static final String EXPECTED_TYPES = " (expected: " + StringUtil.simpleClassName(ByteBuf.class) + ')';

    private OutboundFrames() {}

    /**
     * Makes a message fit to be sent, or refuses it.
     *
     * @param endpoint null before the channel is bound
     * @return the message or a direct copy of it, in which case the message is released
     */
    static ByteBuf check(Object message, TapEndpoint endpoint, ByteBufAllocator allocator, TapCounters counters)
            throws IOException {
        if (!(message instanceof ByteBuf)) {
            String hint = message instanceof ByteBufHolder ? "; add the codec that turns it into a ByteBuf" : "";
            throw new UnsupportedOperationException(
                    "unsupported message type: " + StringUtil.simpleClassName(message) + EXPECTED_TYPES + hint);
        }
        ByteBuf frame = (ByteBuf) message;
        if (endpoint != null && frame.isReadable()) {
            checkLength(endpoint, frame.readableBytes(), counters);
        }
        return UnixChannelUtil.isBufferCopyNeededForWrite(frame) ? copyToDirect(frame, allocator) : frame;
    }

    private static void checkLength(TapEndpoint endpoint, int length, TapCounters counters) throws IOException {
        int header = endpoint.vnetHeaderSize();
        int minimum = header + ETHERNET_HEADER;
        int maximum = header + ReceiveSlabs.MAX_FRAME;
        if (length < minimum || length > maximum) {
            counters.dropsMalformed.increment();
            throw endpoint.malformed(length, minimum, maximum);
        }
    }

    private static ByteBuf copyToDirect(ByteBuf frame, ByteBufAllocator allocator) {
        if (frame.refCnt() == 0) {
            throw new IllegalReferenceCountException(0);
        }
        int length = frame.readableBytes();
        ByteBuf copy = allocator.directBuffer(length, length);
        try {
            copy.writeBytes(frame, frame.readerIndex(), length);
            frame.release();
            return copy;
        } catch (Throwable cause) {
            copy.release();
            throw cause;
        }
    }
}
