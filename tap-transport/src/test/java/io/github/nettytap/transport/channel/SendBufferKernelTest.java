/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.device.Host;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapQueue;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.Structs;
import io.github.nettytap.transport.linux.TunIoctl;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A TAP whose send buffer somebody has limited, as hypervisors do before they hand a descriptor over. It refuses frames
 * for the moment (EAGAIN) while too many of its own wait further on: in the queue of a slow port of the same bridge.
 */
@KernelTest
@Timeout(120)
@ParameterizedClass
@EnumSource(LoopKind.class)
class SendBufferKernelTest {

    private static final int FRAMES = 300;
    private static final int LENGTH = 1_000;
    private static final int PROBE = -1;
    private static final int SEND_BUFFER = 16 * 1024;

    private final LoopKind loop;
    private final Inbox inbox = new Inbox();
    private TapEventLoopGroup group;
    private Host host;
    private TapDevice device;
    private PacketPeer slow;

    SendBufferKernelTest(LoopKind loop) {
        this.loop = loop;
    }

    @BeforeEach
    void makeSlowBridge() throws Exception {
        group = TapEventLoopGroup.builder().threads(1).io(loop.io()).build();
        host = new Host();
        host.sh("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6");
        device = host.tap("tap0").up(true).open();
        host.run("ip link add br0 type bridge mcast_snooping 0");
        host.run("ip link add slow0 type veth peer name slow1");
        host.run("ip link set tap0 master br0");
        host.run("ip link set slow0 master br0");
        for (String link : List.of("br0", "slow0", "slow1")) {
            host.run("ip link set " + link + " up");
        }
        // It holds what it queues in the sender's name, for some 120 ms in all.
        host.run("tc qdisc add dev slow0 root tbf rate 20mbit burst 4000 limit 1000000");
        int ifindex = host.link("slow1").index();
        slow = host.namespace().call(() -> PacketPeer.open(ifindex));
        awaitForwarding();
    }

    /** The kernel sets ports of a bridge to work when it comes to it, and drops what comes before. */
    private void awaitForwarding() {
        int fd = device.queues().get(0).fd();
        ByteBuffer probe = ByteBuffer.allocateDirect(LENGTH);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(ChannelContract.PATIENCE_SECONDS);
        do {
            assertThat(System.nanoTime()).as("the bridge forwards").isLessThan(deadline);
            LibC.get().write(fd, probe.clear().put(bytes(PROBE)).flip());
        } while (slow.receive(20) == null);
    }

    @AfterEach
    void end() throws Exception {
        slow.close();
        group.shutdownGracefully(20, 30_000, TimeUnit.MILLISECONDS).sync();
        device.close();
        host.close();
    }

    private TapChannel register() throws InterruptedException {
        TapQueue queue = device.queues().get(0);
        return (TapChannel) new Bootstrap()
                .group(group)
                .channelFactory(() -> new TapChannel(closeRequest -> new TapQueueEndpoint(queue, closeRequest) {
                    @Override
                    int transferFlags() {
                        return loop.transferFlags();
                    }
                }))
                .option(ChannelOption.MAX_MESSAGES_PER_WRITE, FRAMES)
                .handler(inbox)
                .register()
                .sync()
                .channel();
    }

    private void limitSendBuffer() {
        int fd = device.queues().get(0).fd();
        FdPeer.check("ioctl", LibC.get().ioctl(fd, TunIoctl.TUNSETSNDBUF, Structs.ofInt(SEND_BUFFER)));
    }

    /** Not broadcast: the bridge would queue a copy of it, which is in nobody's name. */
    private static byte[] bytes(int number) {
        byte[] frame = NumberedFrames.numbered(number, LENGTH);
        frame[0] = 2;
        return frame;
    }

    private static ByteBuf frame(int number) {
        return Unpooled.directBuffer(LENGTH).writeBytes(bytes(number));
    }

    private static List<ChannelFuture> writeAll(TapChannel channel) throws InterruptedException {
        List<ChannelFuture> writes = new ArrayList<>();
        channel.eventLoop()
                .submit(() -> {
                    for (int i = 0; i < FRAMES; i++) {
                        writes.add(channel.write(frame(i)));
                    }
                    channel.flush();
                })
                .sync();
        for (ChannelFuture write : writes) {
            assertThat(write.await(ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isTrue();
        }
        return writes;
    }

    private List<Integer> arrivals() {
        List<Integer> arrived = new ArrayList<>();
        while (arrived.size() < FRAMES) {
            byte[] frame = slow.receive();
            if (frame == null) {
                break;
            }
            if (frame[12] == (byte) 0x88 && NumberedFrames.numberOf(frame) != PROBE) {
                arrived.add(NumberedFrames.numberOf(frame));
            }
        }
        return arrived;
    }

    @Test
    void whatTheSendBufferRefusesWaitsAndGoesOnInOrder() throws Exception {
        limitSendBuffer();
        TapChannel channel = register();
        List<ChannelFuture> writes = writeAll(channel);
        assertThat(writes).allMatch(ChannelFuture::isSuccess);
        assertThat(channel.counters().sendWouldBlock()).isPositive();
        assertThat(arrivals()).hasSize(FRAMES).isSorted();
    }

    /** The batch in which io_uring learns of it cannot be undone; it loses nothing, and what follows is in order. */
    @Test
    void aSendBufferThatIsLimitedLaterLosesNothing() throws Exception {
        TapChannel channel = register();
        limitSendBuffer();
        assertThat(writeAll(channel)).allMatch(ChannelFuture::isSuccess);
        assertThat(channel.counters().sendWouldBlock()).isPositive();
        assertThat(arrivals()).doesNotHaveDuplicates().hasSize(FRAMES);
        assertThat(writeAll(channel)).allMatch(ChannelFuture::isSuccess);
        assertThat(arrivals()).hasSize(FRAMES).isSorted();
    }
}
