/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.offload;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.offload.Coalescer;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.testkit.Frames;
import io.github.nettytap.testkit.KernelTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;

/**
 * What our coalescer makes of a burst against what the GRO of Linux makes of it.
 *
 * <p>Both promise the same of a flow whose frames are in order. They differ where a frame of the flow is one that GRO
 * does not look at: a fragment, IPv4 options, other extension headers, another flow label, a UDP checksum that is wrong
 * or zero. Linux lets it pass and goes on with the flow, which is reordered thereby; we end the run. There, we must not
 * coalesce what Linux does not.
 */
@KernelTest
class CoalescerKernelTest {

    private static final int HEADER = 12;

    /** More for a long run: {@code -Dnettytap.differential=100000}. */
    private static final int BURSTS = Integer.getInteger("nettytap.differential", 2_000) / 4;

    /** If the clock ticks within a burst, or nothing is written for as long, the kernel ends what it has coalesced. */
    private static final int ATTEMPTS = 100;

    private static final int FIN = 0x01;
    private static final int PSH = 0x08;
    private static final int ECE = 0x40;
    private static final int CWR = 0x80;

    @Test
    void aBurstIsCoalescedAsByTheKernelByteForByte() throws Exception {
        Random random = new Random(20_261_128);
        int gsoFrames = 0;
        try (KernelBridge bridge = KernelBridge.coalescing()) {
            for (int i = 0; i < BURSTS; i++) {
                Burst burst = new Burst(random, CoalescerKernelTest::change);
                List<String> ours = ours(burst);
                List<String> kernel = kernel(bridge, burst, ours::equals);
                assertThat(ours).as("burst %d: %s", i, burst).isEqualTo(kernel);
                gsoFrames += (int)
                        ours.stream().filter(CoalescerKernelTest::isGsoFrame).count();
                burst.release();
            }
        }
        assertThat(gsoFrames).isGreaterThan(BURSTS);
    }

    @Test
    void nothingIsCoalescedThatTheKernelDoesNotCoalesce() throws Exception {
        Random random = new Random(20_261_129);
        int gsoFrames = 0;
        try (KernelBridge bridge = KernelBridge.coalescing()) {
            for (int i = 0; i < BURSTS; i++) {
                Burst burst = new Burst(random, CoalescerKernelTest::changeAnything);
                List<String> ours = ours(burst);
                ours.removeIf(result -> !isGsoFrame(result));
                List<String> kernel = kernel(bridge, burst, result -> areWithin(ours, result));
                assertThat(areWithin(ours, kernel))
                        .as("burst %d: %s%nours:   %s%nkernel: %s", i, burst, ours, kernel)
                        .isTrue();
                gsoFrames += ours.size();
                burst.release();
            }
        }
        assertThat(gsoFrames).isGreaterThan(BURSTS);
    }

    /** Where the identification stays, Linux makes a kind of GSO frame that no header has, and undoes it for a TAP. */
    @Test
    void framesOfOneIdentificationAreCoalescedByBoth() throws Exception {
        try (KernelBridge bridge = KernelBridge.coalescing()) {
            Burst burst = new Burst();
            Frames frames = Frames.tcp4();
            for (int i = 0; i < 3; i++) {
                burst.add(frames);
                frames.sequence += frames.payload;
            }
            List<String> ours = ours(burst);
            assertThat(ours).hasSize(1).allMatch(CoalescerKernelTest::isGsoFrame);
            // Linux has summed the payload, and leaves the checksum of each segment to the reader.
            Predicate<List<String>> isUndone =
                    result -> result.stream().allMatch(frame -> frame.startsWith("01000000000022001000"));
            List<String> kernel = kernel(bridge, burst, isUndone);
            assertThat(kernel).hasSize(3);
            assertThat(isUndone.test(kernel)).as("%s", kernel).isTrue();
            burst.release();
        }
    }

