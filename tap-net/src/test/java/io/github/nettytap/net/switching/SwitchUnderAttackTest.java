/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An attacker at one port, and two honest hosts that talk to each other beside it: what they send goes where it should,
 * to nobody else, whatever the attacker does; and what a frame of the attacker costs has a bound that is counted in
 * frames that leave and entries that change, not in time.
 */
class SwitchUnderAttackTest {

    private static final long ALICE = 0x0200_0000_000aL;
    private static final long BOB = 0x0200_0000_000bL;
    private static final int FRAMES = 20_000;

    private final AtomicLong seconds = new AtomicLong();
    private final List<Throwable> failures = new ArrayList<>();
    private final List<EmbeddedChannel> channels = new ArrayList<>();
    private EthernetSwitch lan;
    private EmbeddedChannel alice;
    private EmbeddedChannel bob;
    private EmbeddedChannel mallory;

    private void start(SwitchSettings settings) {
        lan = new EthernetSwitch(settings, (channel, cause) -> failures.add(cause), seconds::get);
        alice = port();
        bob = port();
        mallory = port();
        send(alice, frame(-1, ALICE));
        send(bob, frame(ALICE, BOB));
        send(alice, frame(BOB, ALICE));
        drain();
    }

    private EmbeddedChannel port() {
        EmbeddedChannel channel =
                new EmbeddedChannel(lan.newPort(VnetHeader.NONE, TapOffload.NONE, PortPolicy.DEFAULT));
        channels.add(channel);
        return channel;
    }

    @AfterEach
    void close() {
        channels.forEach(EmbeddedChannel::finishAndReleaseAll);
        lan.releaseQueued();
        assertThat(failures).isEmpty();
    }

    private static ByteBuf frame(long destination, long source) {
        ByteBuf frame = Unpooled.buffer(60);
        frame.writeShort((int) (destination >>> 32)).writeInt((int) destination);
        frame.writeShort((int) (source >>> 32)).writeInt((int) source);
        return frame.writeShort(0x88b5).writeZero(46);
    }

    private void send(EmbeddedChannel from, ByteBuf frame) {
        from.writeInbound(frame);
        channels.forEach(EmbeddedChannel::runPendingTasks);
    }

    private void drain() {
        for (EmbeddedChannel channel : channels) {
            received(channel);
        }
    }

    private static int received(EmbeddedChannel channel) {
        int count = 0;
        for (ByteBuf frame = channel.readOutbound(); frame != null; frame = channel.readOutbound()) {
            frame.release();
            count++;
        }
        return count;
    }

    /** Bob gets what Alice sends to him, Mallory does not. */
    private void assertHonestTrafficIsWhole(String when) {
        drain();
        send(alice, frame(BOB, ALICE));
        send(bob, frame(ALICE, BOB));
        assertThat(received(bob)).as(when).isEqualTo(1);
        assertThat(received(alice)).as(when).isEqualTo(1);
        assertThat(received(mallory)).as(when + ": overheard").isZero();
    }

    @Test
    void aFloodOfMadeUpAddressesMakesNobodyOverheard() {
        start(SwitchSettings.DEFAULT.withFdbCapacity(256));
        Random random = new Random(1);
        for (int i = 0; i < FRAMES; i++) {
            send(mallory, frame(BOB, 0x0200_0000_0000L | random.nextInt() & 0xffff_ffffL));
            if (i % 100 == 0) {
                seconds.incrementAndGet();
                assertHonestTrafficIsWhole("frame " + i);
            }
        }
        assertThat(lan.fdbCounters().evicted()).as("what was taken from others").isZero();
        drain();
        // New hosts are learned beside it.
        EmbeddedChannel carol = port();
        send(carol, frame(ALICE, 0x0200_0000_000cL));
        drain();
        send(alice, frame(0x0200_0000_000cL, ALICE));
        assertThat(received(carol)).isEqualTo(1);
        assertThat(received(mallory)).isZero();
    }

    /** A port above its share costs what any costs: a place of the set that its frame selects, and no walk. */
    @Test
    void eachMadeUpAddressChangesOneEntryAtMost() {
        start(SwitchSettings.DEFAULT.withFdbCapacity(256));
        for (int i = 1; i <= 1_000; i++) {
            send(mallory, frame(BOB, 0x0600_0000_0000L + i));
            long changes = lan.fdbCounters().added()
                    + lan.fdbCounters().refused()
                    + lan.fdbCounters().moved();
            assertThat(changes).as("two honest, and this one").isEqualTo(2 + i);
        }
        assertThat(received(bob)).as("one frame out for each in").isEqualTo(1_000);
    }

