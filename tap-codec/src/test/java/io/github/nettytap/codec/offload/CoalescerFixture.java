/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.testkit.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.junit.jupiter.api.AfterEach;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A coalescer, one flow of frames for it, and what came out. */
abstract class CoalescerFixture {

    final Coalescer coalescer = new Coalescer();
    final List<VirtioNetFrame> results = new ArrayList<>();
    final Frames flow = Frames.tcp4();
    ByteBufAllocator alloc = ByteBufAllocator.DEFAULT;

    @AfterEach
    void release() {
        results.forEach(VirtioNetFrame::release);
        coalescer.discard();
    }

    void send(int payload) {
        send(flow, payload);
    }

    void send(Frames frames, int payload) {
        frames.payload = payload;
        coalescer.add(VirtioNetFrame.complete(frames.frame(), ChecksumState.NONE), alloc);
        frames.sequence += payload;
        frames.identification++;
    }

    void change(int payload, Consumer<ByteBuf> change) {
        flow.payload = payload;
        ByteBuf frame = flow.frame();
        change.accept(frame);
        coalescer.add(VirtioNetFrame.complete(frame, ChecksumState.NONE));
        flow.sequence += payload;
        flow.identification++;
    }

    void flush() {
        coalescer.flush(results::add);
    }

    static int tcpFlags(VirtioNetFrame frame) {
        return TcpHeader.flags(frame.content(), frame.content().readerIndex() + 34);
    }

    void assertPayloads(Integer... expected) {
        flush();
        assertThat(results)
                .extracting(frame -> {
                    ByteBuf content = frame.content();
                    int start = content.readerIndex();
                    int offset = EthernetOffsets.transport(content, start);
                    boolean udp = EthernetOffsets.isUdp(content, start);
                    int headers = offset + (udp ? 8 : TcpHeader.headerLength(content, start + offset));
                    return content.readableBytes() - headers;
                })
                .containsExactly(expected);
    }
}
