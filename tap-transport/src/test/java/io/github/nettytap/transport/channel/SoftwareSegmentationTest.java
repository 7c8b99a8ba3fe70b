/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.Frames;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.concurrent.TimeUnit;

/** A frame that the kernel answers with EINVAL. This kernel takes what our validator does, so the answer is put in. */
@Timeout(300)
class SoftwareSegmentationTest {

    private static final int HEADER = 12;
    private static final int EINVAL = 22;

    private final TapEventLoopGroup group =
            TapEventLoopGroup.builder().io(TapIoType.EPOLL).build();
    private final SocketpairSubject subject = SocketpairSubject.of(LoopKind.EPOLL)
            .vnetHeaderSize(HEADER)
            .blocking()
            .open();

    @BeforeEach
    void register() throws Exception {
        new Bootstrap()
                .group(group)
                .channelFactory(subject::channel)
                .handler(new ChannelInboundHandlerAdapter())
                .register()
                .sync();
    }

    @AfterEach
    void end() throws Exception {
        subject.channel().close().sync();
        subject.close();
        group.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
    }

    private ChannelFuture writeRefused(ByteBuf packet) throws Exception {
        ChannelFuture write = subject.channel().write(packet);
        subject.channel()
                .eventLoop()
                .submit(() -> {
                    ChannelOutboundBuffer in = subject.channel().unsafe().outboundBuffer();
                    in.addFlush();
                    subject.channel().writeLoop().refused(in, (ByteBuf) in.current(), EINVAL);
                    return null;
                })
                .sync();
        return write.await();
    }

    @Test
    void gsoFrameIsCutAndItsSegmentsAreSent() throws Exception {
        Frames frames = Frames.tcp4();
        frames.payload = 3_000;
        assertThat(writeRefused(frames.gsoFrame(HEADER, 1_000)).isSuccess()).isTrue();
        for (int i = 0; i < 3; i++) {
            byte[] segment = subject.peer().receive();
            assertThat(segment).hasSize(HEADER + frames.headers() + 1_000);
            assertThat(segment).startsWith(new byte[HEADER]);
        }
        assertThat(subject.channel().counters().framesSegmented()).isOne();
        assertThat(subject.channel().counters().framesSent()).isOne();
        assertThat(subject.channel().counters().drops()).isZero();
    }

    @Test
    void frameThatAsksForNothingFails() throws Exception {
        assertThat(writeRefused(Frames.tcp4().packet(HEADER)).isSuccess()).isFalse();
        assertThat(subject.channel().counters().dropsMalformed()).isOne();
    }

    @Test
    void gsoFrameThatIsMalformedFails() throws Exception {
        Frames frames = Frames.tcp4();
        frames.payload = 3_000;
        ByteBuf packet = frames.gsoFrame(HEADER, 1_000);
        packet.setShortLE(6, 60_000);
        assertThat(writeRefused(packet).isSuccess()).isFalse();
        assertThat(subject.channel().counters().dropsMalformed()).isOne();
        assertThat(subject.channel().counters().framesSegmented()).isZero();
    }

    /** The socket takes some segments and then no more: the frame has not been sent, and that is what is said. */
    @Test
    void segmentsThatTheDeviceHasNoRoomForFailTheFrame() throws Exception {
        Frames frames = Frames.tcp4();
        frames.payload = 60_000;
        boolean failed = false;
        for (int i = 0; i < 100 && !failed; i++) {
            failed = !writeRefused(frames.gsoFrame(HEADER, 1_000)).isSuccess();
        }
        assertThat(failed).isTrue();
        assertThat(subject.channel().counters().drops()).isOne();
    }
}