    @Test
    void aVictimsAddressAsTheSourceIsTheVictimsAgainWithItsNextFrame() {
        start(SwitchSettings.DEFAULT);
        for (int i = 0; i < FRAMES / 10; i++) {
            send(mallory, frame(-1, BOB));
            send(bob, frame(ALICE, BOB));
            assertHonestTrafficIsWhole("frame " + i);
        }
    }

    @Test
    void framesFromGroupsAndZeroCostTheTableNothing() {
        start(SwitchSettings.DEFAULT);
        long before = lan.fdbCounters().added();
        for (int i = 0; i < FRAMES; i++) {
            send(mallory, frame(-1, i % 2 == 0 ? 0 : 0x0100_5e00_0000L + i));
        }
        assertThat(received(alice)).isZero();
        assertThat(lan.fdbCounters().added()).isEqualTo(before);
        assertHonestTrafficIsWhole("after");
    }

    @Test
    void reportsForAllGroupsNeitherCutOffOthersNorCostMoreThanTheirPortsBudget() {
        start(SwitchSettings.DEFAULT.withSnooping(true).withGroupMembers(512, 128));
        send(alice, igmp("0a000001", "e0000001", "11640000" + "00000000"));
        send(bob, igmp("0a00000b", "ef010203", "16000000" + "ef010203"));
        drain();
        int group = 0;
        for (int i = 0; i < 500; i++) {
            StringBuilder records = new StringBuilder("22000000000000b4");
            for (int record = 0; record < 180; record++) {
                records.append(String.format("04000000ef%06x", 0x800000 + group++));
            }
            send(mallory, igmp("0a00000c", "e0000016", records.toString()));
            if (i % 50 == 0) {
                seconds.incrementAndGet();
                drain();
                send(alice, multicast("ef010203"));
                assertThat(received(bob)).as("report " + i).isEqualTo(1);
                send(alice, multicast("efff" + String.format("%04x", i)));
                assertThat(received(bob))
                        .as("a group that he does not listen to")
                        .isZero();
            }
        }
        assertThat(lan.groupCounters().size()).isLessThanOrEqualTo(1 + 128);
        long changes = lan.groupCounters().evicted() + lan.groupCounters().size();
        assertThat(changes).as("not one for each of 90,000 records").isLessThan(11 * 256 + 2);
    }

    @Test
    void randomFramesCloseNoPortAndEndNothing() {
        start(SwitchSettings.DEFAULT.withSnooping(true).withFdbCapacity(64));
        EmbeddedChannel attacker = new EmbeddedChannel(lan.newPort(
                VnetHeader.NONE,
                TapOffload.NONE,
                PortPolicy.builder().macLimit(8).stormLimit(100).isolated(true).build()));
        channels.add(attacker);
        Random random = new Random(9);
        byte[][] seeds = {
            ByteBufUtil.getBytes(frame(-1, ALICE)),
            ByteBufUtil.getBytes(igmp("0a000001", "e0000001", "11640000" + "00000000")),
            ByteBufUtil.getBytes(igmp("0a00000c", "e0000016", "2200000000000001" + "04000000ef010203")),
            ByteBufUtil.getBytes(igmp("0a00000b", "ef010203", "16000000" + "ef010203"))
        };
        for (int i = 0; i < FRAMES; i++) {
            byte[] bytes = seeds[random.nextInt(seeds.length)].clone();
            for (int change = random.nextInt(6); change > 0; change--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            int length = random.nextInt(10) == 0 ? random.nextInt(bytes.length) : bytes.length;
            send(random.nextBoolean() ? mallory : attacker, Unpooled.copiedBuffer(bytes, 0, length));
            seconds.addAndGet(random.nextInt(100) == 0 ? 1 : 0);
            drain();
        }
        assertThat(mallory.isOpen()).isTrue();
        assertThat(attacker.isOpen()).isTrue();
        lan.ports()
                .forEach(port -> assertThat(port.errors()).as(port.toString()).isZero());
        seconds.addAndGet(1_000);
        send(bob, frame(ALICE, BOB));
        send(alice, frame(BOB, ALICE));
        assertHonestTrafficIsWhole("afterwards");
    }

    private static ByteBuf multicast(String group) {
        return ip("0a000001", group, "11", "0001000200080000");
    }

    private static ByteBuf igmp(String source, String group, String body) {
        ByteBuf message = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(body));
        message.setShort(2, InternetChecksum.complement(InternetChecksum.sum(message, 0, message.readableBytes())));
        return ip(source, group, "02", ByteBufUtil.hexDump(message));
    }

    private static ByteBuf ip(String source, String group, String protocol, String body) {
        long mac = 0x0100_5e00_0000L | Integer.parseUnsignedInt(group, 16) & 0x7f_ffffL;
        String header = String.format("%012x", mac) + "0200" + source + "0800"
                + String.format("4500%04x0000000001", 20 + body.length() / 2) + protocol + "0000" + source + group;
        return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(header + body));
    }
}