    /** CWR is a bit of the counter of Accurate ECN, which both must not lose. */
    @Test
    void aChangeOfCwrEndsARun() throws Exception {
        try (KernelBridge bridge = KernelBridge.coalescing()) {
            Burst burst = new Burst();
            Frames frames = Frames.tcp4();
            for (int flags : new int[] {CWR, 0, 0, CWR, 0, 0, 0}) {
                frames.tcpFlags = 0x10 | flags;
                burst.add(frames);
                frames.sequence += frames.payload;
                frames.identification++;
            }
            List<String> ours = ours(burst);
            assertThat(ours).hasSize(4);
            assertThat(ours).isEqualTo(kernel(bridge, burst, ours::equals));
            burst.release();
        }
    }

    private static List<String> ours(Burst burst) {
        Coalescer coalescer = new Coalescer();
        for (ByteBuf packet : burst.packets) {
            coalescer.add(packet.retainedDuplicate(), VnetHeader.V1, ByteBufAllocator.DEFAULT);
        }
        List<String> result = new ArrayList<>();
        coalescer.flush(VnetHeader.V1, ByteBufAllocator.DEFAULT, packet -> {
            result.add(text(packet));
            packet.release();
        });
        Collections.sort(result);
        return result;
    }

    /** What comes out of the kernel, which is tried again if time may have been the reason that it is not the same. */
    private static List<String> kernel(KernelBridge bridge, Burst burst, Predicate<List<String>> isExpected) {
        List<String> result = kernel(bridge, burst);
        for (int i = 1; i < ATTEMPTS && !isExpected.test(result); i++) {
            result = kernel(bridge, burst);
        }
        return result;
    }

    private static List<String> kernel(KernelBridge bridge, Burst burst) {
        int expected = 0;
        for (ByteBuf packet : burst.packets) {
            assertThat(bridge.first().write(packet)).isEqualTo(packet.readableBytes());
            expected += payload(packet).length();
        }
        List<String> result = new ArrayList<>();
        long deadline = System.nanoTime() + 30_000_000_000L;
        ByteBuf packet = Unpooled.buffer(70_000);
        while (expected > 0) {
            assertThat(System.nanoTime()).as("patience").isLessThan(deadline);
            if (bridge.second().read(packet.clear()) > 0) {
                expected -= payload(packet).length();
                result.add(text(packet));
            } else {
                Thread.onSpinWait();
            }
        }
        Collections.sort(result);
        return result;
    }

    /** Header and frame, without the length of the headers, which is a hint that each gives its own way. */
    private static String text(ByteBuf packet) {
        int at = packet.readerIndex();
        ByteBuf copy = packet.copy();
        copy.setShortLE(copy.readerIndex() + 2, 0);
        copy.setShort(copy.readerIndex() + 10, 0);
        if (copy.getShort(copy.readerIndex()) == VirtioNetHeader.FLAG_DATA_VALID << 8) {
            copy.setByte(copy.readerIndex(), 0); // Linux looked at the checksum of a frame that stayed alone.
        }
        String text = ByteBufUtil.hexDump(copy);
        copy.release();
        return text;
    }

    private static boolean isGsoFrame(String text) {
        return !text.startsWith("00", 2);
    }

