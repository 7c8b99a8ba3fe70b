/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.PatchChannel;
import io.github.nettytap.testkit.Frames;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.NetworkExtension;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What the sockets of an endpoint take and send, on the loopback of a namespace, whose MTU is 1500. */
@KernelTest
@Timeout(300)
class TunnelSocketsKernelTest {

    private static final int VNI = 7;
    private static final int PORT = 4789;

    /** linux/udp.h. */
    private static final IntegerUnixChannelOption NO_CHECK6_TX =
            new IntegerUnixChannelOption("UDP_NO_CHECK6_TX", 17, 101);

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    private final PatchChannel[] cable = PatchChannel.pair("port", "host", VnetHeader.V1);
    private final BlockingQueue<String> arrived = new LinkedBlockingQueue<>();
    private TapEventLoopGroup loops;
    private TapEventLoopGroup senders;
    private VxlanEndpoint endpoint;
    private Host under;

    /** An endpoint whose only remote endpoint is itself. */
    private void open(TapIoType io, String local, boolean dontFragment) throws Exception {
        loops = TapEventLoopGroup.builder().threads(1).io(io).build();
        senders = TapEventLoopGroup.builder().threads(1).io(TapIoType.EPOLL).build();
        under = network.closing(Host.create());
        under.execute("ip", "link", "set", "lo", "mtu", "1500");
        VxlanPeers peers = new VxlanPeers();
        peers.addNetwork(VNI);
        peers.addRemote(VNI, InetAddress.getByName(local));
        VxlanSettings settings = new VxlanSettings(new InetSocketAddress(local, PORT), 1, dontFragment);
        endpoint = under.call(() -> new VxlanEndpoint(loops, peers, settings));
        cable[0].pipeline().addLast(endpoint.newPort(VNI, VnetHeader.V1, TapOffload.NONE));
        cable[1].pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                ByteBuf frame = (ByteBuf) message;
                arrived.add(ByteBufUtil.hexDump(frame.skipBytes(VnetHeader.V1.length())));
                frame.release();
            }
        });
        for (PatchChannel end : cable) {
            loops.register(end).sync();
        }
    }

    @AfterEach
    void close() throws Exception {
        cable[0].close().sync();
        if (endpoint != null) {
            endpoint.close();
        }
        loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
        senders.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
    }

    private static ByteBuf frame(int payload) {
        Frames frames = Frames.udp4();
        frames.payload = payload;
        return frames.frame();
    }

    /** RFC 6935: a socket drops them unless it is told otherwise, as the other one here does. */
    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "IO_URING"})
    void datagramsOverIpv6WithoutAChecksumComeIn(TapIoType io) throws Exception {
        open(io, "::1", false);
        Channel sender = under.call(() -> new Bootstrap()
                .group(senders)
                .channel(EpollDatagramChannel.class)
                .handler(new ChannelInboundHandlerAdapter())
                .bind(new InetSocketAddress("::1", 0))
                .sync()
                .channel());
        InetSocketAddress other = new InetSocketAddress("::1", PORT + 1);
        try (DatagramSocket ordinary = under.call(() -> new DatagramSocket(other))) {
            sender.config().setOption(NO_CHECK6_TX, 1);
            send(sender, Unpooled.wrappedBuffer(new byte[1]), other);
            ByteBuf header = Unpooled.buffer(8).writeInt(0x0800_0000).writeInt(VNI << 8);
            ByteBuf frame = frame(100);
            String expected = ByteBufUtil.hexDump(frame);
            send(sender, Unpooled.wrappedBuffer(header, frame), new InetSocketAddress("::1", PORT));
            assertThat(arrived.take()).isEqualTo(expected);

            sender.config().setOption(NO_CHECK6_TX, 0);
            send(sender, Unpooled.wrappedBuffer(new byte[2]), other);
            DatagramPacket received = new DatagramPacket(new byte[10], 10);
            ordinary.receive(received);
            assertThat(received.getLength()).as("the first had no checksum").isEqualTo(2);
        } finally {
            sender.close().sync();
        }
    }

    private static void send(Channel sender, ByteBuf content, InetSocketAddress target) throws Exception {
        sender.writeAndFlush(new io.netty.channel.socket.DatagramPacket(content, target))
                .sync();
    }

    /** Linux sets DF otherwise too, as long as a datagram is no longer than the path takes, and fragments longer ones. */
    @ParameterizedTest
    @CsvSource({
        "EPOLL, 127.0.0.1, true", "EPOLL, 127.0.0.1, false", "EPOLL, ::1, true", "EPOLL, ::1, false",
        "IO_URING, 127.0.0.1, true", "IO_URING, 127.0.0.1, false", "IO_URING, ::1, true", "IO_URING, ::1, false"
    })
    void datagramsThatAreLongerThanThePathTakesAreFragmentedOrLost(TapIoType io, String local, boolean dontFragment)
            throws Exception {
        open(io, local, dontFragment);
        String longest = send(1_472);
        String last = send(100);
        if (!dontFragment) {
            assertThat(arrived.take()).isEqualTo(longest);
        }
        assertThat(arrived.take()).isEqualTo(last);
        long lost = dontFragment ? 1 : 0;
        while (endpoint.datagrams().failed() < lost) {
            Thread.sleep(1); // On io_uring the second may be here before the end of the first is noticed.
        }
        assertThat(endpoint.datagrams().failed()).isEqualTo(lost);
    }

    /** A frame out of the port; returns it in hexadecimal. */
    private String send(int payload) throws Exception {
        ByteBuf frame = frame(payload);
        String hex = ByteBufUtil.hexDump(frame);
        ByteBuf header = Unpooled.buffer(VnetHeader.V1.length()).writeZero(VnetHeader.V1.length());
        cable[1].writeAndFlush(Unpooled.wrappedBuffer(header, frame)).sync();
        return hex;
    }
}
