/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalIoHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

@Timeout(300)
class PatchChannelTest {

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(2, LocalIoHandler.newFactory());
    private final PatchChannel[] cable = PatchChannel.pair("left", "right", VnetHeader.NONE);
    private final BlockingQueue<Integer> received = new LinkedBlockingQueue<>();

    @AfterEach
    void endLoops() throws Exception {
        cable[0].close();
        group.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
    }

    private void connect(boolean autoRead) throws Exception {
        cable[1].config().setAutoRead(autoRead);
        cable[1].pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                ByteBuf frame = (ByteBuf) message;
                received.add(frame.readInt());
                frame.release();
            }
        });
        for (PatchChannel end : cable) {
            group.register(end).sync();
        }
    }

    private static ByteBuf frame(Channel channel, int number) {
        return channel.alloc().buffer(4).writeInt(number);
    }

    /** Two loops, batches of any size, reading by hand or by itself: in order, and what does not arrive was counted. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void framesArriveInOrderOrAreCounted(long seed) throws Exception {
        Random random = new Random(seed);
        boolean autoRead = random.nextBoolean();
        connect(autoRead);
        int sent = 0;
        for (int batch = 0; batch < 300; batch++) {
            int size = 1 + random.nextInt(40);
            for (int i = 0; i < size; i++) {
                cable[0].write(frame(cable[0], sent++));
            }
            cable[0].flush();
            if (random.nextInt(10) == 0) {
                Thread.sleep(1);
            }
            for (int i = random.nextInt(100); !autoRead && i > 0; i--) {
                cable[1].read();
            }
        }
        cable[0].write(cable[0].alloc().buffer(0)).cancel(false);
        cable[0].eventLoop().submit(() -> {}).sync();
        int last = -1;
        int count = 0;
        while (count < sent - cable[0].dropped()) {
            Integer number = received.poll(20, TimeUnit.MILLISECONDS);
            if (number == null) {
                cable[1].read();
                continue;
            }
            assertThat(number).isGreaterThan(last);
            last = number;
            count++;
        }
        assertThat(received).isEmpty();
    }

    @Test
    void anEndThatDoesNotReadLosesFramesAndHoldsNobodyUp() throws Exception {
        connect(false);
        for (int i = 0; i < 5_000; i++) {
            cable[0].write(frame(cable[0], i));
        }
        cable[0].writeAndFlush(frame(cable[0], -1)).sync();
        assertThat(cable[0].isWritable()).isTrue();
        assertThat(cable[0].dropped()).isEqualTo(5_001 - PatchChannel.CAPACITY);
        cable[1].read();
        assertThat(received.poll(30, TimeUnit.SECONDS)).isZero();
    }

    @Test
    void oneEndClosesTheOther() throws Exception {
        connect(false);
        cable[0].writeAndFlush(frame(cable[0], 1)).sync();
        cable[0].close().sync();
        assertThat(cable[1].closeFuture().await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void anEndThatIsNotRegisteredIsClosedAsWell() throws Exception {
        group.register(cable[0]).sync();
        cable[0].writeAndFlush(frame(cable[0], 1)).sync();
        cable[0].close().sync();
        assertThat(cable[1].isOpen()).isFalse();
        assertThatThrownBy(() -> group.register(cable[1]).sync()).isInstanceOf(Exception.class);
    }

    @Test
    void framesOnly() throws Exception {
        connect(true);
        assertThatThrownBy(() -> cable[0].writeAndFlush("text").sync())
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("unsupported message type: String (expected: ByteBuf)");
    }
}
