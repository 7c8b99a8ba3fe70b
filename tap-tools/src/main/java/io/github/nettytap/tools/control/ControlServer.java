/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.control;

import io.github.nettytap.net.port.socket.UnixSocketFile;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Listens on a Unix-domain stream socket that only its owner may use.
 *
 * <pre>
 *   client:  fdb/show port=tap1\n
 *   server:  {"mac":"02:00:00:00:00:01","port":"tap1",…}\n      none or more lines
 *            {"ok":true}\n                                      or {"error":"…"}\n, always the last line
 * </pre>
 *
 * <p>A client may send any number of requests, one after the other. There are limits to the length of a request, to the
 * number of clients, to the time in which a client may leave an answer unread, and to that in which it may ask nothing;
 * what waits for it is bounded.
 */
public final class ControlServer implements AutoCloseable {

    /** The longest request in bytes. */
    public static final int MAX_REQUEST = 4096;

    /** The number of clients at a time. */
    public static final int MAX_CLIENTS = 16;

    private static final WriteBufferWaterMark WAITING = new WriteBufferWaterMark(16 * 1024, 64 * 1024);
    private static final String OWNER_ONLY = "rw-------";
    private static final long SHUTDOWN_SECONDS = 10;

    /** Long enough for somebody who types. */
    private static final Duration IDLE = Duration.ofMinutes(5);

    private final MultiThreadIoEventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("control"), EpollIoHandler.newFactory());
    private final Requests requests;
    private final Duration idle;
    private final ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private Channel socket;

    private ControlServer(Requests requests, Duration idle) {
        this.requests = requests;
        this.idle = idle;
    }

    /**
     * Starts to listen. A socket that a dead process has left is replaced.
     *
     * @param path where the socket is to be
     * @param requests what can be asked
     * @return the server, to be closed by the caller
     * @throws IOException if something else is there, or the kernel refuses
     */
    public static ControlServer open(Path path, Requests requests) throws IOException, InterruptedException {
        return open(path, requests, IDLE);
    }

    /** Hangs up on clients that have asked nothing for so long. */
    static ControlServer open(Path path, Requests requests, Duration idle) throws IOException, InterruptedException {
        checkLength(path);
        UnixSocketFile.makeWay(path, true, "path=" + path, "each switch");
        ControlServer server = new ControlServer(requests, idle);
        boolean listening = false;
        try {
            server.listen(path);
            listening = true;
        } finally {
            if (!listening) {
                server.close();
            }
        }
        return server;
    }

    static void checkLength(Path path) throws IOException {
        int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > UnixSocketFile.MAX_PATH) {
            throw new IOException("the path of the control socket is too long: path=" + path + ", bytes=" + length
                    + " (expected: at most " + UnixSocketFile.MAX_PATH + ")");
        }
    }

    private void listen(Path path) throws IOException, InterruptedException {
        socket = new ServerBootstrap()
                .group(loop)
                .channel(EpollServerDomainSocketChannel.class)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WAITING)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(MAX_REQUEST))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel client) {
                        accept(client);
                    }
                })
                .register()
                .sync()
                .channel();
        // bind gives the file the mode that the socket has, so that there is no moment in which others may connect.
        Path descriptor = Path.of("/proc/self/fd/" + ((UnixChannel) socket).fd().intValue());
        Files.setPosixFilePermissions(descriptor, PosixFilePermissions.fromString(OWNER_ONLY));
        try {
            socket.bind(new DomainSocketAddress(path.toFile())).sync();
        } catch (InterruptedException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException("cannot bind the control socket: path=" + path + ": " + e.getMessage(), e);
        }
    }

    private void accept(Channel client) {
        if (clients.size() == MAX_CLIENTS) {
            String refusal = Outcome.failed("too many clients: clients=" + clients.size() + " (expected: at most "
                    + MAX_CLIENTS + " at a time)");
            client.writeAndFlush(ByteBufUtil.writeUtf8(client.alloc(), refusal + "\n"))
                    .addListener(ChannelFutureListener.CLOSE);
            return;
        }
        clients.add(client);
        client.pipeline().addLast(new ControlConnection(requests, idle));
    }

    /** Hangs up on all clients and removes the socket. A request that is being answered is finished before. */
    @Override
    public void close() {
        if (socket != null) {
            socket.close().awaitUninterruptibly();
        }
        clients.close().awaitUninterruptibly();
        loop.shutdownGracefully(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
