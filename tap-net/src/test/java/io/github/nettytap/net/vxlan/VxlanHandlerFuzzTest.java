/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;

import java.net.InetSocketAddress;
import java.util.Arrays;

class VxlanHandlerFuzzTest {

    private static final InetSocketAddress LOCAL = new InetSocketAddress("10.0.0.9", 4789);
    private static final InetSocketAddress REMOTE = new InetSocketAddress("10.0.0.1", 4789);

    private static long total(VxlanHandler handler) {
        return Arrays.stream(VxlanEvent.values())
                .filter(event -> event != VxlanEvent.FLOODED)
                .mapToLong(handler::count)
                .sum();
    }

    /** Every datagram is passed on or dropped, once; what is passed on can be sent, and is then the same datagram. */
    @FuzzTest(maxDuration = "1m")
    void anyDatagramIsPassedOnOrCounted(byte[] data) {
        VxlanPeers peers = new VxlanPeers();
        int vni = data.length >= 7 ? (data[4] & 0xff) << 16 | (data[5] & 0xff) << 8 | data[6] & 0xff : 5;
        peers.addNetwork(vni);
        peers.addRemote(vni, REMOTE.getAddress());
        VxlanHandler handler = new VxlanHandler(peers, true, data.length % 2 == 0);
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        // Not an empty one of Netty's own, which cannot be released.
        ByteBuf datagram = Unpooled.buffer(data.length + 1).writeBytes(data);
        channel.writeInbound(new DatagramPacket(datagram, LOCAL, REMOTE));
        assertThat(total(handler)).isOne();
        VxlanFrame frame = channel.readInbound();
        assertThat(handler.count(VxlanEvent.DECAPSULATED)).isEqualTo(frame == null ? 0 : 1);
        if (frame != null) {
            assertThat(frame.vni()).isEqualTo(vni);
            assertThat(ByteBufUtil.hexDump(frame.content())).isEqualTo(ByteBufUtil.hexDump(data, 8, data.length - 8));
            channel.writeOutbound(frame);
            DatagramPacket packet = channel.readOutbound();
            assertThat(packet.recipient()).isEqualTo(REMOTE);
            // The same but for the reserved bits, which are sent as zero.
            assertThat(ByteBufUtil.hexDump(packet.content(), 8, data.length - 8))
                    .isEqualTo(ByteBufUtil.hexDump(data, 8, data.length - 8));
            assertThat(packet.content().getUnsignedMedium(4)).isEqualTo(vni);
            packet.release();
        }
        assertThat(datagram.refCnt()).isZero();
        assertThat(channel.isOpen()).isTrue();
        channel.finishAndReleaseAll();
    }
}
