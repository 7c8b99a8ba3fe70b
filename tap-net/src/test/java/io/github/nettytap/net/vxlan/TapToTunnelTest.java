/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.offload.ChecksumOffloadHandler;
import io.github.nettytap.codec.offload.SegmentationHandler;
import io.github.nettytap.codec.virtio.VirtioNetCodec;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.codec.wire.VxlanHeader;
import io.github.nettytap.net.port.UdpGsoHandler;
import io.github.nettytap.testkit.Frames;
import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.SegmentedDatagramPacket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The way of a frame from a TAP to the sockets, both in memory. */
class TapToTunnelTest {

    private static final int VNET_HEADER = 12;
    private static final int MSS = 1_000;

    private final Counting allocator = new Counting();
    private final SocketCounters counters = new SocketCounters();
    private final List<EmbeddedChannel> sockets = new ArrayList<>();
    private EmbeddedChannel tap;

    /** Counts what is allocated. Its slices are not wrapped for leak detection, as those of a program are not. */
    private static final class Counting extends AbstractByteBufAllocator {
        private final ByteBufAllocator untracked = new UnpooledByteBufAllocator(true, true);
        private final List<Integer> allocated = new ArrayList<>();

        @Override
        protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
            allocated.add(initialCapacity);
            return untracked.heapBuffer(initialCapacity, maxCapacity);
        }

        @Override
        protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
            allocated.add(initialCapacity);
            return untracked.directBuffer(initialCapacity, maxCapacity);
        }

        @Override
        public boolean isDirectBufferPooled() {
            return false;
        }
    }

    @BeforeEach
    void connect() throws Exception {
        VxlanPeers peers = new VxlanPeers();
        peers.addNetwork(7);
        peers.addRemote(7, InetAddress.getByName("192.0.2.2"));
        for (int i = 0; i < 4; i++) {
            EmbeddedChannel socket =
                    new EmbeddedChannel(new UdpGsoHandler(true, counters.gso()), new VxlanHandler(peers, true, true));
            socket.config().setAllocator(allocator);
            sockets.add(socket);
        }
        tap = new EmbeddedChannel(
                new VirtioNetCodec(VnetHeader.ofLength(VNET_HEADER)),
                SegmentationHandler.inbound(VxlanHeader.LENGTH),
                ChecksumOffloadHandler.completing(),
                new TapToTunnel(7, List.<Channel>copyOf(sockets), counters));
        tap.config().setAllocator(allocator);
    }

    @AfterEach
    void disconnect() {
        tap.finishAndReleaseAll();
        sockets.forEach(EmbeddedChannel::finishAndReleaseAll);
    }

    private List<DatagramPacket> sent(EmbeddedChannel socket) {
        List<DatagramPacket> sent = new ArrayList<>();
        for (DatagramPacket packet = socket.readOutbound(); packet != null; packet = socket.readOutbound()) {
            sent.add(packet);
        }
        return sent;
    }

    private List<DatagramPacket> sent() {
        return sockets.stream().flatMap(socket -> sent(socket).stream()).toList();
    }

    private static ByteBuf gsoFrame(int payload) {
        Frames frames = Frames.tcp4();
        frames.partial = true;
        frames.payload = payload;
        return frames.gsoFrame(VNET_HEADER, MSS);
    }

    @Test
    void aGsoFrameLeavesAsOneTrainOfOneAllocation() {
        ByteBuf gsoFrame = gsoFrame(10 * MSS + 300);
        int headers = Frames.tcp4().headers();
        tap.writeInbound(gsoFrame);

        List<DatagramPacket> sent = sent();
        assertThat(sent).hasSize(1).first().isInstanceOf(SegmentedDatagramPacket.class);
        SegmentedDatagramPacket batch = (SegmentedDatagramPacket) sent.get(0);
        int datagram = VxlanHeader.LENGTH + headers + MSS;
        assertThat(batch.segmentSize()).isEqualTo(datagram);
        int bytes = 10 * datagram + VxlanHeader.LENGTH + headers + 300;
        assertThat(batch.content().readableBytes()).isEqualTo(bytes);
        // What segmentation copies to is what is sent: in one piece, with the headers of VXLAN in their places.
        assertThat(batch.content().hasMemoryAddress()).isTrue();
        assertThat(allocator.allocated).containsExactly(bytes);
        for (int i = 0; i < 11; i++) {
            assertThat(VxlanHeader.vni(batch.content(), batch.content().readerIndex() + i * datagram))
                    .isEqualTo(7);
        }
        batch.release();
    }

    @Test
    void aFrameThatNeedsNothingIsSentFromWhereItWasReceived() {
        ByteBuf received = Frames.udp4().packet(VNET_HEADER);
        int frames = allocator.allocated.size();
        tap.writeInbound(received);

        List<DatagramPacket> sent = sent();
        assertThat(sent).hasSize(1);
        assertThat(allocator.allocated).hasSize(frames);
        assertThat(sent.get(0).content().memoryAddress()).isEqualTo(received.memoryAddress());
        assertThat(sent.get(0).content().readerIndex()).isEqualTo(VNET_HEADER - VxlanHeader.LENGTH);
        sent.get(0).release();
    }

    @Test
    void aFlowStaysWithItsSocketAndManySpread() {
        Set<Integer> used = new HashSet<>();
        for (int port = 1_000; port < 1_064; port++) {
            for (int i = 0; i < 2; i++) {
                Frames frames = Frames.udp4();
                frames.sourcePort = port;
                tap.writeInbound(frames.packet(VNET_HEADER));
            }
            for (EmbeddedChannel socket : sockets) {
                List<DatagramPacket> sent = sent(socket);
                assertThat(sent.size()).isIn(0, 2);
                if (!sent.isEmpty()) {
                    used.add(sockets.indexOf(socket));
                }
                sent.forEach(DatagramPacket::release);
            }
        }
        assertThat(used).hasSize(4);
    }

    @Test
    void aFrameForASocketThatIsClosedIsDroppedAndCounted() {
        sockets.forEach(EmbeddedChannel::close);
        tap.writeInbound(gsoFrame(3 * MSS));

        assertThat(counters.congested()).isEqualTo(3);
    }

    @Test
    void whatWaitsWhenItsSocketClosesIsReleased() {
        tap.pipeline().fireChannelRead(gsoFrame(3 * MSS)); // no channelReadComplete, no flush
        assertThat(sent()).isEmpty();
        sockets.forEach(EmbeddedChannel::close);

        assertThat(counters.gso().failed()).isEqualTo(3);
        assertThat(counters.gso().segmentedWrites()).isZero();
    }
}
