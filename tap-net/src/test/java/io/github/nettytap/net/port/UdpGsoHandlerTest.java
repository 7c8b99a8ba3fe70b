/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.SegmentedDatagramPacket;
import io.netty.util.ReferenceCountUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

class UdpGsoHandlerTest {

    private static final int EMSGSIZE = 90;
    private static final int EINVAL = 22;
    private static final int EIO = 5;
    private static final int ENETUNREACH = 101;
    private static final InetSocketAddress A = new InetSocketAddress("192.0.2.1", 4789);
    private static final InetSocketAddress B = new InetSocketAddress("192.0.2.2", 4789);

    /** Its slices are not wrapped for leak detection, as those of a program are not. */
    private static final ByteBufAllocator UNTRACKED = new UnpooledByteBufAllocator(true, true);

    private final UdpGsoCounters counters = new UdpGsoCounters();
    private final Kernel kernel = new Kernel();
    private EmbeddedChannel channel = channel(true);
    private int written;

    /** Takes what a socket would, or refuses segmented writes. */
    @ChannelHandler.Sharable
    private static final class Kernel extends ChannelOutboundHandlerAdapter {
        private Exception refusal;
        private boolean alsoSingle;

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            if (refusal != null && (alsoSingle || message instanceof SegmentedDatagramPacket)) {
                ReferenceCountUtil.release(message);
                promise.tryFailure(refusal);
            } else {
                context.write(message, promise);
            }
        }
    }

    private EmbeddedChannel channel(boolean supported) {
        return new EmbeddedChannel(kernel, new UdpGsoHandler(supported, counters));
    }

    /** Errors of the kernel need the library that knows their texts. */
    @BeforeAll
    static void loadNativeCode() {
        Epoll.ensureAvailability();
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private static NativeIoException failure(int errno) {
        return new NativeIoException("sendmmsg", -errno);
    }

    private ChannelFuture write(int length, InetSocketAddress to) {
        return channel.write(new DatagramPacket(bytes(length), to));
    }

    private ByteBuf bytes(int length) {
        ByteBuf content = channel.alloc().directBuffer(length);
        for (int i = 0; i < length; i++) {
            content.writeByte(written++);
        }
        return content;
    }

    /**
     * Each as "length", or "length*segment" of a segmented write, and the bytes in the order in which they were
     * written.
     */
    private List<String> sent() {
        List<String> sent = new ArrayList<>();
        for (DatagramPacket packet = channel.readOutbound(); packet != null; packet = channel.readOutbound()) {
            String segment = packet instanceof SegmentedDatagramPacket
                    ? "/" + ((SegmentedDatagramPacket) packet).segmentSize()
                    : "";
            sent.add(packet.content().readableBytes()
                    + segment
                    + (packet.recipient().equals(B) ? " to B" : ""));
            packet.release();
        }
        return sent;
    }

    @Test
    void datagramsOfOneLengthLeaveByOneWrite() {
        write(100, A);
        write(100, A);
        write(100, A);
        assertThat(sent()).isEmpty();

        channel.flush();

        assertThat(sent()).containsExactly("300/100");
        assertThat(counters.segmentedWrites()).isOne();
        assertThat(counters.datagrams()).isEqualTo(3);
    }

    @Test
    void aShorterOneEndsTheWriteAndIsPartOfIt() {
        write(100, A);
        write(100, A);
        write(40, A);
        write(40, A);
        channel.flush();

        assertThat(sent()).containsExactly("240/100", "40");
    }

    @Test
    void aLongerOneStartsAnother() {
        write(100, A);
        write(100, A);
        write(101, A);
        channel.flush();

        assertThat(sent()).containsExactly("200/100", "101");
    }

    @Test
    void eachReceiverHasWritesOfItsOwn() {
        write(100, A);
        write(100, A);
        write(100, B);
        write(100, B);
        channel.flush();

        assertThat(sent()).containsExactly("200/100", "200/100 to B");
    }

    @Test
    void aWriteHasNoMoreThan64Datagrams() {
        for (int i = 0; i < 65; i++) {
            write(10, A);
        }
        channel.flush();

        assertThat(sent()).containsExactly("640/10", "10");
    }

    @Test
    void aWriteIsNoLongerThanADatagramCanBe() {
        for (int i = 0; i < 46; i++) {
            write(1_472, A);
        }
        channel.flush();

        // 44 * 1472 = 64768; 45 of them would be longer than 65507.
        assertThat(sent()).containsExactly("64768/1472", "2944/1472");
    }

    @Test
    void theContentIsInOrderWhetherMemoryIsOnePieceOrNot() {
        ByteBuf memory = UNTRACKED.directBuffer(300);
        for (int i = 0; i < 300; i++) {
            memory.writeByte(written++);
        }
        for (int i = 0; i < 3; i++) {
            channel.write(new DatagramPacket(memory.retainedSlice(100 * i, 100), A));
        }
        memory.release();
        channel.flush();
        write(100, A);
        write(100, A);
        write(90, A);
        channel.flush();

        int expected = 0;
        for (int write = 0; write < 2; write++) {
            DatagramPacket packet = channel.readOutbound();
            assertThat(packet).isInstanceOf(SegmentedDatagramPacket.class);
            ByteBuf content = packet.content();
            while (content.isReadable()) {
                assertThat(content.readByte()).isEqualTo((byte) expected++);
            }
            packet.release();
        }
        assertThat(expected).isEqualTo(590);
    }

    @Test
    void segmentsOfOneMemoryAreSentFromThereAsTheyAre() {
        ByteBuf memory = UNTRACKED.directBuffer(300).writeZero(300);
        long address = memory.memoryAddress();
        for (int i = 0; i < 3; i++) {
            channel.write(new DatagramPacket(memory.retainedSlice(100 * i, 100), A));
        }
        memory.release();
        channel.flush();

        SegmentedDatagramPacket packet = channel.readOutbound();
        assertThat(packet.content().hasMemoryAddress()).isTrue();
        assertThat(packet.content().memoryAddress() + packet.content().readerIndex())
                .isEqualTo(address);
        packet.release();
    }

    @ParameterizedTest
    @ValueSource(ints = {EMSGSIZE, EINVAL, EIO})
    void aRefusedWriteIsRepeatedDatagramByDatagram(int errno) {
        kernel.refusal = failure(errno);
        ChannelFuture first = write(100, A);
        write(100, A);
        ChannelFuture last = write(50, A);
        channel.flush();

        assertThat(sent()).containsExactly("100", "100", "50");
        assertThat(first.isSuccess()).isTrue();
        assertThat(last.isSuccess()).isTrue();
        assertThat(counters.refused()).isOne();
        assertThat(counters.failed()).isZero();
        assertThat(counters.segmentedWrites()).isZero();
    }

    @Test
    void afterARefusalForLengthOnlyShorterOnesAreSentTogether() {
        kernel.refusal = failure(EMSGSIZE);
        write(100, A);
        write(100, A);
        channel.flush();
        kernel.refusal = null;
        write(100, A);
        write(100, A);
        write(99, A);
        write(99, A);
        channel.flush();

        assertThat(sent()).containsExactly("100", "100", "100", "100", "198/99");
    }

    @Test
    void segmentationIsTriedAgainAfterAWhile() {
        channel.freezeTime();
        kernel.refusal = failure(EINVAL);
        write(100, A);
        write(100, A);
        channel.flush();
        kernel.refusal = null;
        write(100, A);
        write(100, A);
        channel.advanceTimeBy(10, TimeUnit.SECONDS);
        write(100, A);
        write(100, A);
        channel.flush();

        assertThat(sent()).containsExactly("100", "100", "100", "100", "200/100");
    }

    @Test
    void aWriteThatFailsOtherwiseFailsItsDatagrams() {
        IOException failure = failure(ENETUNREACH);
        kernel.refusal = failure;
        ChannelFuture first = write(100, A);
        ChannelFuture second = write(100, A);
        channel.flush();

        assertThat(first.cause()).isSameAs(failure);
        assertThat(second.cause()).isSameAs(failure);
        assertThat(counters.failed()).isEqualTo(2);
        assertThat(counters.refused()).isZero();
    }

    @Test
    void datagramsThatFailAloneAreCounted() {
        kernel.refusal = failure(EMSGSIZE);
        kernel.alsoSingle = true;
        channel.write(new DatagramPacket(bytes(100), A), channel.voidPromise());
        channel.write(new DatagramPacket(bytes(100), A), channel.voidPromise());
        channel.flush();

        assertThat(counters.failed()).isEqualTo(2);
        channel.checkException();
    }

    @Test
    void withoutSupportEachDatagramIsSentAlone() {
        channel.finishAndReleaseAll();
        channel = channel(false);
        write(100, A);
        write(100, A);
        channel.flush();

        assertThat(sent()).containsExactly("100", "100");
    }

    @Test
    void whatWaitsWhenTheHandlerGoesIsReleasedAndFails() {
        ChannelFuture waiting = write(100, A);
        channel.pipeline().remove(UdpGsoHandler.class);

        assertThat(waiting.cause()).isInstanceOf(ClosedChannelException.class);
        assertThat(counters.failed()).isOne();
    }

    @Test
    void emptyDatagramsAreSentAlone() {
        write(0, A);
        write(0, A);
        channel.flush();

        assertThat(sent()).containsExactly("0", "0");
    }

    @Test
    void anythingElsePassesBehindWhatCameBefore() {
        write(100, A);
        channel.write("other");
        assertThat(channel.<Object>readOutbound()).isNull();
        channel.flush();

        DatagramPacket before = channel.readOutbound();
        before.release();
        assertThat(channel.<Object>readOutbound()).isEqualTo("other");
    }
}
