/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.offload;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.offload.ChecksumOffloadHandler;
import io.github.nettytap.codec.offload.Coalescer;
import io.github.nettytap.codec.offload.CoalescingHandler;
import io.github.nettytap.codec.offload.CoalescingWriteHandler;
import io.github.nettytap.codec.offload.SegmentationHandler;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.virtio.VirtioNetCodec;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The handlers in the pipelines of two channels that forward to one another, between a host whose TAP has every offload
 * and one whose TAP has a virtio-net header but negotiated none.
 */
@KernelTest
class OffloadPipelineKernelTest {

    private static final int BYTES = 4_000_000;

    private final TapEventLoopGroup group =
            TapEventLoopGroup.builder().threads(1).io(TapIoType.EPOLL).build();
    private final VirtioNetCodec offloadingCodec = new VirtioNetCodec(VnetHeader.V1);
    private final VirtioNetCodec plainCodec = new VirtioNetCodec(VnetHeader.V1);
    private final SegmentationHandler segmentation = SegmentationHandler.outbound(VnetHeader.V1);
    private final ChecksumOffloadHandler checksums = ChecksumOffloadHandler.verifying();
    private final CoalescingHandler coalescing = new CoalescingHandler();
    private NetworkNamespace left;
    private NetworkNamespace right;
    private TapDevice leftTap;
    private TapDevice rightTap;

    @BeforeEach
    void connect() throws Exception {
        left = host();
        right = host();
        leftTap = tap(left, "10.77.0.1/24", TapOffload.ALL);
        rightTap = tap(right, "10.77.0.2/24", TapOffload.NONE);
    }

    private void forward(List<ChannelHandler> leftHandlers, List<ChannelHandler> rightHandlers) {
        Forwarder toRight = new Forwarder();
        Forwarder toLeft = new Forwarder();
        toRight.target = channel(rightTap, rightHandlers, toLeft);
        toLeft.target = channel(leftTap, leftHandlers, toRight);
    }

    private static NetworkNamespace host() throws Exception {
        NetworkNamespace namespace = NetworkNamespace.create();
        namespace.run(() -> Files.writeString(Path.of("/proc/sys/net/ipv6/conf/default/disable_ipv6"), "1"));
        return namespace;
    }

    private static TapDevice tap(NetworkNamespace namespace, String address, Set<TapOffload> offloads)
            throws Exception {
        return TapDevice.builder("tap0")
                .vnetHeader(12)
                .offloads(offloads)
                .address(Cidr.parse(address))
                .up(true)
                .namespace(namespace)
                .open();
    }

    private Channel channel(TapDevice device, List<ChannelHandler> handlers, Forwarder forwarder) {
        return new Bootstrap()
                .group(group)
                .channelFactory(TapChannel.factory(device))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        handlers.forEach(channel.pipeline()::addLast);
                        channel.pipeline().addLast(forwarder);
                    }
                })
                .register()
                .syncUninterruptibly()
                .channel();
    }

    @AfterEach
    void disconnect() {
        group.shutdownGracefully(0, 30, TimeUnit.SECONDS).syncUninterruptibly();
        leftTap.close();
        rightTap.close();
        left.close();
        right.close();
    }

    @Test
    void tcpCrossesTheHandlersInBothDirections() throws Exception {
        forward(List.of(offloadingCodec), List.of(plainCodec, segmentation, checksums, coalescing));

        transfer(left, right, "10.77.0.2");
        assertThat(segmentation.gsoFrames())
                .as("cut for the port without offloads")
                .isGreaterThan(10);

        assertThat(mostCoalescedOfSomeTransfers(coalescing::received, coalescing::delivered))
                .as("joined")
                .isGreaterThan(0.5);

        assertThat(checksums.wrong()).isZero();
        assertThatNothingWasMalformed();
    }

    /** The share of frames that went into others: how many come in one burst is up to the scheduler, so a few tries. */
    private double mostCoalescedOfSomeTransfers(LongSupplier received, LongSupplier delivered) throws Exception {
        double most = 0;
        for (int i = 0; i < 5 && most <= 0.5; i++) {
            long receivedBefore = received.getAsLong();
            long deliveredBefore = delivered.getAsLong();
            transfer(right, left, "10.77.0.1");
            most = Math.max(
                    most,
                    1 - (double) (delivered.getAsLong() - deliveredBefore) / (received.getAsLong() - receivedBefore));
        }
        return most;
    }

    @Test
    void framesOfASenderWithoutOffloadReachTheOtherTapJoined() throws Exception {
        CoalescingWriteHandler joining = CoalescingWriteHandler.frames(new Coalescer());
        forward(
                List.of(offloadingCodec, joining),
                List.of(plainCodec, segmentation, ChecksumOffloadHandler.completing()));

        assertThat(mostCoalescedOfSomeTransfers(joining::received, joining::delivered))
                .as("joined")
                .isGreaterThan(0.5);
        assertThatNothingWasMalformed();
    }

    private void assertThatNothingWasMalformed() {
        for (FrameVerdict reason : FrameVerdict.values()) {
            long malformed = offloadingCodec.malformedInbound(reason) + offloadingCodec.malformedOutbound(reason);
            malformed += plainCodec.malformedInbound(reason) + plainCodec.malformedOutbound(reason);
            assertThat(malformed).as(reason.name()).isZero();
        }
    }

    static void transfer(NetworkNamespace from, NetworkNamespace to, String host) throws Exception {
        byte[] sent = new byte[BYTES];
        new Random(7).nextBytes(sent);
        try (ServerSocket server = to.call(() -> new ServerSocket(5_002, 1, InetAddress.getByName(host)));
                Socket client = from.call(() -> {
                    // Connected here: an unconnected Java socket has no descriptor yet, so no namespace either.
                    Socket socket = new Socket();
                    socket.connect(new InetSocketAddress(host, 5_002), 10_000);
                    return socket;
                });
                Socket accepted = server.accept()) {
            accepted.setSoTimeout(30_000);
            Thread writer = new Thread(() -> write(client, sent), "writer");
            writer.start();
            byte[] received = accepted.getInputStream().readNBytes(BYTES);
            writer.join();
            assertThat(Arrays.equals(received, sent)).isTrue();
        }
    }

    private static void write(Socket socket, byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes each frame to the other channel, on the same event loop, and flushes at the end of the burst. */
    private static final class Forwarder extends ChannelInboundHandlerAdapter {

        private volatile Channel target;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            Channel channel = target;
            if (channel == null) {
                ((VirtioNetFrame) msg).release();
            } else {
                channel.write(msg);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            Channel channel = target;
            if (channel != null) {
                channel.flush();
            }
        }
    }
}
