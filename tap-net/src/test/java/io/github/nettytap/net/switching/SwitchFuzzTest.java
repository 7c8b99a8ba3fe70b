/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.RequiredOffloads;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.PortVlans;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;

import java.util.ArrayList;
import java.util.List;

/** Any bytes as frames, with their virtio-net headers, into every kind of port. */
class SwitchFuzzTest {

    /** A GSO frame of 64 KiB in segments of 8 bytes is what the segmenter allows at most; see GsoSegmenter. */
    private static final int MAX_OUTPUT_FOR_EACH_PORT = 2_000_000;

    /**
     * Nothing throws, leaks, closes a port or is lost without a count, and what a frame costs has a bound in bytes that
     * leave. The input is cut in two frames, so that the second finds what the first has taught.
     */
    @FuzzTest(maxDuration = "1m")
    void anyFramesAreForwardedOrCounted(byte[] data) {
        List<Throwable> failures = new ArrayList<>();
        EthernetSwitch lan = new EthernetSwitch(
                SwitchSettings.DEFAULT.withSnooping(data.length % 2 == 0).withFdbCapacity(16),
                (channel, cause) -> failures.add(cause),
                () -> 1);
        List<EmbeddedChannel> channels = new ArrayList<>();
        for (PortPolicy policy : List.of(
                PortPolicy.DEFAULT,
                PortPolicy.builder().macLimit(1).stormLimit(3).isolated(true).build(),
                PortPolicy.builder().vlans(PortVlans.access(1)).sticky(true).build(),
                PortPolicy.builder()
                        .vlans(PortVlans.trunk(List.of(1, 2)).withNative(3))
                        .build())) {
            channels.add(new EmbeddedChannel(lan.newPort(VnetHeader.V1, TapOffload.NONE, policy)));
        }
        int cut = data.length == 0 ? 0 : (data[0] & 0xff) % data.length;
        List<ByteBuf> frames = new ArrayList<>();
        for (EmbeddedChannel channel : channels) {
            for (ByteBuf frame : List.of(copy(data, 0, cut), copy(data, cut, data.length))) {
                frames.add(frame);
                channel.writeInbound(frame);
            }
        }
        for (EmbeddedChannel channel : channels) {
            channel.runPendingTasks();
            assertThat(channel.isOpen()).isTrue();
            long bytes = 0;
            for (ByteBuf sent = channel.readOutbound(); sent != null; sent = channel.readOutbound()) {
                bytes += sent.readableBytes();
                assertThat(RequiredOffloads.of(sent, sent.readerIndex()))
                        .as("no offload was negotiated")
                        .isZero();
                sent.release();
            }
            assertThat(bytes).isLessThan(MAX_OUTPUT_FOR_EACH_PORT);
        }
        lan.ports()
                .forEach(port -> assertThat(port.errors()).as(port.toString()).isZero());
        assertThat(failures).isEmpty();
        channels.forEach(EmbeddedChannel::finishAndReleaseAll);
        lan.releaseQueued();
        frames.forEach(frame -> assertThat(frame.refCnt()).isZero());
    }

    private static ByteBuf copy(byte[] data, int from, int to) {
        // Not an empty one of Netty's own, which cannot be released.
        return Unpooled.buffer(to - from + 1).writeBytes(data, from, to - from);
    }
}
