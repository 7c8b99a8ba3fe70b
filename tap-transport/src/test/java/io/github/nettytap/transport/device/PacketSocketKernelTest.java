/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapChannelOption;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;
import io.github.nettytap.transport.link.LinkEvent;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.FaultyLibC;
import io.github.nettytap.transport.linux.IfReq;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.Sockets;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.Rtnetlink;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A channel on a packet socket, at one end of a veth pair; another one at its other end. */
@KernelTest
@Timeout(300)
@ParameterizedClass
@EnumSource(TapIoType.class)
class PacketSocketKernelTest {

    private static final String MACS = "020000000001" + "020000000002";

    /** A type of the local experiments (IEEE 802), so that no kernel answers, and the kernel's own frames are told. */
    private static final String MARKED = "88b5";

    // linux/sockios.h, linux/if.h
    private static final int SIOCGIFFLAGS = 0x8913;
    private static final int IFF_RUNNING = 0x40;

    private final TapIoType io;
    private TapEventLoopGroup group;
    private NetworkNamespace namespace;
    private Link near;
    private Link far;

    PacketSocketKernelTest(TapIoType io) {
        this.io = io;
    }

    @BeforeEach
    void makePair() throws Exception {
        group = TapEventLoopGroup.builder().io(io).build();
        namespace = NetworkNamespace.create();
        namespace.run(() -> {
            // Only what a test sends shall arrive: what IPv6 sends by itself may hold the mark in a MAC address.
            Files.writeString(Path.of("/proc/sys/net/ipv6/conf/default/disable_ipv6"), "1");
            try (Rtnetlink rtnetlink = Rtnetlink.open()) {
                near = rtnetlink.links().createVeth("near", "far");
                far = rtnetlink.links().named("far").orElseThrow();
                rtnetlink.links().setUp(near.index(), true);
                rtnetlink.links().setUp(far.index(), true);
                awaitRunning("near");
                rtnetlink.links().setUp(near.index(), true); // Waits for the lock under which it began to run.
            }
        });
    }

    /** The link that was up first sends nothing until the kernel has seen its carrier, some time later (linkwatch). */
    private static void awaitRunning(String link) throws InterruptedException {
        LibC libc = LibC.get();
        int fd = libc.socket(Sockets.AF_INET, Sockets.SOCK_DGRAM | Sockets.SOCK_CLOEXEC, 0);
        IfReq request;
        do {
            Thread.sleep(1);
            request = new IfReq(link);
            libc.ioctl(fd, SIOCGIFFLAGS, request.memory());
        } while ((request.flags() & IFF_RUNNING) == 0);
        libc.close(fd);
    }

    @AfterEach
    void end() throws Exception {
        group.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
        namespace.close();
    }

    /** What arrives of the marked frames, as hexadecimal text; and all else that a channel says. */
    private static final class Heard extends ChannelInboundHandlerAdapter {

        final BlockingQueue<String> frames = new LinkedBlockingQueue<>();
        final BlockingQueue<LinkEvent.Kind> events = new LinkedBlockingQueue<>();

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf frame = (ByteBuf) message;
            String text = ByteBufUtil.hexDump(frame);
            frame.release();
            if (text.contains(MARKED)) {
                frames.add(text);
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            events.add(((LinkEvent) event).kind());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            frames.add(cause.getMessage());
        }

        String next() throws InterruptedException {
            return frames.poll(30, TimeUnit.SECONDS);
        }

        void await(LinkEvent.Kind kind) throws InterruptedException {
            LinkEvent.Kind event;
            do {
                event = events.poll(30, TimeUnit.SECONDS);
            } while (event != null && event != kind);
            assertThat(event).isEqualTo(kind);
        }
    }

    private PacketSocketBuilder on(String link) {
        return PacketSocket.builder(link).namespace(namespace);
    }

