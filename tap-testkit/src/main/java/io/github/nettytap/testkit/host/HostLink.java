/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.testkit.host;

import io.github.nettytap.codec.fault.FaultHandler;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapDevice;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.util.ReferenceCountUtil;

import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * A cable between two hosts: what one sends, the other gets, after the faults that the cable is to have.
 *
 * <pre>{@code
 * HostLink link = HostLink.join(left, right, faults -> faults.drop(0.01).delay(Duration.ofMillis(5)));
 * }</pre>
 *
 * <p>Both TAPs have the same virtio-net header, or none, and the same offloads. The faults of both directions are those
 * of one {@link FaultHandler}, whose seed is fixed, so that a test sees the same ones each time. Thread-safe.
 */
public final class HostLink implements AutoCloseable {

    private static final long SEED = 1;
    private static final long SHUTDOWN_SECONDS = 30;

    private final TapEventLoopGroup loops =
            TapEventLoopGroup.builder().name("host-link").build();
    private final FaultHandler faults;
    private final Channel left;
    private final Channel right;

    private HostLink(TapDevice left, TapDevice right, FaultHandler faults) throws InterruptedException {
        this.faults = faults;
        this.left = open(left, faults);
        this.right = open(right, null);
        connect(this.left, this.right);
        connect(this.right, this.left);
        this.left.config().setAutoRead(true);
        this.right.config().setAutoRead(true);
    }

    /**
     * Joins the first TAPs of two hosts by a cable without faults.
     *
     * @param left a host
     * @param right another
     * @return the cable, to be closed by the caller, and the TAPs with it
     * @throws InterruptedException if the thread is interrupted
     */
    public static HostLink join(Host left, Host right) throws InterruptedException {
        return join(left, right, UnaryOperator.identity());
    }

    /**
     * Joins the first TAPs of two hosts.
     *
     * @param left a host
     * @param right another
     * @param faults sets the faults: inbound ones for what the left host sends, outbound ones for what it gets
     * @return the cable, to be closed by the caller, and the TAPs with it
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalArgumentException if the TAPs differ in their virtio-net header
     */
    public static HostLink join(Host left, Host right, UnaryOperator<FaultHandler.Builder> faults)
            throws InterruptedException {
        VnetHeader header = left.device().vnetHeader();
        if (header != right.device().vnetHeader()) {
            throw new IllegalArgumentException("TAPs with different virtio-net headers: left=" + header.length()
                    + ", right=" + right.device().vnetHeader().length() + " (expected: the same)");
        }
        FaultHandler handler =
                faults.apply(FaultHandler.builder(SEED).vnetHeader(header)).build();
        return new HostLink(left.device(), right.device(), handler);
    }

    private Channel open(TapDevice device, FaultHandler handler) throws InterruptedException {
        return new Bootstrap()
                .group(loops)
                .channelFactory(TapChannel.factory(device))
                .option(ChannelOption.AUTO_READ, false)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (handler != null) {
                            channel.pipeline().addLast(handler);
                        }
                    }
                })
                .register()
                .sync()
                .channel();
    }

    private static void connect(Channel from, Channel to) throws InterruptedException {
        from.eventLoop().submit(() -> from.pipeline().addLast(new Relay(to))).sync();
    }

    /**
     * The faults, for their counters.
     *
     * @return the handler, in the pipeline of the left host's TAP
     */
    public FaultHandler faults() {
        return faults;
    }

    @Override
    public void close() {
        left.close().awaitUninterruptibly();
        right.close().awaitUninterruptibly();
        loops.shutdownGracefully(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    /** Writes what it reads to another channel, and drops what that one has no room for, as a full queue does. */
    private static final class Relay extends ChannelInboundHandlerAdapter {

        private final Channel to;

        Relay(Channel to) {
            this.to = to;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object frame) {
            if (to.isWritable()) {
                to.write(frame, to.voidPromise());
            } else {
                ReferenceCountUtil.release(frame);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            to.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // A link that is down refuses frames; the sender's TCP finds out by itself.
        }
    }
}
