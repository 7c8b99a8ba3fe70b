/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.Frames;
import io.github.nettytap.testkit.NoMemory;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

class VxlanHandlerTest {

    private static final InetSocketAddress LOCAL = new InetSocketAddress("10.0.0.9", 4789);
    private static final InetSocketAddress REMOTE = new InetSocketAddress("10.0.0.1", 4789);
    private static final InetSocketAddress OTHER = new InetSocketAddress("10.0.0.2", 4789);
    private static final String HEADER = "0800000000000500";

    private final VxlanPeers peers = new VxlanPeers();
    private VxlanHandler handler;
    private EmbeddedChannel channel;

    VxlanHandlerTest() {
        peers.addNetwork(5);
        open(false, false);
    }

    private void open(boolean headroom, boolean vlans) {
        finish();
        handler = new VxlanHandler(peers, headroom, vlans);
        channel = new EmbeddedChannel(handler);
    }

    @AfterEach
    void finish() {
        if (channel != null) {
            channel.finishAndReleaseAll();
        }
    }

    /** From 52:54:00:00:00:02 to 52:54:00:00:00:01. */
    private static ByteBuf frame(int headroom) {
        ByteBuf plain = Frames.udp4().frame();
        ByteBuf frame = PooledByteBufAllocator.DEFAULT
                .directBuffer()
                .writeZero(headroom)
                .writeBytes(plain)
                .readerIndex(headroom);
        plain.release();
        return frame;
    }

    private static ByteBuf broadcast() {
        return frame(0).setInt(0, -1).setShort(4, -1);
    }

    private static ByteBuf tagged() {
        Frames frame = Frames.udp4();
        frame.tags = new int[] {7};
        return frame.frame();
    }

