/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.filter.FrameFilter;
import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.pcap.CaptureReader;
import io.github.nettytap.codec.pcap.CapturedFrame;
import io.github.nettytap.codec.pcap.InterfaceStatistics;
import io.github.nettytap.codec.pcap.VirtioNetNote;
import io.github.nettytap.codec.testing.MemoryChannel;
import io.github.nettytap.codec.virtio.VirtioNetCodec;
import io.github.nettytap.codec.wire.FrameDirection;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.testkit.Allocations;
import io.github.nettytap.testkit.Frames;
import io.github.nettytap.testkit.Tunnels;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.DefaultByteBufHolder;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.internal.PlatformDependent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

class CaptureHandlerTest {

    private static final CaptureInterface TAP0 = CaptureInterface.ethernet("tap0");

    private final MemoryChannel file = new MemoryChannel();

    private static ByteBuf frame(int length, int seed) {
        ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(length);
        for (int i = 0; i < length; i++) {
            buffer.writeByte(seed + i);
        }
        return buffer;
    }

    private static void readAndRelease(EmbeddedChannel channel, ByteBuf message) {
        channel.writeInbound(message);
        Object passed = channel.readInbound();
        assertThat(passed).isSameAs(message);
        message.release();
    }

    private static void writeAndRelease(EmbeddedChannel channel, Object message) {
        channel.writeOutbound(message);
        Object passed = channel.readOutbound();
        assertThat(passed).isSameAs(message);
        ReferenceCountUtil.release(passed);
    }

    private List<CapturedFrame> frames() throws IOException {
        List<CapturedFrame> frames = new ArrayList<>();
        try (CaptureReader reader = open()) {
            for (CapturedFrame frame = reader.next(); frame != null; frame = reader.next()) {
                frames.add(frame);
            }
            assertThat(reader.isTruncated()).isFalse();
        }
        return frames;
    }

    private CaptureReader open() throws IOException {
        return CaptureReader.open(Channels.newChannel(new ByteArrayInputStream(file.toBytes())));
    }

    private InterfaceStatistics statisticsInFile(int id) throws IOException {
        try (CaptureReader reader = open()) {
            while (reader.next() != null) {
                // The counts stand at the end.
            }
            return reader.statistics(id);
        }
    }

