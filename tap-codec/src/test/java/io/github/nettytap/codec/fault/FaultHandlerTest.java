/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.nettytap.codec.offload.Checksums;
import io.github.nettytap.codec.virtio.ChannelWithHeader;
import io.github.nettytap.codec.virtio.FrameView;
import io.github.nettytap.codec.virtio.VirtioNetCodec;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.testkit.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.buffer.DefaultByteBufHolder;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

class FaultHandlerTest {

    private static ByteBuf frame(int number) {
        return PooledByteBufAllocator.DEFAULT.directBuffer().writeInt(number).writeZero(96);
    }

    private static List<Integer> inbound(EmbeddedChannel channel) {
        List<Integer> numbers = new ArrayList<>();
        for (ByteBuf frame = channel.readInbound(); frame != null; frame = channel.readInbound()) {
            numbers.add(frame.getInt(frame.readerIndex()));
            frame.release();
        }
        return numbers;
    }

    private static List<Integer> outbound(EmbeddedChannel channel) {
        List<Integer> numbers = new ArrayList<>();
        for (ByteBuf frame = channel.readOutbound(); frame != null; frame = channel.readOutbound()) {
            numbers.add(frame.getInt(frame.readerIndex()));
            frame.release();
        }
        return numbers;
    }

    private static List<Integer> numbers(int count) {
        return IntStream.range(0, count).boxed().collect(Collectors.toList());
    }

    private static List<Integer> readThrough(FaultHandler handler, int frames) {
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        channel.freezeTime(); // Frames that are held back also leave by the clock.
        for (int i = 0; i < frames; i++) {
            channel.writeInbound(frame(i));
        }
        List<Integer> result = inbound(channel);
        channel.finishAndReleaseAll();
        return result;
    }

    @Test
    void aLineWithoutFaultsChangesNothing() {
        assertThat(readThrough(FaultHandler.builder(1).build(), 100)).isEqualTo(numbers(100));
    }

    @Test
    void theSameSeedHasTheSameFate() {
        FaultHandler.Builder line =
                FaultHandler.builder(7).drop(0.1).duplicate(0.1).reorder(0.2).corrupt(0.1);

        List<Integer> once = readThrough(line.build(), 1_000);
        assertThat(readThrough(line.build(), 1_000)).isEqualTo(once);
        assertThat(readThrough(
                        FaultHandler.builder(8)
                                .drop(0.1)
                                .duplicate(0.1)
                                .reorder(0.2)
                                .corrupt(0.1)
                                .build(),
                        1_000))
                .isNotEqualTo(once);
    }

    @Test
    void theFateOfAFrameDoesNotDependOnOtherFaults() {
        List<Integer> dropsOnly = readThrough(FaultHandler.builder(7).drop(0.1).build(), 1_000);
        List<Integer> withDuplicates =
                readThrough(FaultHandler.builder(7).drop(0.1).duplicate(0.5).build(), 1_000);

        assertThat(withDuplicates.stream().distinct().collect(Collectors.toList()))
                .isEqualTo(dropsOnly);
    }

    @Test
    void directionsDoNotInfluenceEachOther() {
        FaultHandler.Builder line = FaultHandler.builder(3).drop(0.5);
        EmbeddedChannel channel = new EmbeddedChannel(line.build());
        for (int i = 0; i < 200; i++) {
            channel.writeInbound(frame(i));
            channel.writeOutbound(frame(i));
        }
        List<Integer> read = inbound(channel);
        assertThat(read).isEqualTo(readThrough(line.build(), 200)).isNotEqualTo(outbound(channel));
        channel.finishAndReleaseAll();
    }

    @Test
    void aDroppedWriteSucceedsAndIsReleased() {
        FaultHandler handler = FaultHandler.builder(1).drop(1).build();
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        ByteBuf frame = frame(1);
        ChannelFuture written = channel.writeAndFlush(frame);
        channel.writeAndFlush(frame(2), channel.voidPromise());

        assertThat(written.isSuccess()).isTrue();
        assertThat(frame.refCnt()).isZero();
        assertThat(outbound(channel)).isEmpty();
        assertThat(handler.outboundCounters())
                .hasToString("FaultCounters(frames=2, dropped=2, corrupted=0, duplicated=0, reordered=0,"
                        + " overflowed=0)");
        channel.finishAndReleaseAll();
    }