    private static ByteBuf datagram(String header, ByteBuf frame) {
        return Unpooled.wrappedBuffer(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(header)), frame);
    }

    private VxlanFrame receive(ByteBuf datagram, InetSocketAddress from) {
        channel.writeInbound(new DatagramPacket(datagram, LOCAL, from));
        return channel.readInbound();
    }

    private void assertDroppedOnReceipt(ByteBuf datagram, VxlanEvent reason) {
        assertThat(receive(datagram, REMOTE)).isNull();
        assertThat(datagram.refCnt()).isZero();
        assertThat(handler.count(reason)).isOne();
        assertThat(channel.isOpen()).isTrue();
    }

    private void assertDroppedOnSending(VxlanFrame frame, VxlanEvent reason) {
        ChannelFuture write = channel.writeAndFlush(frame);
        Object sent = channel.readOutbound();
        assertThat(sent).isNull();
        assertThat(write.isSuccess()).isTrue();
        assertThat(frame.refCnt()).isZero();
        assertThat(handler.count(reason)).isOne();
    }

    @Test
    void aReceivedFrameIsItsDatagramWithoutTheHeader() {
        ByteBuf datagram = datagram(HEADER, frame(0));
        String expected = ByteBufUtil.hexDump(datagram).substring(16);
        VxlanFrame frame = receive(datagram, REMOTE);

        assertThat(frame.vni()).isEqualTo(5);
        assertThat(frame.content()).isSameAs(datagram);
        assertThat(ByteBufUtil.hexDump(frame.content())).isEqualTo(expected);
        assertThat(handler.count(VxlanEvent.DECAPSULATED)).isOne();
        frame.release();
        assertThat(datagram.refCnt()).isZero();
    }

    @Test
    void reservedBitsAreIgnored() {
        VxlanFrame frame = receive(datagram("ffffffff000005ff", frame(0)), REMOTE);

        assertThat(frame.vni()).isEqualTo(5);
        frame.release();
    }

    @Test
    void framesFromAGroupOrZeroAreDroppedInBothDirections() {
        peers.addRemote(5, REMOTE.getAddress());
        assertDroppedOnReceipt(datagram(HEADER, broadcast().setShort(6, -1)), VxlanEvent.DROP_INVALID_SOURCE);
        open(false, false);
        assertDroppedOnReceipt(datagram(HEADER, frame(0).setInt(6, 0).setShort(10, 0)), VxlanEvent.DROP_INVALID_SOURCE);
        open(false, false);
        assertDroppedOnSending(new VxlanFrame(5, frame(0).setByte(6, 1)), VxlanEvent.DROP_INVALID_SOURCE);
    }

    @Test
    void datagramsOfOthersThanThoseAllowedAreDroppedAndTeachNothing() {
        peers.allowSender(REMOTE.getAddress());
        ByteBuf datagram = datagram(HEADER, frame(0));
        channel.writeInbound(new DatagramPacket(datagram, LOCAL, OTHER));
        assertThat(channel.<Object>readInbound()).isNull();
        assertThat(handler.count(VxlanEvent.DROP_SENDER)).isOne();
        assertThat(peers.size(5)).isZero();
        VxlanFrame frame = receive(datagram(HEADER, frame(0)), REMOTE);
        assertThat(frame).isNotNull();
        frame.release();
    }

    @Test
    void malformedDatagramsAreDroppedAndCounted() {
        assertDroppedOnReceipt(datagram("08000000000005", Unpooled.EMPTY_BUFFER), VxlanEvent.DROP_MALFORMED_HEADER);
        assertDroppedOnReceipt(
                datagram(HEADER + "00".repeat(13), Unpooled.EMPTY_BUFFER), VxlanEvent.DROP_MALFORMED_FRAME);
        assertDroppedOnReceipt(datagram("0800000000000600", frame(0)), VxlanEvent.DROP_UNKNOWN_NETWORK);
        assertDroppedOnReceipt(datagram(HEADER, tagged()), VxlanEvent.DROP_VLAN);
        open(false, false);
        assertDroppedOnReceipt(datagram("f700000000000500", frame(0)), VxlanEvent.DROP_MALFORMED_HEADER);
        open(false, false);
        assertDroppedOnReceipt(Unpooled.buffer(), VxlanEvent.DROP_MALFORMED_HEADER);
    }

    @Test
    void framesThatCannotBeSentAreDroppedAndTheirWritesSucceed() {
        assertDroppedOnSending(new VxlanFrame(6, frame(0)), VxlanEvent.DROP_UNKNOWN_NETWORK);
        assertDroppedOnSending(new VxlanFrame(5, frame(0)), VxlanEvent.DROP_NO_REMOTE);
        assertDroppedOnSending(new VxlanFrame(5, Unpooled.buffer().writeZero(13)), VxlanEvent.DROP_MALFORMED_FRAME);
        assertDroppedOnSending(new VxlanFrame(5, tagged()), VxlanEvent.DROP_VLAN);
        assertDroppedOnSending(
                new VxlanFrame(5, Unpooled.buffer(65_500).writeZero(65_500).setByte(11, 1)), VxlanEvent.DROP_TOO_LONG);
    }

    @Test
    void tagsPassWhereTheyAreAllowed() {
        open(false, true);
        peers.addRemote(5, REMOTE.getAddress());
        VxlanFrame frame = receive(datagram(HEADER, tagged()), REMOTE);
        channel.writeOutbound(frame);

        ((DatagramPacket) channel.readOutbound()).release();
        assertDroppedOnReceipt(
                datagram(HEADER, Unpooled.buffer().writeZero(11).writeByte(1).writeInt(0x81000001)),
                VxlanEvent.DROP_MALFORMED_FRAME);
    }

    @Test
    void anAnswerGoesToTheEndpointThatTheAddressWasSeenBehind() {
        // The source port is that of the flow, and not the port to answer to.
        InetSocketAddress flow = new InetSocketAddress("10.0.0.2", 51_234);
        peers.addRemote(5, REMOTE.getAddress());
        peers.addRemote(5, OTHER.getAddress());
        receive(datagram(HEADER, frame(0).setByte(11, 1)), flow).release();
        channel.writeOutbound(new VxlanFrame(5, frame(0)));

        DatagramPacket packet = channel.readOutbound();
        Object none = channel.readOutbound();
        assertThat(packet.recipient()).isEqualTo(OTHER);
        assertThat(none).isNull();
        assertThat(handler.count(VxlanEvent.FLOODED)).isZero();
        packet.release();
    }

    @Test
    void whatAgedIsFlooded() {
        channel.freezeTime();
        peers.addRemote(5, REMOTE.getAddress());
        receive(datagram(HEADER, frame(0).setByte(11, 1)), OTHER).release();
        channel.advanceTimeBy(301, TimeUnit.SECONDS);
        channel.writeOutbound(new VxlanFrame(5, frame(0)));

        DatagramPacket packet = channel.readOutbound();
        assertThat(packet.recipient()).isEqualTo(REMOTE);
        assertThat(handler.count(VxlanEvent.FLOODED)).isOne();
        packet.release();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 5})
    void framesToManyGoToEachRemote(int remotes) {
        for (int i = 0; i < remotes; i++) {
            peers.addRemote(5, new InetSocketAddress("10.0.1." + i, 1).getAddress());
        }
        ByteBuf content = broadcast();
        String expected = HEADER + ByteBufUtil.hexDump(content);
        ChannelFuture write = channel.writeAndFlush(new VxlanFrame(5, content));

        assertThat(write.isSuccess()).isTrue();
        for (int i = 0; i < remotes; i++) {
            DatagramPacket packet = channel.readOutbound();
            assertThat(packet.recipient()).isEqualTo(new InetSocketAddress("10.0.1." + i, 4789));
            assertThat(ByteBufUtil.hexDump(packet.content())).isEqualTo(expected);
            packet.release();
        }
        Object none = channel.readOutbound();
        assertThat(none).isNull();
        assertThat(content.refCnt()).isZero();
        assertThat(handler.count(VxlanEvent.ENCAPSULATED)).isEqualTo(remotes);
    }

    @Test
    void aFrameIsReleasedWhenThereIsNoMemoryForItsHeader() {
        open(false, false);
        peers.addRemote(5, REMOTE.getAddress());
        channel.config().setAllocator(new NoMemory());
        ByteBuf slab = frame(0);

        ChannelFuture write = channel.writeAndFlush(new VxlanFrame(5, slab.retainedSlice()));

        assertThat(write.cause()).hasMessage("no direct memory left");
        assertThat(handler.count(VxlanEvent.ENCAPSULATED)).isZero();
        assertThat(slab.refCnt()).isEqualTo(1);
        slab.release();
    }

    @Test
    void aFloodWithAVoidPromiseIsFine() {
        peers.addRemote(5, REMOTE.getAddress());
        peers.addRemote(5, OTHER.getAddress());
        channel.writeAndFlush(new VxlanFrame(5, broadcast()), channel.voidPromise());

        for (int i = 0; i < 2; i++) {
            ((DatagramPacket) channel.readOutbound()).release();
        }
    }

    @Test
    void aFloodThatFailsFailsItsWrite() {
        peers.addRemote(5, REMOTE.getAddress());
        peers.addRemote(5, OTHER.getAddress());
        channel.close();
        VxlanFrame frame = new VxlanFrame(5, broadcast());
        ChannelFuture write = channel.writeAndFlush(frame);

        assertThat(write.cause()).isInstanceOf(ClosedChannelException.class);
        assertThat(frame.refCnt()).isZero();
    }

    @Test
    void theHeaderStandsInFrontOfTheFrameWhereItMay() {
        open(true, false);
        peers.addRemote(5, REMOTE.getAddress());
        ByteBuf content = frame(12);
        String expected = HEADER + ByteBufUtil.hexDump(content);
        channel.writeOutbound(new VxlanFrame(5, content));

        DatagramPacket packet = channel.readOutbound();
        assertThat(packet.content()).isSameAs(content);
        assertThat(ByteBufUtil.hexDump(packet.content())).isEqualTo(expected);
        assertThat(content.getInt(0)).isZero();
        packet.release();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 12})
    void whereThereIsNoRoomOrNoRightTheDatagramHasTwoParts(int room) {
        open(room < 8, false);
        peers.addRemote(5, REMOTE.getAddress());
        ByteBuf content = frame(room);
        String front = ByteBufUtil.hexDump(content, 0, room);
        String expected = HEADER + ByteBufUtil.hexDump(content);
        channel.writeOutbound(new VxlanFrame(5, content));

        DatagramPacket packet = channel.readOutbound();
        assertThat(ByteBufUtil.hexDump(packet.content())).isEqualTo(expected);
        assertThat(packet.content().nioBufferCount()).isEqualTo(2);
        assertThat(ByteBufUtil.hexDump(content, 0, room)).isEqualTo(front);
        packet.release();
        assertThat(content.refCnt()).isZero();
    }

    @Test
    void otherMessagesPass() {
        channel.writeInbound("in");
        channel.writeOutbound("out");

        Object in = channel.readInbound();
        Object out = channel.readOutbound();
        assertThat(in).isEqualTo("in");
        assertThat(out).isEqualTo("out");
    }

    @Test
    void aFrameIsAHolderLikeOthers() {
        VxlanFrame frame = new VxlanFrame(5, Unpooled.copyInt(1));

        assertThat(frame.replace(Unpooled.copyInt(1))).isEqualTo(frame).hasSameHashCodeAs(frame);
        assertThat(new VxlanFrame(6, Unpooled.copyInt(1))).isNotEqualTo(frame);
        assertThat(frame.copy().vni()).isEqualTo(5);
        assertThat(frame.duplicate().content()).isEqualTo(frame.content());
        assertThat(frame.retain().retain(1).touch().touch("x").refCnt()).isEqualTo(3);
        assertThat(frame.retainedDuplicate().refCnt()).isEqualTo(4);
        assertThat(frame.toString()).startsWith("VxlanFrame(vni=5, ").endsWith("cap: 4))");
        frame.release(4);
    }

    @Test
    void framesCrossRealSockets() throws Exception {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
            BlockingQueue<VxlanFrame> received = new LinkedBlockingQueue<>();
            Channel first = bind(group, loopback, received, null);
            int port = ((InetSocketAddress) first.localAddress()).getPort();
            VxlanPeers toFirst = new VxlanPeers(port, Duration.ofMinutes(1), 10);
            toFirst.addNetwork(5);
            toFirst.addRemote(5, loopback);
            Channel second = bind(group, loopback, received, toFirst);
            for (int i = 0; i < 20; i++) {
                ByteBuf content = frame(0).setByte(20, i);
                String expected = ByteBufUtil.hexDump(content);
                second.writeAndFlush(new VxlanFrame(5, content)).sync();
                VxlanFrame frame = received.poll(30, TimeUnit.SECONDS);
                assertThat(ByteBufUtil.hexDump(frame.content())).isEqualTo(expected);
                frame.release();
            }
            first.close().sync();
            second.close().sync();
        } finally {
            group.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
        }
    }

    private static Channel bind(
            EventLoopGroup group, InetAddress address, BlockingQueue<VxlanFrame> received, VxlanPeers known)
            throws InterruptedException {
        VxlanPeers peers = known == null ? new VxlanPeers() : known;
        peers.addNetwork(5);
        return new Bootstrap()
                .group(group)
                .channel(NioDatagramChannel.class)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new VxlanHandler(peers), new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelRead(ChannelHandlerContext ctx, Object message) {
                                received.add((VxlanFrame) message);
                            }
                        });
                    }
                })
                .bind(address, 0)
                .sync()
                .channel();
    }
}
