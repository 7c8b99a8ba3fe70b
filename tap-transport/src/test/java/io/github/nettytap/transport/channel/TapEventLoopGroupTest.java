/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.netlink.Rtnetlink;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

class TapEventLoopGroupTest {

    @ParameterizedTest
    @EnumSource(TapIoType.class)
    void makesLoopsThatATapChannelIsCompatibleWith(TapIoType io) throws Exception {
        TapEventLoopGroup group = TapEventLoopGroup.builder().threads(2).io(io).build();
        try {
            assertThat(group.io()).isEqualTo(io);
            assertThat(group.executorCount()).isEqualTo(2);
            assertThat(TapIoSelector.isCompatible(group.next())).isTrue();
        } finally {
            group.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
        }
    }

    @ParameterizedTest
    @EnumSource(TapIoType.class)
    void socketsRunOnTheLoopsOfTheGroup(TapIoType io) throws Exception {
        TapEventLoopGroup group = TapEventLoopGroup.builder().io(io).build();
        try {
            InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            CompletableFuture<Channel> accepted = new CompletableFuture<>();
            Channel server = new ServerBootstrap()
                    .group(group)
                    .channel(group.serverSocketChannelClass())
                    .childHandler(new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelActive(ChannelHandlerContext context) {
                            accepted.complete(context.channel());
                        }
                    })
                    .bind(any)
                    .sync()
                    .channel();
            Channel socket = new Bootstrap()
                    .group(group)
                    .channel(group.socketChannelClass())
                    .handler(new ChannelInboundHandlerAdapter())
                    .connect(server.localAddress())
                    .sync()
                    .channel();
            Channel datagrams = new Bootstrap()
                    .group(group)
                    .channel(group.datagramChannelClass())
                    .handler(new ChannelInboundHandlerAdapter())
                    .bind(any)
                    .sync()
                    .channel();
            assertThat(socket.isActive()).isTrue();
            assertThat(datagrams.isActive()).isTrue();
            // Before the loops end, which may leave behind what they have yet to take or to close (Netty 4.2.18).
            for (Channel channel : List.of(
                    accepted.get(ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS), socket, datagrams, server)) {
                channel.close().sync();
            }
        } finally {
            group.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    @KernelTest
    void deviceIsOpenedInTheNamespaceOfTheProcessWhereverTheLoopsThreadWasStarted() throws Exception {
        TapEventLoopGroup group = TapEventLoopGroup.builder().threads(1).build();
        String name = "unset" + ProcessHandle.current().pid() % 10_000_000;
        try (NetworkNamespace elsewhere = NetworkNamespace.create();
                Rtnetlink here = Rtnetlink.open();
                Rtnetlink there = elsewhere.call(Rtnetlink::open)) {
            elsewhere.run(() -> group.next().submit(() -> {}).sync());
            Channel channel = new Bootstrap()
                    .group(group)
                    .channel(TapChannel.class)
                    .handler(new ChannelInboundHandlerAdapter())
                    .bind(TapAddress.of(name))
                    .sync()
                    .channel();
            assertThat(there.links().named(name)).isEmpty();
            assertThat(here.links().named(name)).isPresent();
            channel.close().sync();
        } finally {
            group.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void pinsEachThreadToItsProcessor() throws Exception {
        TapEventLoopGroup group = TapEventLoopGroup.builder()
                .threads(3)
                .pinTo(1, 0)
                .name("pinned")
                .build();
        try {
            List<String> allowed = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                allowed.add(group.next()
                        .submit(() -> Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                                .findFirst()
                                .orElseThrow()
                                .replaceAll("\\D+", ""))
                        .get());
            }
            assertThat(allowed).containsExactlyInAnyOrder("1", "0", "1");
        } finally {
            group.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void aProcessorThatIsNotThereIsRefusedWithThoseThatAre() throws Exception {
        String online =
                Files.readString(Path.of("/sys/devices/system/cpu/online")).trim();
        assertThatThrownBy(() -> TapEventLoopGroup.builder().pinTo(0, 1_000_000).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no such processor: cpu=1000000 (expected: " + online + ")");
        assertThatThrownBy(() -> TapEventLoopGroup.builder().pinTo(-1).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cpu=-1");
    }

    @Test
    void bestIsEpollWhereTheDriverCannotDoWithoutWaiting() {
        assertThat(TapIoType.best(true, true, () -> true)).isEqualTo(TapIoType.IO_URING);
        assertThat(TapIoType.best(true, true, () -> false)).isEqualTo(TapIoType.EPOLL);
        assertThat(TapIoType.best(false, true, () -> true)).isEqualTo(TapIoType.EPOLL);
        assertThat(TapIoType.best(true, false, () -> false)).isEqualTo(TapIoType.IO_URING);
    }

    @Test
    void aGroupWithoutThreadsIsRefused() {
        assertThatThrownBy(() -> TapEventLoopGroup.builder().threads(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("too few threads: threads=0 (expected: at least 1)");
    }

    @Test
    void loopsOfTheBestTypeAreTheDefault() throws Exception {
        TapEventLoopGroup group = TapEventLoopGroup.builder().build();
        assertThat(group.io()).isEqualTo(TapIoType.best());
        group.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
    }

    @ParameterizedTest
    @EnumSource(TapIoType.class)
    void aLoopCountsItsTurnsAndBatchesAndItsSleep(TapIoType io) throws Exception {
        TapEventLoopGroup group = TapEventLoopGroup.builder().io(io).build();
        SocketpairSubject subject =
                SocketpairSubject.of(LoopKind.valueOf(io.name())).open();
        Inbox inbox = new Inbox();
        subject.channel().pipeline().addLast(inbox);
        ((EventLoopGroup) group).register(subject.channel()).sync();
        TapLoopCounters counters = group.next().counters();
        for (int i = 0; i < 10; i++) {
            subject.peer().send(NumberedFrames.numbered(i, 64));
        }
        for (int i = 0; i < 10; i++) {
            inbox.next();
        }
        // Sleep is counted when it ends, and a loop that is always asked something needs none.
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(ChannelContract.PATIENCE_SECONDS);
        do {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(20);
            group.next().submit(() -> {}).sync();
        } while (counters.asleepNanos() == 0);
        subject.channel().close().sync();
        assertThat(counters.frames()).isEqualTo(10);
        assertThat(counters.batches()).isBetween(1L, 10L);
        assertThat(counters.turns()).isPositive();
        subject.close();
        group.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
    }

    /** Netty's own loop may end without closing its channels then. */
    @ParameterizedTest
    @EnumSource(TapIoType.class)
    void aLoopThatEndsWithoutAQuietPeriodClosesItsChannels(TapIoType io) throws Exception {
        for (int i = 0; i < 50; i++) {
            TapEventLoopGroup group = TapEventLoopGroup.builder().io(io).build();
            SocketpairSubject subject =
                    SocketpairSubject.of(LoopKind.valueOf(io.name())).open();
            ((EventLoopGroup) group).register(subject.channel()).sync();
            group.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
            assertThat(subject.channel().closeFuture().await(ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isTrue();
            assertThat(subject.channel().fd().isOpen()).isFalse();
            subject.close();
        }
    }
}
