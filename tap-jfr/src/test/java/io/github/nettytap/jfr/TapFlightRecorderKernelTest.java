/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.net.switching.SwitchPort;
import io.github.nettytap.net.switching.TapSwitch;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.NetworkExtension;
import io.github.nettytap.testkit.host.Traffic;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapEventLoop;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.link.LinkEvent;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A switch between two kernels, recorded, and the recording read again. */
@KernelTest
class TapFlightRecorderKernelTest {

    private static final int PINGS = 20;

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    @TempDir
    private Path folder;

    private Host left;
    private Host right;
    private TapSwitch lan;

    @BeforeEach
    void join() throws Exception {
        left = network.host("left", "10.95.0.1/24");
        right = network.host("right", "10.95.0.2/24");
        lan = network.closing(
                new TapSwitch(TapEventLoopGroup.builder().build(), SwitchSettings.DEFAULT, (channel, cause) -> {}));
        lan.add(left.device());
        lan.add(right.device());
    }

    private interface Run {
        void run(TapFlightRecorder recorder) throws Exception;
    }

    /** The events of a name that were recorded meanwhile. */
    private List<RecordedEvent> record(String event, Run run) throws Exception {
        Path file = folder.resolve("run.jfr");
        try (Recording recording = new Recording()) {
            recording.start();
            try (TapFlightRecorder recorder = TapFlightRecorder.install()) {
                run.run(recorder);
            }
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream()
                .filter(one -> one.getEventType().getName().equals(event))
                .toList();
    }

    private static long sum(List<RecordedEvent> events, String field) {
        return events.stream().mapToLong(event -> event.getLong(field)).sum();
    }

    @Test
    void batchesOfAChannelAddUpToItsCounters() throws Exception {
        TapChannel channel = (TapChannel) lan.ports().get(0).channel();
        List<RecordedEvent> events = record("nettytap.ChannelBatches", recorder -> {
            recorder.add(channel);
            assertThat(Traffic.ping(left, right, PINGS).answered()).isEqualTo(PINGS);
            lan.remove(lan.ports().get(0)); // After which nothing changes any more.
            channel.closeFuture().sync();
        });
        assertThat(events).isNotEmpty().allSatisfy(event -> assertThat(event.getString("networkInterface"))
                .isEqualTo("left"));
        // What came before the recorder did is not among them.
        assertThat(sum(events, "framesReceived"))
                .isBetween((long) PINGS, channel.counters().framesReceived());
        assertThat(sum(events, "receiveBatches"))
                .isBetween(1L, channel.counters().receiveBatches());
        assertThat(sum(events, "bytesSent")).isPositive();
    }

    @Test
    void loopsAreRecordedAndTheirSlowTurns() throws Exception {
        TapEventLoop loop = lan.loops().next();
        Path file = folder.resolve("both.jfr");
        try (Recording recording = new Recording()) {
            recording.start();
            try (TapFlightRecorder recorder = TapFlightRecorder.install(Duration.ofMillis(30))) {
                recorder.add(lan.loops());
                // The turn that the recorder came in is not timed, so once is not enough.
                for (int i = 0; i < 3; i++) {
                    loop.submit(() -> {
                                Thread.sleep(30);
                                return null;
                            })
                            .sync();
                    Traffic.ping(left, right, 1);
                }
            }
            recording.stop();
            recording.dump(file);
        }
        List<RecordedEvent> all = RecordingFile.readAllEvents(file);
        List<RecordedEvent> slow = all.stream()
                .filter(one -> one.getEventType().getName().equals("nettytap.SlowTurn"))
                .filter(one -> one.getDuration("tasks").compareTo(Duration.ofMillis(30)) >= 0)
                .toList();
        assertThat(slow).isNotEmpty();
        assertThat(slow.get(0).getThread().getJavaName()).startsWith("tap");
        List<RecordedEvent> batches = all.stream()
                .filter(one -> one.getEventType().getName().equals("nettytap.LoopBatches"))
                .toList();
        assertThat(sum(batches, "turns")).isPositive();
        assertThat(sum(batches, "frames")).isPositive();
    }

    @Test
    void linkEventsAreRecordedAsTheyHappen() throws Exception {
        TapChannel channel = (TapChannel) lan.ports().get(0).channel();
        CountDownLatch changed = new CountDownLatch(1);
        List<RecordedEvent> events = record("nettytap.LinkEvent", recorder -> {
            recorder.add(channel);
            // Behind the handler of the recorder.
            channel.pipeline().addLast(new Seen(changed));
            left.execute("ip", "link", "set", "left", "mtu", "1400");
            assertThat(changed.await(30, TimeUnit.SECONDS)).isTrue();
        });
        assertThat(events).anySatisfy(event -> {
            assertThat(event.getString("kind")).isEqualTo("MTU_CHANGED");
            assertThat(event.getString("networkInterface")).isEqualTo("left");
            assertThat(event.getString("link")).contains("1400");
        });
    }

    /** Sees what the recorder has seen before. */
    private static final class Seen extends ChannelInboundHandlerAdapter {

        private final CountDownLatch changed;

        Seen(CountDownLatch changed) {
            this.changed = changed;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof LinkEvent) {
                changed.countDown();
            }
            context.fireUserEventTriggered(event);
        }
    }

    @Test
    void dropsAreRecordedByReasonAndOnlyThoseThatAreNew() throws Exception {
        AtomicLong dropped = new AtomicLong(5);
        List<RecordedEvent> events = record("nettytap.Drops", recorder -> {
            recorder.addDrops("test", () -> Map.of("port", Map.of("storm", dropped.get(), "vlan", 7L)));
            dropped.set(12);
        });
        assertThat(sum(events, "frames")).isEqualTo(7);
        RecordedEvent last = events.get(events.size() - 1);
        assertThat(last.getString("source")).isEqualTo("test");
        assertThat(last.getString("port")).isEqualTo("port");
        assertThat(last.getString("reason")).isEqualTo("storm");
        assertThat(last.getLong("total")).isEqualTo(12);
    }

    @Test
    void framesThatASwitchDropsAreRecordedWithTheirPort() throws Exception {
        SwitchPort port = lan.ports().get(0);
        List<RecordedEvent> events = record("nettytap.Drops", recorder -> {
            recorder.add(port);
            port.channel().pipeline().fireChannelRead(Unpooled.buffer(5).writeZero(5));
            port.channel().eventLoop().submit(() -> {}).sync();
            assertThat(port.malformed()).isPositive();
        });
        assertThat(events).anySatisfy(event -> {
            assertThat(event.getString("source")).isEqualTo("switch");
            assertThat(event.getString("port")).isEqualTo("left");
            assertThat(event.getString("reason")).isEqualTo("malformed");
            assertThat(event.getLong("frames")).isEqualTo(1);
        });
    }

    @Test
    void nothingIsLeftOfAClosedRecorder() throws Exception {
        TapChannel channel = (TapChannel) lan.ports().get(0).channel();
        List<String> before = channel.pipeline().names();
        TapFlightRecorder recorder = TapFlightRecorder.install();
        recorder.add(lan.ports().get(0));
        recorder.add(lan.loops());
        assertThat(channel.pipeline().names()).hasSize(before.size() + 1);
        recorder.close();
        recorder.close();
        channel.eventLoop().submit(() -> {}).sync();
        assertThat(channel.pipeline().names()).isEqualTo(before);
    }
}
