/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.link.LinkEvent;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What a channel reports of its link. */
@KernelTest
@Timeout(300)
@ParameterizedClass
@EnumSource(TapIoType.class)
class LinkEventsKernelTest {

    private final TapIoType io;
    private TapEventLoopGroup group;
    private NetworkNamespace namespace;

    LinkEventsKernelTest(TapIoType io) {
        this.io = io;
    }

    @BeforeEach
    void makeGroup() throws Exception {
        group = TapEventLoopGroup.builder().threads(2).io(io).build();
        namespace = NetworkNamespace.create();
    }

    @AfterEach
    void endGroup() throws Exception {
        group.shutdownGracefully(20, 30_000, TimeUnit.MILLISECONDS).sync();
        namespace.close();
    }

    private Bootstrap bootstrap() {
        return new Bootstrap()
                .group(group)
                .channel(TapChannel.class)
                .option(TapChannelOption.TAP_NAMESPACE, namespace)
                .option(TapChannelOption.TAP_UP, true);
    }

    @Test
    void linkEventsArriveWhileNobodyReadsAndFollowTheLink() throws Exception {
        BlockingQueue<LinkEvent> events = new LinkedBlockingQueue<>();
        TapChannel channel = (TapChannel) bootstrap()
                .option(ChannelOption.AUTO_READ, false)
                .option(TapChannelOption.TAP_LINK_EVENTS, true)
                .handler(new Inbox() {
                    @Override
                    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                        events.add((LinkEvent) event);
                    }
                })
                .bind(TapAddress.of("tap0"))
                .sync()
                .channel();
        channel.device().down();
        await(events, LinkEvent.Kind.DOWN);
        channel.device().up();
        await(events, LinkEvent.Kind.UP);
        channel.device().setMtu(1_400);
        assertThat(await(events, LinkEvent.Kind.MTU_CHANGED).link().mtu()).isEqualTo(1_400);
        try (NetworkNamespace other = NetworkNamespace.create()) {
            channel.device().moveTo(other);
            await(events, LinkEvent.Kind.MOVED);
            // It is found in its new namespace by another thread; what happens until then is not reported.
            LinkEvent event = null;
            for (int i = 0; i < 3_000 && event == null; i++) {
                channel.device().up();
                channel.device().down();
                event = events.poll(10, TimeUnit.MILLISECONDS);
            }
            assertThat(event).isNotNull();
            channel.close().sync();
        }
    }

    private static LinkEvent await(BlockingQueue<LinkEvent> events, LinkEvent.Kind kind) throws InterruptedException {
        while (true) {
            LinkEvent event = events.poll(ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (event == null) {
                throw new AssertionError("no event in time: kind=" + kind);
            }
            if (event.kind() == kind) {
                return event;
            }
        }
    }

    @Test
    void channelsOfALoopShareTheWatchOfTheirNamespace() throws Exception {
        TapEventLoop loop = group.next();
        List<TapChannel> channels = new ArrayList<>();
        List<LinkEvent> events = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 5; i++) {
            TapDevice device = TapDevice.builder("tap" + i).namespace(namespace).open();
            TapChannel channel = new TapChannel(device.queues().get(0));
            channel.config().setLinkEvents(true);
            channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                @Override
                public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                    events.add((LinkEvent) event);
                    if (((LinkEvent) event).kind() == LinkEvent.Kind.UP) {
                        ctx.close(); // In the middle of what the watch reads.
                    }
                }
            });
            ((EventLoop) loop).register(channel).sync();
            channels.add(channel);
        }
        String id = namespace.id();
        LinkWatcher watcher = loop.resources().watcher(id);
        assertThat(watcher).isNotNull();
        for (TapChannel channel : channels) {
            channel.device().up();
        }
        for (TapChannel channel : channels) {
            assertThat(channel.closeFuture().await(ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isTrue();
        }
        assertThat(events)
                .filteredOn(event -> event.kind() == LinkEvent.Kind.UP)
                .extracting(event -> event.link().name())
                .containsExactly("tap0", "tap1", "tap2", "tap3", "tap4");
        assertThat(loop.resources().watcher(id))
                .as("ends with its last channel")
                .isNull();
        assertThat(watcher.hasEnded()).isTrue();
    }

    /** The kernel drops notifications while nobody reads them; another thread lists the links then. */
    @Test
    void linkEventsCatchUpAfterTheKernelHasDroppedSome() throws Exception {
        BlockingQueue<LinkEvent> events = new LinkedBlockingQueue<>();
        TapChannel channel = (TapChannel) bootstrap()
                .option(TapChannelOption.TAP_LINK_EVENTS, true)
                .handler(new Inbox() {
                    @Override
                    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                        events.add((LinkEvent) event);
                    }
                })
                .bind(TapAddress.of("tap0"))
                .sync()
                .channel();
        CountDownLatch changed = new CountDownLatch(1);
        channel.eventLoop().execute(() -> {
            try {
                changed.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        int changes = 2_000;
        for (int i = 0; i < changes; i++) {
            channel.device().setMtu(1_000 + i % 2);
        }
        channel.device().setMtu(1_234);
        changed.countDown();
        LinkEvent event;
        int reported = 0;
        do {
            event = await(events, LinkEvent.Kind.MTU_CHANGED);
            reported++;
        } while (event.link().mtu() != 1_234);
        assertThat(reported).as("the kernel has dropped some").isLessThan(changes);
        channel.device().down();
        await(events, LinkEvent.Kind.DOWN);
        channel.close().sync();
    }
}