    private TapChannel channel(PacketSocketBuilder builder, Heard heard) throws Exception {
        PacketSocket socket = builder.open();
        return (TapChannel) new Bootstrap()
                .group(group)
                .channelFactory(() -> new TapChannel(socket))
                .option(TapChannelOption.TAP_LINK_EVENTS, true)
                .handler(heard)
                .register()
                .sync()
                .channel();
    }

    private static void send(TapChannel channel, String hex) throws Exception {
        channel.writeAndFlush(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex)))
                .sync();
    }

    private static String plain(VnetHeader header, String frame) {
        return "00".repeat(header.length()) + frame;
    }

    @Test
    void framesPassBothWaysOnceWithEachHeader() throws Exception {
        for (VnetHeader header : List.of(VnetHeader.NONE, VnetHeader.LEGACY, VnetHeader.V1)) {
            passBothWays(header, LibC.get());
        }
    }

    @Test
    void aKernelWithAShorterHeaderIsNoneTheWiser() throws Exception {
        passBothWays(VnetHeader.V1, withShortHeader());
    }

    private static LibC withShortHeader() {
        return FaultyLibC.with((call, arguments) ->
                call.equals("setsockopt") && arguments[2].equals(Sockets.PACKET_VNET_HDR_SZ) ? -92 : 0);
    }

    private void passBothWays(VnetHeader header, LibC libc) throws Exception {
        Heard nearHeard = new Heard();
        Heard farHeard = new Heard();
        TapChannel one = channel(on("near").vnetHeader(header).libc(libc), nearHeard);
        TapChannel other = channel(on("far").vnetHeader(header).libc(libc), farHeard);
        for (int i = 10; i < 60; i++) {
            String frame = plain(header, MACS + MARKED + i + "ab".repeat(100));
            send(one, frame);
            assertThat(farHeard.next()).isEqualTo(frame);
            send(other, frame);
            assertThat(nearHeard.next()).isEqualTo(frame);
        }
        assertThat(nearHeard.frames).isEmpty();
        assertThat(farHeard.frames).isEmpty();
        assertThat(one.counters().framesSent()).isEqualTo(50);
        one.close().sync();
        other.close().sync();
    }

    /** The kernel takes the outer tag out of what it receives, so that only the inner one is in the frame. */
    @Test
    void tagsArePutBack() throws Exception {
        for (LibC libc : List.of(LibC.get(), withShortHeader())) {
            for (VnetHeader header : List.of(VnetHeader.NONE, VnetHeader.LEGACY, VnetHeader.V1)) {
                Heard heard = new Heard();
                TapChannel sender = channel(on("far").vnetHeader(header), new Heard());
                TapChannel receiver = channel(on("near").vnetHeader(header).libc(libc), heard);
                for (String tags : List.of("81000064", "8100e001", "81000000", "88a80064" + "810000c8", "")) {
                    String frame = plain(header, MACS + tags + MARKED + "cd".repeat(60));
                    send(sender, frame);
                    assertThat(heard.next()).isEqualTo(frame);
                }
                sender.close().sync();
                receiver.close().sync();
            }
        }
    }

    /** Places in the frame move with it: a TCP GSO frame of a VLAN, header and all, arrives as it was sent. */
    @Test
    void theVirtioNetHeaderCountsTheTag() throws Exception {
        Heard heard = new Heard();
        TapChannel sender = channel(on("far").vnetHeader(VnetHeader.V1), new Heard());
        TapChannel receiver = channel(on("near").vnetHeader(VnetHeader.V1), heard);
        ByteBuf frame = Unpooled.buffer().writeZero(12);
        frame.writeBytes(ByteBufUtil.decodeHexDump(MACS + "81000064" + "0800"));
        int tcp = 14 + 4 + 20;
        frame.writeBytes(
                ByteBufUtil.decodeHexDump("4500" + "0fc8" + "00004000" + "4006" + "0000" + "0a000001" + "0a000002"));
        frame.writeBytes(ByteBufUtil.decodeHexDump(
                "1234" + "0050" + "00000001" + "00000001" + "5010" + "0100" + "0000" + "0000"));
        frame.writeBytes(ByteBufUtil.decodeHexDump(MARKED.repeat(2_000)));
        VirtioNetHeader.flags(frame, 0, VirtioNetHeader.FLAG_NEEDS_CSUM);
        VirtioNetHeader.gsoType(frame, 0, VirtioNetHeader.GSO_TCPV4);
        VirtioNetHeader.gsoSize(frame, 0, 1_000);
        VirtioNetHeader.headerLengthHint(frame, 0, tcp + 20);
        VirtioNetHeader.checksumStart(frame, 0, tcp);
        VirtioNetHeader.checksumOffset(frame, 0, 16);
        String sent = ByteBufUtil.hexDump(frame);
        sender.writeAndFlush(frame).sync();
        ByteBuf arrived = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(heard.next()));
        assertThat(VirtioNetHeader.checksumStart(arrived, 0)).isEqualTo(tcp);
        assertThat(VirtioNetHeader.headerLengthHint(arrived, 0)).isGreaterThanOrEqualTo(tcp + 20);
        VirtioNetHeader.headerLengthHint(arrived, 0, tcp + 20); // The kernel's is what it has in one piece.
        assertThat(ByteBufUtil.hexDump(arrived)).isEqualTo(sent);
        sender.close().sync();
        receiver.close().sync();
    }

    @Test
    void aLinkThatGoesDownIsHeardAgainWhenItIsUp() throws Exception {
        Heard heard = new Heard();
        TapChannel sender = channel(on("far"), new Heard());
        TapChannel receiver = channel(on("near"), heard);
        setUp(false);
        heard.await(LinkEvent.Kind.DOWN);
        assertThatThrownBy(() -> send(receiver, MACS + MARKED + "00".repeat(50)))
                .hasMessageStartingWith(
                        "write: device=near, errno=ENETDOWN: the link is down. Set it up: `ip link set near up`.");
        assertThat(receiver.counters().dropsLinkDown()).isEqualTo(1);
        setUp(true);
        heard.await(LinkEvent.Kind.UP);
        String frame = MACS + MARKED + "ef".repeat(50);
        String arrived = null;
        while (arrived == null) {
            // The other end has to see the carrier first, and drops frames until then.
            sender.writeAndFlush(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(frame)))
                    .await();
            arrived = heard.frames.poll(50, TimeUnit.MILLISECONDS);
        }
        assertThat(arrived).isEqualTo(frame);
        sender.close().sync();
        receiver.close().sync();
    }

    private void setUp(boolean up) throws Exception {
        namespace.run(() -> {
            try (Rtnetlink rtnetlink = Rtnetlink.open()) {
                rtnetlink.links().setUp(near.index(), up);
            }
        });
    }

    @Test
    void aDeletedLinkClosesTheChannelWithTheReason() throws Exception {
        for (boolean reading : new boolean[] {true, false}) {
            Heard heard = new Heard();
            TapChannel channel = channel(on("near"), heard);
            channel.config().setAutoRead(reading);
            PacketSocket socket = channel.packetSocket();
            namespace.run(() -> {
                try (Rtnetlink rtnetlink = Rtnetlink.open()) {
                    rtnetlink.links().delete(near.index());
                }
            });
            assertThat(channel.closeFuture().await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(heard.next()).contains("device=near, errno=").contains("the interface is gone");
            assertThat(socket.isOpen()).isFalse();
            namespace.run(() -> {
                try (Rtnetlink rtnetlink = Rtnetlink.open()) {
                    near = rtnetlink.links().createVeth("near", "far");
                }
            });
        }
    }

    @Test
    void closingTheSocketClosesTheChannel() throws Exception {
        TapChannel channel = channel(on("near"), new Heard());
        channel.packetSocket().close();
        assertThat(channel.closeFuture().await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(channel.packetSocket().isOpen()).isFalse();
    }

    @Test
    void whatTheKernelDropsIsCounted() throws Exception {
        Heard heard = new Heard();
        TapChannel receiver = channel(on("near").receiveBuffer(64 << 10), heard);
        TapChannel sender = channel(on("far"), new Heard());
        receiver.config().setAutoRead(false);
        receiver.eventLoop().submit(() -> {}).sync();
        int sent = 2_000;
        String frame = MACS + MARKED + "01".repeat(500);
        for (int i = 0; i < sent; i++) {
            send(sender, frame);
        }
        long drops = receiver.packetSocket().kernelDrops();
        assertThat(drops).isPositive();
        assertThat(receiver.packetSocket().kernelDrops()).isGreaterThanOrEqualTo(drops);
        receiver.config().setAutoRead(true);
        long arrive =
                receiver.packetSocket().kernelFrames() - receiver.packetSocket().kernelDrops();
        while (receiver.counters().framesReceived() < arrive) {
            Thread.sleep(1);
        }
        assertThat(receiver.packetSocket().kernelFrames()).isGreaterThanOrEqualTo(sent);
        sender.close().sync();
        receiver.close().sync();
    }

    @Test
    void addressesTellLinkAndDirection() throws Exception {
        Heard heard = new Heard();
        TapChannel all = channel(
                PacketSocket.builder().namespace(namespace).outgoing(true).addresses(true), heard);
        TapChannel sender = channel(on("far"), new Heard());
        send(sender, MACS + "81000064" + MARKED + "23".repeat(50));
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            ByteBuf frame = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(heard.next()));
            seen.add(all.packetSocket().nameOf(PacketSocket.ifindex(frame, 0))
                    + (PacketSocket.packetType(frame, 0) == PacketSocket.PACKET_OUTGOING ? " out" : " in"));
            assertThat(PacketSocket.isEthernet(PacketSocket.hardwareType(frame, 0)))
                    .isTrue();
            assertThat(ByteBufUtil.hexDump(frame.skipBytes(PacketSocket.ADDRESS_LENGTH)))
                    .isEqualTo(MACS + "81000064" + MARKED + "23".repeat(50));
        }
        assertThat(seen).containsExactly("far out", "near in");
        sender.close().sync();
        all.close().sync();
    }

    @Test
    void aFrameLongerThanTheMtuIsRefusedByName() throws Exception {
        TapChannel sender = channel(on("far"), new Heard());
        assertThatThrownBy(() -> send(sender, MACS + MARKED + "00".repeat(2_000)))
                .hasMessageStartingWith(
                        "write: device=far, errno=EMSGSIZE: the frame is longer than the MTU of the link allows.");
        assertThat(sender.counters().dropsMalformed()).isEqualTo(1);
        sender.close().sync();
    }

    @Test
    void whatCannotBeOpenedSaysWhy() throws Exception {
        assertThatThrownBy(() -> on("nosuch").open())
                .hasMessageStartingWith("find link: device=nosuch, errno=ENODEV: there is no interface of this name in"
                        + " this network namespace. `ip link` shows those that there are.");
        assertThatThrownBy(() -> on("a-name-that-is-too-long").open()).hasMessageContaining("errno=ENODEV");
        assertThatThrownBy(() -> on("near")
                        .libc(FaultyLibC.failing("socket", Errno.EPERM))
                        .open())
                .hasMessageStartingWith("open packet socket: device=near, errno=EPERM: a packet socket sees all traffic"
                        + " of a link, so it needs CAP_NET_RAW");
    }

    @Test
    void nothingStaysOpenWhicheverCallFails() throws Exception {
        List<String> calls = new ArrayList<>();
        PacketSocketBuilder builder = on("near").vnetHeader(VnetHeader.V1);
        builder.libc(FaultyLibC.recording(calls)).open().close();
        int failures = 0;
        for (int i = 0; i < calls.size(); i++) {
            try (PacketSocket socket =
                    builder.libc(FaultyLibC.failingCall(i, Errno.ENOMEM)).open()) {
                assertThat(socket.isOpen()).isTrue(); // There is another way: a shorter header, a smaller buffer.
            } catch (TapException e) {
                failures++;
            }
        }
        // LeakGate counts descriptors.
        assertThat(failures).isPositive();
    }
}
