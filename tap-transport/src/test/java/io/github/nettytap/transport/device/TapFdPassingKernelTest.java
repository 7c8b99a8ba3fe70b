/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.Sockets;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannelOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

@KernelTest
class TapFdPassingKernelTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private Host host;
    private Path path;

    @BeforeEach
    void makeHost() throws Exception {
        host = new Host();
        path = directory.resolve("tap.sock");
    }

    @AfterEach
    void endHost() {
        host.close();
    }

    @Test
    void deviceWithTwoQueuesIsHandedOver() throws Exception {
        try (TapFdPassing.Listener listener = TapFdPassing.listen(path);
                TapDevice sent =
                        host.tap("given").queues(2).offloads(TapOffload.CSUM).open();
                TapFdPassing worker = TapFdPassing.connect(path);
                TapFdPassing helper = listener.accept(TIMEOUT)) {
            helper.send(sent);
            sent.queues().forEach(TapQueue::close);
            try (TapDevice received = worker.receive(TIMEOUT)) {
                assertThat(received.name()).isEqualTo("given");
                assertThat(received.queues()).hasSize(2);
                assertThat(received.vnetHeaderSize()).isEqualTo(12);
                assertThat(received.offloads()).containsExactly(TapOffload.CSUM);
                assertThat(host.hasLink("given")).isTrue();
            }
            assertThat(host.hasLink("given")).isFalse();
        }
        assertThat(Files.exists(path)).isFalse();
    }

    @Test
    void allQueuesOfTheLargestDeviceAreHandedOver() throws Exception {
        int[] pair = new int[2];
        LibC.get().socketpair(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0, pair);
        try (TapFdPassing helper = TapFdPassing.of(pair[0]);
                TapFdPassing worker = TapFdPassing.of(pair[1]);
                TapDevice sent = host.tap("wide").queues(256).open()) {
            CompletableFuture<TapDevice> receiving = CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return worker.receive(TIMEOUT);
                        } catch (TapException e) {
                            throw new AssertionError(e);
                        }
                    },
                    command -> new Thread(command, "receiver").start());
            helper.send(sent);
            try (TapDevice received = receiving.get(30, TimeUnit.SECONDS)) {
                assertThat(received.queues()).hasSize(256);
            }
        }
    }

    @Test
    void nobodyComing() throws Exception {
        try (TapFdPassing.Listener listener = TapFdPassing.listen(path)) {
            assertThatThrownBy(() -> listener.accept(Duration.ofMillis(1)))
                    .hasMessage(
                            "accept: socket=" + path + ": errno=ETIMEDOUT: the other process did not come or send in"
                                    + " time. Check that it runs and uses the same socket. See"
                                    + " https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#hand-over");
        }
    }

    @Test
    void nobodyListening() {
        assertThatThrownBy(() -> TapFdPassing.connect(path))
                .hasMessage(
                        "connect: socket=" + path + ": errno=ENOENT: nobody listens on this socket. Start the process"
                                + " that hands the device over first. See https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#hand-over");
    }

    @Test
    void peerThatClosesIsReported() throws Exception {
        try (TapFdPassing.Listener listener = TapFdPassing.listen(path);
                TapFdPassing worker = TapFdPassing.connect(path)) {
            listener.accept(TIMEOUT).close();
            assertThatThrownBy(() -> worker.receive(TIMEOUT))
                    .hasMessage(
                            "recvmsg: socket=" + path + ": errno=ECONNRESET: the other process has closed the"
                                    + " connection. Look at its messages. See https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#hand-over");
        }
    }

    @Test
    void nettyChannelSendsADevice() throws Exception {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try (TapFdPassing.Listener listener = TapFdPassing.listen(path);
                TapDevice sent = host.tap("netty").open()) {
            Channel channel = new Bootstrap()
                    .group(group)
                    .channel(EpollDomainSocketChannel.class)
                    .handler(new Silent())
                    .connect(new DomainSocketAddress(path.toFile()))
                    .sync()
                    .channel();
            try (TapFdPassing worker = listener.accept(TIMEOUT)) {
                channel.writeAndFlush(new FileDescriptor(sent.queues().get(0).fd()))
                        .sync();
                try (TapDevice received = worker.receive(1, TIMEOUT)) {
                    assertThat(received.name()).isEqualTo("netty");
                }
            }
            channel.close().sync();
        } finally {
            group.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void nettyChannelReceivesADevice() throws Exception {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        CompletableFuture<FileDescriptor> arrived = new CompletableFuture<>();
        try (TapFdPassing.Listener listener = TapFdPassing.listen(path);
                TapDevice sent = host.tap("netty").open()) {
            Channel channel = new Bootstrap()
                    .group(group)
                    .channel(EpollDomainSocketChannel.class)
                    .option(UnixChannelOption.DOMAIN_SOCKET_READ_MODE, DomainSocketReadMode.FILE_DESCRIPTORS)
                    .handler(new SimpleChannelInboundHandler<FileDescriptor>() {
                        @Override
                        protected void channelRead0(ChannelHandlerContext context, FileDescriptor message) {
                            arrived.complete(message);
                        }
                    })
                    .connect(new DomainSocketAddress(path.toFile()))
                    .sync()
                    .channel();
            try (TapFdPassing helper = listener.accept(TIMEOUT)) {
                helper.send(sent);
                try (TapDevice received =
                        TapDevice.adopt(arrived.get(30, TimeUnit.SECONDS).intValue())) {
                    assertThat(received.name()).isEqualTo("netty");
                }
            }
            channel.close().sync();
        } finally {
            group.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
        }
    }

    private static final class Silent extends SimpleChannelInboundHandler<Object> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, Object message) {
            throw new AssertionError("unexpected message: " + message);
        }
    }
}
