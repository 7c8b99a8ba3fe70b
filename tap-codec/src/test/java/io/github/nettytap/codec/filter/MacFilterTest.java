/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.DefaultByteBufHolder;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.concurrent.atomic.AtomicBoolean;

class MacFilterTest {

    private static final MacAddress OWN = MacAddress.parse("52:54:00:00:00:01");
    private static final MacAddress PEER = MacAddress.parse("52:54:00:00:00:02");
    private static final MacRules TO_OWN = MacRules.builder().destination(OWN).build();
    private static final MacRules FROM_OWN =
            MacRules.ALL.toBuilder().source(OWN).build();

    private EmbeddedChannel channel;

    @AfterEach
    void finish() {
        if (channel != null) {
            channel.finishAndReleaseAll();
        }
    }

    private MacFilter open(int headerLength) {
        MacFilter filter = new MacFilter(VnetHeader.ofLength(headerLength), FROM_OWN, TO_OWN);
        channel = new EmbeddedChannel(filter);
        return filter;
    }

    private static ByteBuf message(int headerLength, MacAddress destination, MacAddress source) {
        return PooledByteBufAllocator.DEFAULT
                .directBuffer()
                .writeZero(headerLength)
                .writeBytes(destination.toBytes())
                .writeBytes(source.toBytes())
                .writeShort(0x0800)
                .writeZero(46);
    }

    private boolean reads(Object message) {
        channel.writeInbound(message);
        Object passed = channel.readInbound();
        assertThat(passed == null || passed == message).isTrue();
        ReferenceCountUtil.release(passed);
        return passed != null;
    }

    private boolean writes(Object message) {
        ChannelFuture write = channel.writeAndFlush(message);
        Object passed = channel.readOutbound();
        assertThat(passed == null || passed == message).isTrue();
        assertThat(write.isSuccess()).isTrue();
        ReferenceCountUtil.release(passed);
        return passed != null;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 10, 12, 20, 24})
    void eachDirectionHasItsRules(int headerLength) {
        MacFilter filter = open(headerLength);

        assertThat(reads(message(headerLength, PEER, OWN))).isTrue();
        assertThat(reads(message(headerLength, OWN, PEER))).isFalse();
        assertThat(writes(message(headerLength, OWN, PEER))).isTrue();
        assertThat(writes(message(headerLength, PEER, OWN))).isFalse();
        assertThat(filter.inboundCount(MacVerdict.ACCEPT_PROMISCUOUS)).isOne();
        assertThat(filter.inboundCount(MacVerdict.DROP_SOURCE)).isOne();
        assertThat(filter.outboundCount(MacVerdict.ACCEPT_UNICAST)).isOne();
        assertThat(filter.outboundCount(MacVerdict.DROP_UNICAST)).isOne();
    }

    @Test
    void aRefusedFrameIsReleased() {
        open(0);
        ByteBuf read = message(0, OWN, PEER);
        ByteBuf written = message(0, PEER, OWN);
        reads(read);
        writes(written);

        assertThat(read.refCnt()).isZero();
        assertThat(written.refCnt()).isZero();
    }

    @Test
    void theContentOfAHolderHasNoHeader() {
        open(12);

        assertThat(reads(new DefaultByteBufHolder(message(0, PEER, OWN)))).isTrue();
        assertThat(reads(new DefaultByteBufHolder(message(0, OWN, PEER)))).isFalse();
    }

    @Test
    void aFrameCutShortIsCountedAndDropped() {
        MacFilter filter = open(12);
        ByteBuf shorter = message(12, PEER, OWN);
        shorter.writerIndex(25);
        ByteBuf empty = message(12, PEER, OWN).clear();

        assertThat(reads(shorter)).isFalse();
        assertThat(writes(empty)).isFalse();
        assertThat(filter.inboundCount(MacVerdict.DROP_MALFORMED)).isOne();
        assertThat(filter.outboundCount(MacVerdict.DROP_MALFORMED)).isOne();
    }

    @Test
    void otherMessagesPass() {
        open(0);

        assertThat(reads("in")).isTrue();
        assertThat(writes("out")).isTrue();
    }

    @Test
    void newRulesApplyToTheNextFrame() {
        MacFilter filter = open(0);
        filter.inboundRules(MacRules.ALL);
        filter.outboundRules(FROM_OWN);

        assertThat(reads(message(0, OWN, PEER))).isTrue();
        assertThat(writes(message(0, PEER, OWN))).isTrue();
        assertThat(filter.inboundRules()).isSameAs(MacRules.ALL);
        assertThat(filter.outboundRules()).isSameAs(FROM_OWN);
    }

    @Test
    void rulesReplacedWhileTrafficRunsAreEitherOldOrNew() throws InterruptedException {
        MacRules first = MacRules.builder().destination(OWN).source(OWN).build();
        MacRules second = MacRules.builder().destination(PEER).source(PEER).build();
        MacFilter filter = open(0);
        filter.inboundRules(first);
        AtomicBoolean stop = new AtomicBoolean();
        Thread control = new Thread(() -> {
            for (int i = 0; !stop.get(); i++) {
                filter.inboundRules(i % 2 == 0 ? second : first);
            }
        });
        control.start();
        int mixed = 0;
        for (int i = 0; i < 50_000; i++) {
            // Would pass only if the source were judged by one set of rules and the destination by the other.
            mixed += reads(message(0, i % 2 == 0 ? OWN : PEER, i % 2 == 0 ? PEER : OWN)) ? 1 : 0;
        }
        stop.set(true);
        control.join();
        assertThat(mixed).isZero();
        long judged = 0;
        for (MacVerdict verdict : MacVerdict.values()) {
            judged += filter.inboundCount(verdict);
        }
        assertThat(judged).isEqualTo(50_000);
    }
}