    private static boolean areWithin(List<String> ours, List<String> kernel) {
        return ours.stream().allMatch(frame -> {
            String payload = payload(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(frame)));
            return kernel.stream().anyMatch(other -> isGsoFrame(other) && other.contains(payload));
        });
    }

    private static String payload(ByteBuf packet) {
        ByteBuf frame = packet.slice(packet.readerIndex() + HEADER, packet.readableBytes() - HEADER);
        int found = EthernetHeader.network(frame, 0, frame.readableBytes());
        int ip = EthernetHeader.networkOffset(found);
        int protocol;
        int transport;
        if (EthernetHeader.networkType(found) == EthernetHeader.TYPE_IPV6) {
            int header = Ipv6Header.transport(frame, ip, frame.readableBytes());
            protocol = Ipv6Header.transportProtocol(header);
            transport = ip + Ipv6Header.transportOffset(header);
        } else {
            protocol = Ipv4Header.protocol(frame, ip);
            transport = ip + Ipv4Header.headerLength(frame, ip);
        }
        int headers = transport
                + (protocol == Ipv4Header.PROTOCOL_UDP ? UdpHeader.LENGTH : TcpHeader.headerLength(frame, transport));
        return ByteBufUtil.hexDump(frame, headers, frame.readableBytes() - headers);
    }

    /** A change of a frame, of which its flow may know, that both look at. */
    private static void change(Random random, Frames flow, Frames frame) {
        switch (random.nextInt(16)) {
            case 0:
                frame.tcpFlags |= new int[] {FIN, PSH, FIN | PSH}[random.nextInt(3)];
                break;
            case 1:
                frame.tcpFlags |= CWR | PSH; // Frames with CWR alone are coalesced by Linux; see aChangeOfCwrEndsARun.
                break;
            case 2:
                frame.tcpFlags ^= ECE;
                break;
            case 3:
                flow.tcpFlags ^= ECE;
                break;
            case 4:
                frame.tcpFlags |= new int[] {2, 4, 0x20}[random.nextInt(3)];
                break;
            case 5:
                frame.tcpOptions = new byte[] {1, 1, 1, (byte) random.nextInt(2)};
                break;
            case 6:
                flow.acknowledgment++;
                break;
            case 7:
                flow.window++;
                break;
            case 8:
                flow.sequence += 1 + random.nextInt(10);
                frame.sequence = flow.sequence;
                break;
            case 9:
                frame.sequence -= frame.payload;
                break;
            case 10:
                frame.payload = 8 + random.nextInt(frame.payload);
                break;
            case 11:
                frame.payload = frame.udp ? frame.payload : 0; // An empty datagram does not end a run of Linux.
                break;
            case 12:
                frame.tos ^= 1 + random.nextInt(255);
                break;
            case 13:
                frame.ttl--;
                break;
            case 14:
                flow.fragment ^= 0x4000;
                break;
            default:
                flow.identification += 1 + random.nextInt(3);
                frame.identification = flow.identification;
        }
    }

    private static void changeAnything(Random random, Frames flow, Frames frame) {
        switch (random.nextInt(12)) {
            case 0:
                frame.fragment = 0x2000;
                break;
            case 1:
                frame.ipOptions = new byte[] {1, 1, 1, 1};
                break;
            case 2:
                frame.extensions = new byte[16];
                break;
            case 3:
                frame.flowLabel++;
                break;
            case 4:
                frame.zeroUdpChecksum = true;
                break;
            case 5:
                frame.partial = true; // A wrong checksum, since no header says so.
                break;
            default:
                change(random, flow, frame);
        }
    }

    private interface Change {
        void apply(Random random, Frames flow, Frames frame);
    }

    /** Frames of one to three flows, of which each fourth is not just the next of its flow. */
    private static final class Burst {
        private final List<ByteBuf> packets = new ArrayList<>();

        private Burst() {}

        private Burst(Random random, Change change) {
            Frames first = SegmentationKernelTest.randomFlow(random);
            // Kernels without VLANs do not look behind a tag.
            first.tags = new int[0];
            first.ipOptions = new byte[0];
            first.extensions = new byte[first.extensionType == 60 ? first.extensions.length : 0];
            first.tcpFlags = 0x10;
            int size = 8 + random.nextInt(1_400);
            List<Frames> flows = new ArrayList<>();
            for (int i = random.nextInt(3); i >= 0; i--) {
                Frames flow = first.like();
                flow.sourcePort += i;
                flows.add(flow);
            }
            for (int i = 2 + random.nextInt(30); i > 0; i--) {
                Frames flow = flows.get(random.nextInt(flows.size()));
                flow.payload = size;
                flow.payloadSeed = random.nextInt();
                Frames frame = flow.like();
                if (random.nextInt(4) == 0) {
                    change.apply(random, flow, frame);
                }
                add(frame);
                flow.sequence += frame.payload;
                flow.identification = flow.identification + 1 & 0xffff;
            }
        }

        private void add(Frames frame) {
            packets.add(frame.packet(HEADER));
        }

        private void release() {
            packets.forEach(ByteBuf::release);
        }

        @Override
        public String toString() {
            List<String> headers = new ArrayList<>();
            packets.forEach(packet -> headers.add(packet.readableBytes() + ":"
                    + ByteBufUtil.hexDump(packet, 26, Math.min(80, packet.readableBytes() - 26))));
            return String.join("\n", headers);
        }
    }
}
