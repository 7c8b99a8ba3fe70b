/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.echo;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.nettytap.codec.virtio.VirtioNetCodec;
import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;

import java.util.List;

class EchoFuzzTest {

    /** One answer at most, hardly longer than the question; no failure, nothing left. */
    @FuzzTest(maxDuration = "1m")
    void anyFrameHarmsItselfOnly(byte[] data) {
        EchoHandler echo = new EchoHandler(
                MacAddress.parse("02:00:00:00:00:10"),
                EchoAddresses.of(
                        List.of(Cidr.parse("10.0.0.0/24"), Cidr.parse("2001:db8::/64")),
                        List.of(Cidr.parse("10.0.0.2/24"))),
                7);
        EmbeddedChannel channel = new EmbeddedChannel(new VirtioNetCodec(VnetHeader.V1), echo);
        ByteBuf frame = Unpooled.directBuffer(data.length + 1).writeBytes(data);
        channel.writeInbound(frame);
        ByteBuf answer = channel.readOutbound();
        if (answer != null) {
            assertThat(answer.readableBytes()).isLessThanOrEqualTo(data.length + 64);
            answer.release();
        }
        assertThat(channel.outboundMessages()).isEmpty();
        assertThat(echo.count(EchoEvent.FAILED)).isZero();
        channel.finishAndReleaseAll();
        assertThat(frame.refCnt()).isZero();
    }
}