    @Test
    void bothDirectionsAreCapturedAndPassOnUntouched() throws IOException {
        long before = System.currentTimeMillis();
        Capture capture = Capture.toChannel(file).application("test").start();
        EmbeddedChannel channel = new EmbeddedChannel(new CaptureHandler(capture, TAP0, VnetHeader.NONE));
        readAndRelease(channel, frame(60, 1));
        writeAndRelease(channel, frame(70, 2));
        channel.finish();
        capture.close();

        List<CapturedFrame> frames = frames();
        assertThat(frames).hasSize(2);
        assertThat(frames.get(0).direction()).isEqualTo(FrameDirection.INBOUND);
        assertThat(frames.get(0).data().readableBytes()).isEqualTo(60);
        assertThat(frames.get(0).data().getByte(59)).isEqualTo((byte) 60);
        assertThat(frames.get(1).direction()).isEqualTo(FrameDirection.OUTBOUND);
        assertThat(frames.get(1).data().readableBytes()).isEqualTo(70);
        assertThat(frames.get(1).timestampNanos())
                .isBetween((before - 1_000) * 1_000_000, (System.currentTimeMillis() + 1_000) * 1_000_000)
                .isGreaterThanOrEqualTo(frames.get(0).timestampNanos());
        assertThat(statisticsInFile(0)).isEqualTo(new InterfaceStatistics(2, 0, 2));
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 12, 20, 24})
    void aVirtioHeaderIsNotedAndNotPartOfTheFrame(int headerLength) throws IOException {
        Capture capture = Capture.toChannel(file).start();
        EmbeddedChannel channel =
                new EmbeddedChannel(new CaptureHandler(capture, TAP0, VnetHeader.ofLength(headerLength)));
        ByteBuf offloaded = frame(headerLength + 100, 0).setZero(0, headerLength);
        offloaded
                .setByte(0, 1)
                .setByte(1, 1)
                .setShortLE(2, 66)
                .setShortLE(4, 1448)
                .setShortLE(6, 34);
        offloaded.setShortLE(8, 16);
        readAndRelease(channel, offloaded);
        readAndRelease(channel, frame(headerLength + 100, 0).setZero(0, headerLength));
        channel.finish();
        capture.close();

        List<CapturedFrame> frames = frames();
        assertThat(frames.get(0).note()).isEqualTo(new VirtioNetNote(1, 1, 66, 1448, 34, 16));
        assertThat(frames.get(0).originalLength()).isEqualTo(100);
        assertThat(frames.get(0).data().getByte(0)).isEqualTo((byte) headerLength);
        assertThat(frames.get(1).comments()).isEmpty();
    }

    private static ByteBuf tunnelHeader() {
        ByteBuf header = Unpooled.buffer(24).writeZero(24);
        header.setByte(0, 1 | 8).setByte(1, 0x21).setShortLE(2, 66).setShortLE(4, 1448);
        header.setShortLE(6, 84).setShortLE(8, 16).setShortLE(20, 34).setShortLE(22, 64);
        return header;
    }

    @Test
    void aNoteIsAHeaderAgain() {
        VirtioNetNote note = new VirtioNetNote(9, 0x21, 66, 1448, 84, 16, 34, 64);
        assertThat(note.fits(VnetHeader.TUNNEL)).isTrue();
        assertThat(note.fits(VnetHeader.V1)).isFalse();
        ByteBuf header = Unpooled.buffer(24).writeZero(24);
        note.write(header, 0, VnetHeader.TUNNEL);
        assertThat(header).isEqualTo(tunnelHeader());
        VirtioNetNote plain = new VirtioNetNote(1, 1, 66, 1448, 34, 16);
        assertThat(plain.fits(VnetHeader.LEGACY)).isTrue();
        assertThat(plain.fits(VnetHeader.NONE)).isFalse();
        ByteBuf legacy = Unpooled.buffer(10).writeZero(10);
        plain.write(legacy, 0, VnetHeader.LEGACY);
        assertThat(VirtioNetNote.read(legacy, 0)).isEqualTo(plain);
    }

    @Test
    void whatTheFilterRefusesIsCountedAndNotDropped() throws IOException {
        Capture capture = Capture.toChannel(file).start();
        EmbeddedChannel channel = new EmbeddedChannel(
                new CaptureHandler(capture, TAP0, VnetHeader.NONE, FrameFilter.only(FrameDirection.INBOUND)));
        readAndRelease(channel, frame(60, 1));
        writeAndRelease(channel, frame(60, 1));
        writeAndRelease(channel, frame(60, 1));
        channel.finish();
        capture.close();
        assertThat(capture.refused()).isEqualTo(2);
        assertThat(capture.dropped()).isZero();
        assertThat(statisticsInFile(0)).isEqualTo(new InterfaceStatistics(3, 0, 1, InterfaceStatistics.NOT_KNOWN, 1));
    }

    @Test
    void aHundredFilesTakeTheMemoryOfOne(@TempDir Path directory) throws IOException {
        BufferPoolMXBean direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .findFirst()
                .get();
        long pool = direct.getMemoryUsed();
        long netty = PlatformDependent.usedDirectMemory();
        List<Path> complete = Collections.synchronizedList(new ArrayList<>());
        Capture capture = Capture.toFile(directory.resolve("r"))
                .rotation(CaptureRotation.NONE.bySize(2_000))
                .ringBytes(1 << 20)
                .snapLength(2_000)
                .onCompletedFile(complete::add)
                .start();
        EmbeddedChannel channel = new EmbeddedChannel(new CaptureHandler(capture, TAP0, VnetHeader.NONE));
        for (int i = 0; i < 100; i++) {
            readAndRelease(channel, frame(1_990, 1));
        }
        while (capture.captured() < 100) {
            Thread.onSpinWait();
        }
        assertThat(direct.getMemoryUsed() - pool + PlatformDependent.usedDirectMemory() - netty)
                .isLessThan(6 << 20);
        channel.finish();
        capture.close();
        assertThat(complete).hasSizeGreaterThanOrEqualTo(50);
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactlyInAnyOrderElementsOf(complete);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void offloadStateIsNotedBehindACodecToo(boolean behindCodec) throws IOException {
        Capture capture = Capture.toChannel(file).start();
        EmbeddedChannel channel = new EmbeddedChannel();
        if (behindCodec) {
            channel.pipeline().addLast(new VirtioNetCodec(VnetHeader.TUNNEL));
        }
        channel.pipeline().addLast(new CaptureHandler(capture, TAP0, VnetHeader.TUNNEL));
        Frames inner = Frames.tcp4();
        inner.payload = 250;

        channel.writeInbound(Tunnels.vxlan(inner, false, true, 100));
        ReferenceCountUtil.release(channel.readInbound());
        channel.finish();
        capture.close();

        // 50 bytes of Ethernet, IPv4, UDP and VXLAN in front of the inner frame.
        String text = "virtio-net: flags=0x9 gso_type=0x21 hdr_len=104 gso_size=100 csum_start=84 csum_offset=16"
                + " outer_th_offset=34 inner_nh_offset=64";
        assertThat(frames().get(0).comments()).containsExactly(text);
        assertThat(VirtioNetNote.parse(text)).isEqualTo(new VirtioNetNote(9, 0x21, 104, 100, 84, 16, 34, 64));
    }

    @Test
    void theContentOfAHolderIsAFrame() throws IOException {
        Capture capture = Capture.toChannel(file).start();
        EmbeddedChannel channel = new EmbeddedChannel(new CaptureHandler(capture, TAP0, VnetHeader.V1));
        ByteBufHolder holder = new DefaultByteBufHolder(frame(64, 3));
        writeAndRelease(channel, holder);
        channel.finish();
        capture.close();

        assertThat(frames().get(0).originalLength()).isEqualTo(64);
    }

    @Test
    void aBufferOfManyPartsIsCapturedWhole() throws IOException {
        Capture capture = Capture.toChannel(file).start();
        EmbeddedChannel channel = new EmbeddedChannel(new CaptureHandler(capture, TAP0, VnetHeader.NONE));
        ByteBuf parts = Unpooled.wrappedBuffer(frame(14, 1), Unpooled.wrappedBuffer(new byte[40]), frame(7, 9));
        String expected = ByteBufUtil.hexDump(parts);
        writeAndRelease(channel, parts);
        channel.finish();
        capture.close();

        assertThat(ByteBufUtil.hexDump(frames().get(0).data())).isEqualTo(expected);
    }

    @Test
    void otherMessagesPassUnseen() throws IOException {
        Capture capture = Capture.toChannel(file).start();
        EmbeddedChannel channel = new EmbeddedChannel(new CaptureHandler(capture, TAP0, VnetHeader.NONE));
        writeAndRelease(channel, "text");
        channel.finish();
        capture.close();

        assertThat(frames()).isEmpty();
    }

    @Test
    void aBufferShorterThanItsVirtioHeaderShowsAsAnEmptyFrame() throws IOException {
        Capture capture = Capture.toChannel(file).start();
        EmbeddedChannel channel = new EmbeddedChannel(new CaptureHandler(capture, TAP0, VnetHeader.V1));
        readAndRelease(channel, frame(11, 1));
        channel.finish();
        capture.close();

        assertThat(frames().get(0).originalLength()).isZero();
    }

    @Test
    void framesAreCutToTheSnapLength() throws IOException {
        Capture capture = Capture.toChannel(file).snapLength(64).start();
        EmbeddedChannel channel = new EmbeddedChannel(new CaptureHandler(capture, TAP0, VnetHeader.NONE));
        readAndRelease(channel, frame(1_514, 0));
        channel.finish();
        capture.close();

        CapturedFrame frame = frames().get(0);
        assertThat(frame.data().readableBytes()).isEqualTo(64);
        assertThat(frame.originalLength()).isEqualTo(1_514);
        assertThat(frame.captureInterface().snapLength()).isEqualTo(64);
    }

    @Test
    void aFilterDecides() throws IOException {
        Capture capture = Capture.toChannel(file).start();
        FrameFilter filter = FrameFilter.only(FrameDirection.INBOUND)
                .and((buffer, index, length, direction) -> buffer.getByte(index) == 2);
        EmbeddedChannel channel = new EmbeddedChannel(new CaptureHandler(capture, TAP0, VnetHeader.NONE, filter));
        readAndRelease(channel, frame(60, 1));
        readAndRelease(channel, frame(61, 2));
        writeAndRelease(channel, frame(62, 2));
        channel.finish();
        capture.close();

        assertThat(frames()).extracting(CapturedFrame::originalLength).containsExactly(61);
    }

    @Test
    void equalInterfacesAreOneAndOthersGetTheirOwn() throws IOException {
        Capture capture = Capture.toChannel(file).start();
        EmbeddedChannel queue0 = new EmbeddedChannel(new CaptureHandler(capture, TAP0, VnetHeader.NONE));
        EmbeddedChannel queue1 =
                new EmbeddedChannel(new CaptureHandler(capture, CaptureInterface.ethernet("tap0"), VnetHeader.NONE));
        EmbeddedChannel other =
                new EmbeddedChannel(new CaptureHandler(capture, CaptureInterface.ethernet("tap1"), VnetHeader.NONE));
        readAndRelease(queue0, frame(60, 0));
        readAndRelease(queue1, frame(61, 0));
        readAndRelease(other, frame(62, 0));
        queue0.finish();
        queue1.finish();
        other.finish();
        capture.close();

        assertThat(frames())
                .extracting(frame -> frame.captureInterface().name())
                .containsExactly("tap0", "tap0", "tap1");
        assertThat(capture.statistics(TAP0)).isEqualTo(new InterfaceStatistics(2, 0, 2));
        assertThat(capture.captured()).isEqualTo(3);
        assertThatThrownBy(() -> capture.statistics(CaptureInterface.ethernet("eth9")))
                .hasMessage("interface not captured: interface=CaptureInterface(name=eth9, description=null, mac=null,"
                        + " linkType=1, snapLength=0)");
    }

    /** A disk that does nothing until it is told to. */
    private final class SlowChannel implements WritableByteChannel {
        private final CountDownLatch go = new CountDownLatch(1);

        @Override
        public int write(ByteBuffer source) throws IOException {
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            return file.write(source);
        }

        @Override
        public boolean isOpen() {
            return file.isOpen();
        }

        @Override
        public void close() {
            file.close();
        }
    }

    @Test
    void whatFindsTheRingFullIsCountedAndThePipelineGoesOn() throws IOException {
        SlowChannel disk = new SlowChannel();
        Capture capture =
                Capture.toChannel(disk).snapLength(2_000).ringBytes(8_192).start();
        EmbeddedChannel channel = new EmbeddedChannel(new CaptureHandler(capture, TAP0, VnetHeader.NONE));
        for (int i = 0; i < 100; i++) {
            readAndRelease(channel, frame(1_500, i));
        }
        assertThat(capture.dropped()).isEqualTo(95);
        disk.go.countDown();
        channel.finish();
        capture.close();

        assertThat(frames()).hasSize(5);
        assertThat(statisticsInFile(0)).isEqualTo(new InterfaceStatistics(100, 95, 5));
    }

    @Test
    void aDiskThatFailsEndsTheCaptureAndNotThePipeline() throws Exception {
        WritableByteChannel full = new WritableByteChannel() {
            @Override
            public int write(ByteBuffer source) throws IOException {
                throw new IOException("No space left on device");
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {}
        };
        Capture capture = Capture.toChannel(full).start();
        EmbeddedChannel channel = new EmbeddedChannel(new CaptureHandler(capture, TAP0, VnetHeader.NONE));
        assertThatThrownBy(() -> capture.finished().toCompletableFuture().get())
                .isInstanceOf(ExecutionException.class)
                .hasMessage("java.io.IOException: No space left on device");
        assertThat(capture.isRunning()).isFalse();
        readAndRelease(channel, frame(60, 1));
        channel.finish();
        assertThatThrownBy(capture::close)
                .isInstanceOf(IOException.class)
                .hasMessage("capture failed: No space left on device");
    }

    @Test
    void aCaptureFinishesByItselfAfterItsLastFrame() throws Exception {
        Capture capture = Capture.toChannel(file).maxFrames(2).start();
        EmbeddedChannel channel = new EmbeddedChannel(new CaptureHandler(capture, TAP0, VnetHeader.NONE));
        for (int i = 0; i < 5; i++) {
            readAndRelease(channel, frame(60, i));
        }
        capture.finished().toCompletableFuture().get();
        channel.finish();
        assertThat(frames()).hasSize(2);
        assertThat(capture.isRunning()).isFalse();
        capture.close();
    }

    @Test
    void aFrameThatCannotBeReadDoesNotStopTheCapture() throws IOException {
        Capture capture = Capture.toChannel(file).start();
        EmbeddedChannel channel = new EmbeddedChannel(new CaptureHandler(capture, TAP0, VnetHeader.NONE));
        ByteBuf released = frame(60, 1);
        released.release();
        assertThatThrownBy(() -> channel.writeInbound(released)).isInstanceOf(IllegalReferenceCountException.class);
        readAndRelease(channel, frame(61, 1));
        channel.finish();
        capture.close();

        assertThat(frames()).extracting(CapturedFrame::originalLength).containsExactly(61);
    }

    @Test
    void aTapMakesNoGarbageOnTheEventLoop() throws IOException {
        Capture capture = Capture.toChannel(file).snapLength(64).start();
        CaptureHandler handler = new CaptureHandler(capture, TAP0, VnetHeader.V1);
        EmbeddedChannel channel = new EmbeddedChannel(handler, new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                // The test keeps the buffer.
            }
        });
        ChannelHandlerContext context = channel.pipeline().context(handler);
        ByteBuf message = frame(1_526, 1);
        Runnable taps = () -> {
            for (int i = 0; i < 20_000; i++) {
                handler.channelRead(context, message);
            }
        };
        taps.run();
        // Neither for a frame that is captured nor for one that finds the ring full.
        assertThat(Allocations.of(taps)).isLessThan(10_000);
        message.release();
        channel.finish();
        capture.close();
        assertThat(capture.captured() + capture.dropped()).isEqualTo(40_000);
    }

    @Test
    void framesAreWrittenByAThreadOfTheFactory() throws IOException {
        Set<String> writers = ConcurrentHashMap.newKeySet();
        WritableByteChannel channel = new WritableByteChannel() {
            @Override
            public int write(ByteBuffer source) {
                writers.add(Thread.currentThread().getName());
                return file.write(source);
            }

            @Override
            public boolean isOpen() {
                return file.isOpen();
            }

            @Override
            public void close() {
                file.close();
            }
        };
        Capture.toChannel(channel)
                .threadFactory(task -> new Thread(task, "low"))
                .start()
                .close();
        assertThat(writers).containsExactly("low");
    }

    @Test
    void aFactoryWithoutThreadsLeavesNothingOpen() {
        Capture.Builder builder = Capture.toChannel(file).threadFactory(task -> {
            throw new IllegalStateException("no more threads");
        });
        assertThatThrownBy(builder::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no more threads");
        assertThat(file.isOpen()).isFalse();
    }

    @Test
    void settingsOutOfRangeAreRefused() throws IOException {
        Capture.Builder builder = Capture.toChannel(file);
        assertThatThrownBy(() -> builder.snapLength(0))
                .hasMessage("snap length out of range: bytes=0 (expected: 1..262144)");
        assertThatThrownBy(() -> builder.ringBytes(262_144).start())
                .hasMessage("capture ring out of range: bytes=262144, snapLength=262144 (expected: a power of two, room"
                        + " for two frames of the snap length)");
        assertThatThrownBy(() -> builder.rotation(CaptureRotation.NONE))
                .hasMessage("a capture to a channel cannot rotate files");
        assertThatThrownBy(() -> builder.maxFrames(0)).hasMessage("frame limit: frames=0 (expected: more than 0)");
    }
}
