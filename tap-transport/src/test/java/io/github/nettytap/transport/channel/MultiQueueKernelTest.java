/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.Frames;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapQueue;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The queues of one interface as channels on several loops. */
@KernelTest
@Timeout(300)
@ParameterizedClass
@EnumSource(TapIoType.class)
class MultiQueueKernelTest {

    private static final int FLOWS = 32;
    private static final int FRAMES_OF_A_FLOW = 100;

    private final TapIoType io;
    private TapEventLoopGroup group;
    private NetworkNamespace namespace;
    private TapDevice device;
    private PacketPeer peer;
    private final FlowRecorder recorder = new FlowRecorder();

    MultiQueueKernelTest(TapIoType io) {
        this.io = io;
    }

    @BeforeEach
    void open() throws Exception {
        group = TapEventLoopGroup.builder().threads(2).io(io).build();
        namespace = NetworkNamespace.create();
        device = TapDevice.builder("tap0")
                .queues(2)
                .namespace(namespace)
                .up(true)
                .open();
        int ifindex = device.ifindex();
        peer = namespace.call(() -> PacketPeer.open(ifindex));
    }

    @AfterEach
    void close() throws Exception {
        device.close();
        peer.close();
        group.shutdownGracefully(20, 30_000, TimeUnit.MILLISECONDS).sync();
        namespace.close();
    }

    private Bootstrap bootstrap() {
        return new Bootstrap()
                .group(group)
                .channelFactory(TapChannel.factory(device))
                .handler(recorder);
    }

    /** Frames of many UDP flows, interleaved; the identification counts within a flow. */
    private void sendAllFlows(int round) throws InterruptedException {
        for (int i = 0; i < FRAMES_OF_A_FLOW; i++) {
            for (int flow = 0; flow < FLOWS; flow++) {
                Frames frame = Frames.udp4();
                frame.sourcePort = 10_000 + flow;
                frame.identification = round * FRAMES_OF_A_FLOW + i;
                ByteBuf bytes = frame.frame();
                peer.send(ByteBufUtil.getBytes(bytes));
                bytes.release();
            }
            if (i % 10 == 9) {
                recorder.await(round * FLOWS * FRAMES_OF_A_FLOW + FLOWS * (i + 1));
            }
        }
    }

    @Test
    void flowsSpreadOverQueuesAndKeepTheirOrder() throws Exception {
        Channel first = bootstrap().register().sync().channel();
        Bootstrap rest = new Bootstrap().group(group).handler(recorder);
        Channel second = rest.channelFactory(
                        () -> new TapChannel(device.queues().get(1)))
                .register()
                .sync()
                .channel();
        assertThat(first.eventLoop()).isNotSameAs(second.eventLoop());
        sendAllFlows(0);
        assertThat(recorder.disorder).isEmpty();
        assertThat(recorder.channels).hasSize(2);
        assertThat(recorder.channelsOfFlow.values()).allMatch(channels -> channels.size() == 1);
    }

    @Test
    void aDetachedQueueGetsNothingAndTheOthersGetAll() throws Exception {
        List<Channel> channels = new ArrayList<>();
        for (TapQueue queue : device.queues()) {
            channels.add(new Bootstrap()
                    .group(group)
                    .channelFactory(() -> new TapChannel(queue))
                    .handler(recorder)
                    .register()
                    .sync()
                    .channel());
        }
        sendAllFlows(0);
        device.queues().get(1).detach();
        long before = ((TapChannel) channels.get(1)).counters().framesReceived();
        sendAllFlows(1);
        assertThat(((TapChannel) channels.get(1)).counters().framesReceived()).isEqualTo(before);
        assertThat(channels.get(1).isActive()).isTrue();
        device.queues().get(1).attach();
        sendAllFlows(2);
        assertThat(((TapChannel) channels.get(1)).counters().framesReceived()).isGreaterThan(before);
        assertThat(recorder.disorder).isEmpty();
    }

    @Test
    void aQueueAddedLaterTakesItsShare() throws Exception {
        for (TapQueue queue : device.queues()) {
            new Bootstrap()
                    .group(group)
                    .channelFactory(() -> new TapChannel(queue))
                    .handler(recorder)
                    .register()
                    .sync();
        }
        sendAllFlows(0);
        TapQueue added = device.addQueue();
        TapChannel channel = (TapChannel) new Bootstrap()
                .group(group)
                .channelFactory(() -> new TapChannel(added))
                .handler(recorder)
                .register()
                .sync()
                .channel();
        sendAllFlows(1);
        assertThat(channel.counters().framesReceived()).isPositive();
        channel.close().sync();
        sendAllFlows(2);
        assertThat(recorder.received.get()).isEqualTo(3 * FLOWS * FRAMES_OF_A_FLOW);
    }

    @ChannelHandler.Sharable
    private static final class FlowRecorder extends ChannelInboundHandlerAdapter {

        final AtomicInteger received = new AtomicInteger();
        final List<String> disorder = new CopyOnWriteArrayList<>();
        final Set<Channel> channels = ConcurrentHashMap.newKeySet();
        final ConcurrentHashMap<Integer, Set<Channel>> channelsOfFlow = new ConcurrentHashMap<>();
        private final ConcurrentHashMap<Integer, Integer> last = new ConcurrentHashMap<>();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf frame = (ByteBuf) message;
            try {
                int start = frame.readerIndex();
                if (frame.readableBytes() < 42 || frame.getShort(start + 12) != 0x0800) {
                    return; // What the kernel says by itself on a new link.
                }
                int number = frame.getUnsignedShort(start + 18);
                int flow = frame.getUnsignedShort(start + 34);
                Integer before = last.put(flow, number);
                if (before != null && number != before + 1) {
                    disorder.add("flow=" + flow + ", before=" + before + ", number=" + number);
                }
                channels.add(ctx.channel());
                channelsOfFlow
                        .computeIfAbsent(flow, key -> ConcurrentHashMap.newKeySet())
                        .add(ctx.channel());
                received.incrementAndGet();
            } finally {
                frame.release();
            }
        }

        void await(int count) throws InterruptedException {
            for (int i = 0; i < 30_000 && received.get() < count; i++) {
                Thread.sleep(1);
            }
            assertThat(received.get()).isEqualTo(count);
        }
    }
}
