/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.nettytap.codec.virtio.VirtioNetCodec;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What other endpoints send, from the socket to the port, with frames of flows coalesced for it. */
class VxlanReceiveFuzzTest {

    private static final InetSocketAddress LOCAL = new InetSocketAddress("10.0.0.9", 4789);
    private static final InetSocketAddress REMOTE = new InetSocketAddress("10.0.0.1", 4789);

    /** What can be told apart in three bytes: so a datagram needs no search for a network that is there. */
    private static final int NETWORK = 7;

    private static final int MAX_LEARNED = 4;

    /** A datagram of an input is announced by its length, so it is this long at most. */
    private static final int MAX_DATAGRAM = 255;

    /** How often a datagram is received: equal ones cost as much as different ones, and fill tables as well. */
    private static final int ROUNDS = 3;

    /**
     * Datagrams of one read, in the input each behind its length. What a datagram may cost is bounded: addresses that
     * are remembered, bytes that reach the port (a header more than came in, since nothing is sent twice), frames.
     */
    @FuzzTest(maxDuration = "1m")
    void datagramsOfOneReadReachThePortOrAreCounted(byte[] data) throws Exception {
        VxlanPeers peers = new VxlanPeers(4789, Duration.ofSeconds(300), MAX_LEARNED);
        peers.addNetwork(NETWORK);
        peers.addRemote(NETWORK, InetAddress.getByAddress(new byte[] {10, 0, 0, 1}));
        SocketCounters counters = new SocketCounters();
        VxlanHandler handler = new VxlanHandler(peers, true, true);
        TunnelToTap toTap = new TunnelToTap(counters);
        EmbeddedChannel port = new EmbeddedChannel(new VirtioNetCodec(VnetHeader.V1));
        EmbeddedChannel socket = new EmbeddedChannel(handler, toTap);
        toTap.add(NETWORK, port, data.length % 2 == 0);
        List<ByteBuf> datagrams = new ArrayList<>();
        long received = 0;
        for (int round = 0; round < ROUNDS; round++) {
            for (int at = 0, next; at < data.length; at = next) {
                next = Math.min(data.length, at + 1 + (data[at] & MAX_DATAGRAM));
                byte[] bytes = Arrays.copyOfRange(data, at + 1, next);
                received += bytes.length;
                ByteBuf datagram = Unpooled.buffer(bytes.length + 1).writeBytes(bytes);
                datagrams.add(datagram);
                socket.pipeline().fireChannelRead(new DatagramPacket(datagram, LOCAL, REMOTE));
            }
            socket.pipeline().fireChannelReadComplete();
        }
        long frames = handler.count(VxlanEvent.DECAPSULATED);
        long counted =
                Arrays.stream(VxlanEvent.values()).mapToLong(handler::count).sum();
        assertThat(counted).isEqualTo(datagrams.size());
        assertThat(handler.count(VxlanEvent.DROP_ERROR)).isZero();
        assertThat(counters.errors()).isZero();
        assertThat(peers.size(NETWORK)).isLessThanOrEqualTo(MAX_LEARNED);
        assertThat(port.outboundMessages().size()).isLessThanOrEqualTo((int) frames);
        long sent = 0;
        for (ByteBuf frame = port.readOutbound(); frame != null; frame = port.readOutbound()) {
            sent += frame.readableBytes();
            frame.release();
        }
        assertThat(sent).isLessThanOrEqualTo(received + frames * VnetHeader.V1.length());
        assertThat(port.isOpen() && socket.isOpen()).isTrue();
        socket.finishAndReleaseAll();
        port.finishAndReleaseAll();
        datagrams.forEach(datagram -> assertThat(datagram.refCnt()).isZero());
    }
}
