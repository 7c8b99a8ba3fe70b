/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.Frames;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Frames of every length, each read by the channel and written back by it, so that it crosses the device in both
 * directions.
 */
@KernelTest
@Timeout(300)
@ParameterizedClass
@EnumSource(
        value = LoopKind.class,
        names = {"EPOLL", "IO_URING"})
class FrameLengthKernelTest {

    private static final int ETHERNET_HEADER = 14;

    /**
     * With the largest MTU of a TAP, 65,521, the length that no frame exceeds; Linux cuts GSO frames that are longer.
     */
    private static final int MAX_LENGTH = 65_535;

    /** Frames on their way at a time: fewer than the queue of the device holds. */
    private static final int WINDOW = 64;

    private static final byte[] PATTERN = pattern();

    private final LoopKind loop;
    private TapEventLoopGroup group;

    FrameLengthKernelTest(LoopKind loop) {
        this.loop = loop;
    }

    @BeforeEach
    void makeGroup() {
        group = TapEventLoopGroup.builder().io(loop.io()).build();
    }

    @AfterEach
    void endGroup() throws Exception {
        group.shutdownGracefully(20, 30_000, TimeUnit.MILLISECONDS).sync();
    }

    @Test
    void framesOfEveryLengthArriveWhole() throws Exception {
        try (TapSubject subject = start(Set.of())) {
            passFramesOfEveryLength(subject);
        }
    }

    @Test
    void framesOfEveryLengthArriveWholeBehindAHeader() throws Exception {
        try (TapSubject subject = start(EnumSet.of(TapOffload.CSUM, TapOffload.TSO4, TapOffload.TSO6))) {
            passFramesOfEveryLength(subject);
        }
    }

    @Test
    void gsoFramesAndSmallFramesMixed() throws Exception {
        try (TapSubject subject = start(EnumSet.of(TapOffload.CSUM, TapOffload.TSO4))) {
            PacketPeer peer = subject.peer();
            peer.exchangeVnetHeaders();
            byte[] small = NumberedFrames.bytesAndRelease(Frames.tcp4().packet(PacketPeer.VNET_HEADER_SIZE));
            for (int i = 0; i < 5_000; i++) {
                byte[] gsoFrame = gsoFrame(i);
                peer.send(gsoFrame);
                peer.send(small);
                peer.send(small);
                assertThat(peer.receive()).isEqualTo(gsoFrame);
                assertThat(peer.receive()).isEqualTo(small);
                assertThat(peer.receive()).isEqualTo(small);
            }
            assertThat(subject.channel().counters().framesSegmented()).isZero();
        }
    }

    private TapSubject start(Set<TapOffload> offloads) throws Exception {
        TapSubject subject = TapSubject.withOffloads(loop, offloads);
        subject.device().setMtu(MAX_LENGTH - ETHERNET_HEADER);
        new Bootstrap()
                .group(group)
                .channelFactory(subject::channel)
                .handler(new SendBack())
                .register()
                .sync();
        return subject;
    }

    private static void passFramesOfEveryLength(TapSubject subject) {
        Queue<byte[]> under = new ArrayDeque<>(WINDOW);
        for (int length = ETHERNET_HEADER; length <= MAX_LENGTH; length++) {
            if (under.size() == WINDOW) {
                expect(subject.peer(), under.remove());
            }
            byte[] frame = frame(length);
            subject.peer().send(frame);
            under.add(frame);
        }
        while (!under.isEmpty()) {
            expect(subject.peer(), under.remove());
        }
        TapCounters counters = subject.channel().counters();
        assertThat(counters.framesReceived()).isEqualTo(MAX_LENGTH - ETHERNET_HEADER + 1);
        assertThat(counters.framesSent()).isEqualTo(MAX_LENGTH - ETHERNET_HEADER + 1);
        assertThat(counters.framesTruncated()).isZero();
    }

    /** An assertion that describes frames would cost most of the time. */
    private static void expect(Peer peer, byte[] frame) {
        byte[] received = peer.receive();
        if (!Arrays.equals(received, frame)) {
            assertThat(received).as("frame of %d bytes", frame.length).isEqualTo(frame);
        }
    }

    private static byte[] frame(int length) {
        byte[] frame = Arrays.copyOf(PATTERN, length);
        // Differs from those before and after it, though they are as long but for a byte.
        frame[6] = (byte) (length >>> 8 & 0xfe);
        frame[7] = (byte) length;
        return frame;
    }

    private static byte[] pattern() {
        byte[] pattern = new byte[MAX_LENGTH];
        new Random(4).nextBytes(pattern);
        Arrays.fill(pattern, 0, 6, (byte) 0xff);
        // IEEE Std 802: a local experimental EtherType.
        pattern[12] = (byte) 0x88;
        pattern[13] = (byte) 0xb5;
        return pattern;
    }

    private static byte[] gsoFrame(int number) {
        Frames frames = Frames.tcp4();
        frames.sequence = number;
        frames.payload = MAX_LENGTH - frames.headers() - number % 1_000;
        return NumberedFrames.bytesAndRelease(frames.gsoFrame(PacketPeer.VNET_HEADER_SIZE, 1_448));
    }

    @ChannelHandler.Sharable
    private static final class SendBack extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object frame) {
            context.write(frame);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }
    }
}
