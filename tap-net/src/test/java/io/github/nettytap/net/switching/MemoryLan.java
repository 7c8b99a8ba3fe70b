/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.DefaultByteBufHolder;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.local.LocalServerChannel;

import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A switch whose ports are channels in memory, with a host at the other end of each. Frames are hexadecimal texts. */
final class MemoryLan implements AutoCloseable {

    static final int MAX_AGE = 300;
    private static final SwitchSettings SETTINGS =
            SwitchSettings.DEFAULT.withFdbCapacity(64).withAgeingSeconds(MAX_AGE);

    private static final int WAIT_SECONDS = 30;
    private static final int FRAMES_PER_READ = 64;

    private final MultiThreadIoEventLoopGroup hosts = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
    private final MultiThreadIoEventLoopGroup ports;
    private final Queue<Host> all = new ConcurrentLinkedQueue<>();
    private final AtomicLong seconds = new AtomicLong();
    private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> loops = new LinkedBlockingQueue<>();
    private final EthernetSwitch lan;

    MemoryLan(int threads) {
        this(threads, SETTINGS);
    }

    MemoryLan(int threads, SwitchSettings settings) {
        lan = new EthernetSwitch(
                settings,
                new SwitchListener() {
                    @Override
                    public void portFailed(Channel channel, Throwable cause) {
                        failures.add(cause);
                    }

                    @Override
                    public void loopSuspected(SwitchPort port, MacAddress address, long moves) {
                        loops.add(port.index() + " " + address + " " + moves);
                    }
                },
                seconds::get);
        ports = new MultiThreadIoEventLoopGroup(threads, LocalIoHandler.newFactory());
    }

    Host host() {
        return host(0, TapOffload.NONE);
    }

    Host host(int vnetHeaderSize, Set<TapOffload> offloads) {
        return host(vnetHeaderSize, offloads, PortPolicy.DEFAULT);
    }

    Host host(PortPolicy policy) {
        return host(0, TapOffload.NONE, policy);
    }

    Host host(int vnetHeaderSize, Set<TapOffload> offloads, PortPolicy policy) {
        int before = lan.ports().size();
        Host host = new Host(vnetHeaderSize, offloads, policy);
        awaitPorts(before + 1);
        return host;
    }

    void refusedHost(PortPolicy policy) {
        new Host(0, TapOffload.NONE, policy);
    }

    void refusedHost(int vnetHeaderSize) {
        new Host(vnetHeaderSize, TapOffload.NONE, PortPolicy.DEFAULT);
    }

    /** The loops that were suspected: port, address, moves. */
    BlockingQueue<String> loops() {
        return loops;
    }

    Throwable failure() {
        try {
            return failures.poll(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    EthernetSwitch ethernetSwitch() {
        return lan;
    }

    SwitchPort port(int index) {
        return lan.ports().get(index);
    }

    void passSeconds(int more) {
        seconds.addAndGet(more);
    }

    void awaitPorts(int count) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (lan.ports().size() != count) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("ports=" + lan.ports().size() + " (expected: " + count + ")");
            }
            Thread.yield();
        }
    }

    @Override
    public void close() {
        // While both ends still have their loops; a local channel takes the other end along.
        all.forEach(Host::disconnect);
        awaitPorts(0);
        hosts.shutdownGracefully(0, WAIT_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
        ports.shutdownGracefully(0, WAIT_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
        lan.releaseQueued();
    }

    /** A host: what it sends goes to its port; what comes is kept as text. */
    final class Host {

        private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
        private final Channel cable;

        private Host(int vnetHeaderSize, Set<TapOffload> offloads, PortPolicy policy) {
            Channel server = new ServerBootstrap()
                    .group(hosts, ports)
                    .channel(LocalServerChannel.class)
                    // Of those that Netty has, the one that reads on although local channels count no bytes.
                    .childOption(
                            ChannelOption.RECVBUF_ALLOCATOR,
                            new ServerChannelRecvByteBufAllocator().maxMessagesPerRead(FRAMES_PER_READ))
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline()
                                    .addLast(
                                            new Boxes(),
                                            lan.newPort(VnetHeader.ofLength(vnetHeaderSize), offloads, policy));
                        }
                    })
                    .bind(LocalAddress.ANY)
                    .syncUninterruptibly()
                    .channel();
            cable = new Bootstrap()
                    .group(hosts)
                    .channel(LocalChannel.class)
                    .handler(new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelRead(ChannelHandlerContext context, Object message) {
                            ByteBufHolder box = (ByteBufHolder) message;
                            received.add(ByteBufUtil.hexDump(box.content()));
                            box.release();
                        }
                    })
                    .connect(server.localAddress())
                    .syncUninterruptibly()
                    .channel();
            server.close().syncUninterruptibly();
            all.add(this);
        }

        void send(String frame) {
            sendLater(frame);
            flush();
        }

        void sendLater(String frame) {
            ByteBuf content = cable.alloc().buffer().writeBytes(ByteBufUtil.decodeHexDump(frame));
            cable.write(new DefaultByteBufHolder(content));
        }

        void flush() {
            cable.flush();
        }

        void disconnect() {
            cable.close().syncUninterruptibly();
        }

        String receive() {
            try {
                String frame = received.poll(WAIT_SECONDS, TimeUnit.SECONDS);
                if (frame == null) {
                    throw new AssertionError("no frame came");
                }
                return frame;
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        /** Every loop has done its work twice over: what was sent before has come, or will not come. */
        boolean nothingComes() {
            for (int i = 0; i < 3; i++) {
                hosts.forEach(loop -> loop.submit(() -> {}).syncUninterruptibly());
                ports.forEach(loop -> loop.submit(() -> {}).syncUninterruptibly());
            }
            return received.isEmpty();
        }
    }

    /** On the cable every frame is in a box, since a local channel joins buffers that wait in line. */
    private static final class Boxes extends ChannelDuplexHandler {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.fireChannelRead(((ByteBufHolder) message).content());
        }

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            context.write(new DefaultByteBufHolder((ByteBuf) message), promise);
        }
    }
}
