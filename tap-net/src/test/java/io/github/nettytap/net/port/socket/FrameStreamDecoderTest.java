/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.LengthFieldPrepender;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

class FrameStreamDecoderTest {

    /** However the stream is cut, the frames are the same; what encodes is Netty's own handler. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void framesComeOutAsTheyWentIn(long seed) {
        Random random = new Random(seed);
        EmbeddedChannel encoder = new EmbeddedChannel(new LengthFieldPrepender(4));
        EmbeddedChannel decoder = new EmbeddedChannel(new FrameStreamDecoder());
        List<byte[]> sent = new ArrayList<>();
        ByteBuf stream = Unpooled.buffer();
        for (int i = 0; i < 200; i++) {
            int length = random.nextInt(20) == 0 ? FrameStreamDecoder.MAX_FRAME : 1 + random.nextInt(1_600);
            byte[] frame = new byte[length];
            random.nextBytes(frame);
            sent.add(frame);
            encoder.writeOutbound(Unpooled.wrappedBuffer(frame));
            for (ByteBuf part = encoder.readOutbound(); part != null; part = encoder.readOutbound()) {
                stream.writeBytes(part);
                part.release();
            }
        }
        int most = random.nextBoolean() ? 10 : 5_000;
        while (stream.isReadable()) {
            int step = Math.min(stream.readableBytes(), 1 + random.nextInt(most));
            decoder.writeInbound(stream.readRetainedSlice(step));
        }
        stream.release();
        for (byte[] frame : sent) {
            ByteBuf received = decoder.readInbound();
            assertThat(received.readerIndex()).isEqualTo(FrameStreamDecoder.HEADROOM);
            byte[] bytes = new byte[received.readableBytes()];
            received.readBytes(bytes).release();
            assertThat(bytes).isEqualTo(frame);
        }
        assertThat(decoder.inboundMessages()).isEmpty();
        assertThat(decoder.finish()).isFalse();
        encoder.finishAndReleaseAll();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, FrameStreamDecoder.MAX_FRAME + 1, Integer.MAX_VALUE, -1, Integer.MIN_VALUE})
    void aLengthThatCannotBeRightIsSaid(int length) {
        EmbeddedChannel decoder = new EmbeddedChannel(new FrameStreamDecoder());
        assertThatExceptionOfType(CorruptedFrameException.class)
                .isThrownBy(() -> decoder.writeInbound(Unpooled.buffer().writeInt(length)))
                .withMessage(
                        "bad length of a frame: length=" + Integer.toUnsignedLong(length) + " (expected: 1 to 65550)");
        // Nothing of what follows is taken for frames, or kept.
        assertThat(decoder.writeInbound(Unpooled.buffer().writeInt(1).writeByte(1)))
                .isFalse();
        assertThat(decoder.finish()).isFalse();
    }

    @Test
    void anEndWithinAFrameIsSaid() {
        EmbeddedChannel decoder = new EmbeddedChannel(new FrameStreamDecoder());
        decoder.writeInbound(Unpooled.buffer().writeInt(100).writeZero(50));
        assertThatExceptionOfType(CorruptedFrameException.class)
                .isThrownBy(decoder::finish)
                .withMessage("the stream ends within a frame: bytes=54");
    }
}