    @Test
    void frequenciesAreThoseAskedFor() {
        FaultHandler handler = FaultHandler.builder(99)
                .drop(0.1)
                .corrupt(0.2)
                .duplicate(0.3)
                .reorder(0.4)
                .build();
        readThrough(handler, 20_000);

        FaultCounters counters = handler.inboundCounters();
        assertThat(counters.frames()).isEqualTo(20_000);
        assertThat((double) counters.dropped()).isCloseTo(2_000, within(200.0));
        assertThat((double) counters.corrupted()).isCloseTo(3_600, within(300.0));
        assertThat((double) counters.duplicated()).isCloseTo(5_400, within(400.0));
        assertThat((double) counters.reordered()).isCloseTo(7_200, within(500.0));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 12})
    void corruptionFlipsOneBitOfACopyBehindTheVirtioHeader(int header) {
        EmbeddedChannel channel = new EmbeddedChannel(FaultHandler.builder(5)
                .corrupt(1)
                .vnetHeader(VnetHeader.ofLength(header))
                .build());
        for (int i = 0; i < 200; i++) {
            ByteBuf original = frame(i).retain();
            channel.writeInbound(original);
            ByteBuf corrupt = channel.readInbound();
            int flipped = 0;
            for (int b = 0; b < 100; b++) {
                int difference = Integer.bitCount((original.getByte(b) ^ corrupt.getByte(b)) & 0xff);
                assertThat(b < header ? difference : 0).isZero();
                flipped += difference;
            }
            assertThat(flipped).isOne();
            assertThat(original.getInt(0)).isEqualTo(i);
            corrupt.release();
            original.release();
        }
        channel.finishAndReleaseAll();
    }

    /** A receiver who completes or trusts the checksum would else vouch for the flipped bit. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void corruptionIsNoticedByWhoeverVerifies(boolean behindCodec) {
        FaultHandler handler =
                FaultHandler.builder(5).corrupt(1).vnetHeader(VnetHeader.V1).build();
        EmbeddedChannel channel = new EmbeddedChannel();
        if (behindCodec) {
            channel.pipeline().addLast(new VirtioNetCodec(VnetHeader.V1));
        }
        channel.pipeline().addLast(handler);
        int wrong = 0;
        for (int i = 0; i < 100; i++) {
            ByteBuf valid = Frames.tcp4().packet(12);
            valid.setByte(0, VirtioNetHeader.FLAG_DATA_VALID);
            Frames unfinished = Frames.tcp4();
            unfinished.partial = true;
            ByteBuf partial = unfinished.packet(12);
            partial.setByte(0, VirtioNetHeader.FLAG_NEEDS_CSUM)
                    .setShortLE(6, 34)
                    .setShortLE(8, 16);
            Frames large = Frames.tcp4();
            large.payload = 250;

            channel.writeInbound(valid, partial, large.gsoFrame(12, 100));

            int length = 0;
            for (int n = 0; n < 5; n++) {
                FrameView view = new FrameView(VnetHeader.V1);
                Object message = channel.readInbound();
                assertThat(view.read(message)).isTrue();
                assertThat(view.flags()).isZero();
                assertThat(view.isGsoFrame()).isFalse();
                length += view.length();
                wrong +=
                        Checksums.verify(view.buffer(), view.index(), view.limit()) == Checksums.Result.CORRECT ? 0 : 1;
                ReferenceCountUtil.release(message);
            }
            assertThat(length).isEqualTo(154 + 154 + 3 * 54 + 250);
        }
        assertThat(handler.inboundCounters().corrupted()).isEqualTo(300);
        // But for the bits of the Ethernet header, which nothing sums: 14 of about 150 bytes.
        assertThat(wrong).isBetween(240, 299);
        assertThat(channel.finishAndReleaseAll()).isFalse();
    }

    @Test
    void writeOfACorruptedGsoFrameEndsWithItsLastSegment() {
        EmbeddedChannel channel = new EmbeddedChannel(FaultHandler.builder(5)
                .corrupt(1)
                .duplicate(1)
                .delay(Duration.ofMillis(1))
                .vnetHeader(VnetHeader.V1)
                .build());
        channel.freezeTime();
        Frames large = Frames.tcp4();
        large.payload = 250;

        ChannelFuture write = channel.writeAndFlush(large.gsoFrame(12, 100));
        assertThat(write.isDone()).isFalse();
        channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();

        assertThat(write.isSuccess()).isTrue();
        assertThat(channel.outboundMessages()).hasSize(6);
        channel.finishAndReleaseAll();
    }

    @Test
    void handlerThatWasToldOfAnotherHeaderSaysSo() throws Exception {
        ChannelWithHeader tap = new ChannelWithHeader(Set.of());
        tap.header = VnetHeader.V1;
        tap.pipeline()
                .addLast(FaultHandler.builder(5).vnetHeader(VnetHeader.NONE).build());

        tap.register();

        assertThatThrownBy(tap::checkException)
                .rootCause()
                .hasMessage(
                        "FaultHandler would misread the frames of its channel: header=NONE (expected: V1 in this place"
                                + " of the pipeline)");
        tap.finishAndReleaseAll();
    }

    @Test
    void handlerThatWasToldNothingAsksItsChannel() throws Exception {
        ChannelWithHeader tap = new ChannelWithHeader(Set.of());
        tap.header = VnetHeader.TUNNEL;
        tap.pipeline().addLast(FaultHandler.builder(5).corrupt(1).build(), new VirtioNetCodec());
        tap.pipeline().addLast(FaultHandler.builder(6).corrupt(1).build());
        tap.register();

        for (int i = 0; i < 100; i++) {
            ByteBuf packet = Frames.tcp4().packet(24);
            packet.setInt(12, 0x01020304); // a hash, which is no part of the frame
            tap.writeInbound(packet);
            VirtioNetFrame frame = tap.readInbound();
            assertThat(frame.content().readableBytes()).isEqualTo(154);
            frame.release();
        }
        tap.finishAndReleaseAll();
    }

    @Test
    void aFrameWithoutBytesIsNotCorrupted() {
        FaultHandler handler =
                FaultHandler.builder(5).corrupt(1).vnetHeader(VnetHeader.V1).build();
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        ByteBuf shorter = PooledByteBufAllocator.DEFAULT.directBuffer().writeZero(7);
        channel.writeInbound(shorter);

        Object passed = channel.readInbound();
        assertThat(passed).isSameAs(shorter);
        assertThat(handler.inboundCounters().corrupted()).isZero();
        shorter.release();
        channel.finishAndReleaseAll();
    }

    @Test
    void aDuplicateHasMemoryOfItsOwn() {
        EmbeddedChannel channel =
                new EmbeddedChannel(FaultHandler.builder(5).duplicate(1).build());
        channel.writeOutbound(frame(1));
        ByteBuf first = channel.readOutbound();
        ByteBuf second = channel.readOutbound();
        first.setInt(0, 9);

        assertThat(second.getInt(0)).isOne();
        first.release();
        second.release();
        channel.finishAndReleaseAll();
    }

    @Test
    void aHolderIsAFrame() {
        FaultHandler handler = FaultHandler.builder(5).duplicate(1).corrupt(1).build();
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        channel.writeInbound(new DefaultByteBufHolder(frame(1)));
        ByteBufHolder first = channel.readInbound();
        ByteBufHolder second = channel.readInbound();

        assertThat(first.content()).isEqualTo(second.content());
        first.release();
        second.release();
        channel.finishAndReleaseAll();
    }

    @Test
    void aReorderedFrameIsOvertakenByAFew() {
        List<Integer> received = readThrough(
                FaultHandler.builder(11).reorder(0.3, 4, Duration.ofSeconds(1)).build(), 1_000);

        int last = -1;
        int late = 0;
        for (int i = 0; i < received.size(); i++) {
            late += received.get(i) < last ? 1 : 0;
            last = Math.max(last, received.get(i));
            assertThat(i - received.get(i)).isLessThanOrEqualTo(8);
        }
        assertThat(late).isGreaterThan(100);
        assertThat(received).doesNotHaveDuplicates().hasSizeGreaterThan(990);
    }

    @Test
    void aReorderedFrameThatNothingOvertakesIsDeliveredLate() {
        EmbeddedChannel channel = new EmbeddedChannel(
                FaultHandler.builder(1).reorder(1, 3, Duration.ofMillis(10)).build());
        channel.freezeTime();
        channel.writeInbound(frame(1));
        channel.writeOutbound(frame(2));
        channel.advanceTimeBy(9_999, TimeUnit.MICROSECONDS);
        channel.runScheduledPendingTasks();
        assertThat(inbound(channel)).isEmpty();
        channel.advanceTimeBy(1, TimeUnit.MICROSECONDS);
        channel.runScheduledPendingTasks();

        assertThat(inbound(channel)).containsExactly(1);
        assertThat(outbound(channel)).containsExactly(2);
        channel.finishAndReleaseAll();
    }

    @Test
    void aDelayedFrameComesAfterItsDelay() {
        EmbeddedChannel channel = new EmbeddedChannel(
                FaultHandler.builder(1).delay(Duration.ofMillis(5)).build());
        channel.freezeTime();
        channel.writeInbound(frame(1));
        ChannelFuture written = channel.writeAndFlush(frame(2));
        channel.advanceTimeBy(4, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(inbound(channel)).isEmpty();
        assertThat(written.isDone()).isFalse();
        channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();

        assertThat(inbound(channel)).containsExactly(1);
        assertThat(outbound(channel)).containsExactly(2);
        assertThat(written.isSuccess()).isTrue();
        channel.finishAndReleaseAll();
    }

    @Test
    void jitterKeepsTheOrder() {
        EmbeddedChannel channel = new EmbeddedChannel(FaultHandler.builder(1)
                .delay(Duration.ofMillis(1), Duration.ofMillis(50))
                .build());
        channel.freezeTime();
        for (int i = 0; i < 100; i++) {
            channel.writeInbound(frame(i));
            channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
            channel.runScheduledPendingTasks();
        }
        List<Integer> received = inbound(channel);
        assertThat(received).hasSizeBetween(40, 99);
        channel.advanceTimeBy(60, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        received.addAll(inbound(channel));

        assertThat(received).isEqualTo(numbers(100));
        channel.finishAndReleaseAll();
    }

    @Test
    void aRateSpacesFramesByTheirLength() {
        // 100 bytes at 800 kbit/s take a millisecond.
        EmbeddedChannel channel =
                new EmbeddedChannel(FaultHandler.builder(1).rate(800_000).build());
        channel.freezeTime();
        for (int i = 0; i < 10; i++) {
            channel.writeInbound(frame(i));
        }
        for (int i = 0; i < 10; i++) {
            channel.advanceTimeBy(999, TimeUnit.MICROSECONDS);
            channel.runScheduledPendingTasks();
            assertThat(inbound(channel)).isEmpty();
            channel.advanceTimeBy(1, TimeUnit.MICROSECONDS);
            channel.runScheduledPendingTasks();
            assertThat(inbound(channel)).containsExactly(i);
        }
        channel.finishAndReleaseAll();
    }

    @Test
    void aFullQueueDropsWhatComesLast() {
        FaultHandler handler = FaultHandler.builder(1)
                .delay(Duration.ofMillis(5))
                .queueFrames(3)
                .build();
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        channel.freezeTime();
        ChannelFuture last = null;
        for (int i = 0; i < 5; i++) {
            last = channel.writeAndFlush(frame(i));
        }
        assertThat(last.isSuccess()).isTrue();
        channel.advanceTimeBy(5, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();

        assertThat(outbound(channel)).containsExactly(0, 1, 2);
        assertThat(handler.outboundCounters().overflowed()).isEqualTo(2);
        channel.finishAndReleaseAll();
    }

    @Test
    void closingReleasesWhatWaitsAndFailsItsWrites() {
        EmbeddedChannel channel = new EmbeddedChannel(FaultHandler.builder(1)
                .reorder(0.5)
                .delay(Duration.ofSeconds(1))
                .build());
        channel.freezeTime();
        List<ByteBuf> frames = new ArrayList<>();
        List<ChannelFuture> writes = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            frames.add(frame(i));
            channel.writeInbound(frames.get(2 * i));
            frames.add(frame(i));
            writes.add(channel.writeAndFlush(frames.get(2 * i + 1)));
        }
        channel.close();

        assertThat(frames).allMatch(frame -> frame.refCnt() == 0);
        assertThat(writes).allMatch(write -> write.cause() instanceof ClosedChannelException);
        channel.finishAndReleaseAll();
    }

    @Test
    void removingTheHandlerReleasesWhatWaitsAndFailsItsWrites() {
        FaultHandler handler =
                FaultHandler.builder(1).delay(Duration.ofSeconds(1)).build();
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        channel.freezeTime();
        ByteBuf read = frame(1);
        ByteBuf written = frame(2);
        channel.writeInbound(read);
        ChannelFuture write = channel.writeAndFlush(written);
        channel.pipeline().remove(handler);

        assertThat(read.refCnt()).isZero();
        assertThat(written.refCnt()).isZero();
        assertThat(write.cause())
                .isInstanceOf(CancellationException.class)
                .hasMessage("fault handler removed before the frame was due");
        channel.finishAndReleaseAll();
    }

    @Test
    void oneDirectionCanBeLeftAlone() {
        EmbeddedChannel in = new EmbeddedChannel(
                FaultHandler.builder(1).drop(1).inboundOnly().build());
        EmbeddedChannel out = new EmbeddedChannel(
                FaultHandler.builder(1).drop(1).outboundOnly().build());
        for (EmbeddedChannel channel : List.of(in, out)) {
            channel.writeInbound(frame(1));
            channel.writeOutbound(frame(2));
        }

        assertThat(inbound(in)).isEmpty();
        assertThat(outbound(in)).containsExactly(2);
        assertThat(inbound(out)).containsExactly(1);
        assertThat(outbound(out)).isEmpty();
        in.finishAndReleaseAll();
        out.finishAndReleaseAll();
    }

    @Test
    void otherMessagesPass() {
        EmbeddedChannel channel =
                new EmbeddedChannel(FaultHandler.builder(1).drop(1).build());
        channel.writeInbound("in");
        channel.writeOutbound("out");

        Object in = channel.readInbound();
        Object out = channel.readOutbound();
        assertThat(List.of(in, out)).containsExactly("in", "out");
        ReferenceCountUtil.release(out);
        channel.finishAndReleaseAll();
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        FaultHandler.Builder line = FaultHandler.builder(1);
        assertThatThrownBy(() -> line.drop(1.5)).hasMessage("probability out of range: drop=1.5 (expected: 0..1)");
        assertThatThrownBy(() -> line.corrupt(Double.NaN))
                .hasMessage("probability out of range: corrupt=NaN (expected: 0..1)");
        assertThatThrownBy(() -> line.delay(Duration.ofMillis(-1)))
                .hasMessage("delay out of range: nanoseconds=-1000000 (expected: 0 or more)");
        assertThatThrownBy(() -> line.rate(-1)).hasMessage("rate out of range: bitsPerSecond=-1 (expected: 0 or more)");
        assertThatThrownBy(() -> line.queueFrames(0)).hasMessage("queue length: frames=0 (expected: more than 0)");
        assertThatThrownBy(() -> line.reorder(0.1, 0, Duration.ZERO))
                .hasMessage("reorder distance: frames=0 (expected: more than 0)");
    }
}
