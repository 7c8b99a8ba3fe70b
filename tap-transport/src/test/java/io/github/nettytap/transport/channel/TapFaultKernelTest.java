/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapException;
import io.github.nettytap.transport.netlink.Rtnetlink;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** What happens to a channel when something happens to its device. */
@KernelTest
@Timeout(300)
@ParameterizedClass
@EnumSource(TapIoType.class)
class TapFaultKernelTest {

    private final TapIoType io;
    private TapEventLoopGroup group;
    private NetworkNamespace namespace;
    private final Inbox inbox = new Inbox();

    TapFaultKernelTest(TapIoType io) {
        this.io = io;
    }

    @BeforeEach
    void makeGroup() throws Exception {
        group = TapEventLoopGroup.builder().threads(2).io(io).build();
        namespace = NetworkNamespace.create();
    }

    @AfterEach
    void endGroup() throws Exception {
        group.shutdownGracefully(20, 30_000, TimeUnit.MILLISECONDS).sync();
        namespace.close();
    }

    private Bootstrap bootstrap() {
        return new Bootstrap()
                .group(group)
                .channel(TapChannel.class)
                .option(TapChannelOption.TAP_NAMESPACE, namespace)
                .option(TapChannelOption.TAP_UP, true)
                .handler(inbox);
    }

    private TapChannel bind() throws InterruptedException {
        return (TapChannel) bootstrap().bind(TapAddress.of("tap0")).sync().channel();
    }

    private static ByteBuf frame() {
        return Unpooled.directBuffer(64).writeBytes(NumberedFrames.numbered(1, 64));
    }

    private void delete(TapDevice device) throws Exception {
        int ifindex = device.ifindex();
        namespace.run(() -> {
            try (Rtnetlink rtnetlink = Rtnetlink.open()) {
                rtnetlink.links().delete(ifindex);
            }
        });
    }

    @Test
    void writeOnALinkThatIsDownFailsAndTheChannelGoesOnWhenItIsUp() throws Exception {
        TapChannel channel = bind();
        channel.device().down();
        for (int i = 0; i < 3; i++) {
            ChannelFuture write = channel.writeAndFlush(frame()).await();
            assertThat(write.cause())
                    .isInstanceOf(TapException.class)
                    .hasMessageStartingWith(
                            "write: device=tap0, errno=EIO: the link is down. Set it up: `ip link set tap0 up`");
        }
        assertThat(channel.isActive()).isTrue();
        assertThat(channel.counters().dropsLinkDown()).isEqualTo(3);
        channel.device().up();
        channel.writeAndFlush(frame()).sync();
        assertThat(channel.counters().framesSent()).isOne();
    }

    @Test
    void deletedDeviceClosesTheChannelOnce() throws Exception {
        TapChannel channel = bind();
        delete(channel.device());
        assertThat(channel.closeFuture().await(ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isTrue();
        assertGone(channel);
    }

    @Test
    void deletedDeviceIsNoticedWhileNobodyReads() throws Exception {
        TapChannel channel = (TapChannel) bootstrap()
                .option(ChannelOption.AUTO_READ, false)
                .bind(TapAddress.of("tap0"))
                .sync()
                .channel();
        delete(channel.device());
        assertThat(channel.closeFuture().await(ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isTrue();
        assertGone(channel);
    }

    private void assertGone(Channel channel) throws Exception {
        ChannelFuture write = channel.writeAndFlush(frame()).await();
        assertThat(write.cause()).hasCauseInstanceOf(TapException.class);
        channel.eventLoop().submit(() -> {}).sync();
        channel.eventLoop().submit(() -> {}).sync();
        assertThat(inbox.inactive.get()).isOne();
        assertThat(inbox.errors).singleElement().satisfies(error -> assertThat(error)
                .isInstanceOf(TapException.class)
                .hasMessageContaining("device=tap0, errno=EBADFD: the interface is gone"));
    }

    @Test
    void channelSurvivesAMoveToAnotherNamespaceAndEndsWithIt() throws Exception {
        TapChannel channel = bind();
        NetworkNamespace other = NetworkNamespace.create();
        channel.device().moveTo(other);
        ChannelFuture write = channel.writeAndFlush(frame()).await();
        assertThat(write.cause()).as("a move sets the link down").hasMessageContaining("errno=EIO");
        assertThat(channel.isActive()).isTrue();
        other.close();
        assertThat(channel.closeFuture().await(ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isTrue();
    }

    @Test
    void closingTheDeviceClosesItsChannels() throws Exception {
        TapDevice device = TapDevice.builder("tap0")
                .queues(3)
                .namespace(namespace)
                .up(true)
                .open();
        Bootstrap bootstrap = new Bootstrap()
                .group(group)
                .channelFactory(TapChannel.factory(device))
                .handler(new Inbox() {
                    @Override
                    public boolean isSharable() {
                        return true;
                    }
                });
        Channel first = bootstrap.register().sync().channel();
        Channel second = bootstrap.register().sync().channel();
        assertThat(first.eventLoop()).isNotSameAs(second.eventLoop());
        device.close();
        first.closeFuture().sync();
        second.closeFuture().sync();
        assertThat(device.isOpen()).isFalse();
    }

    @Test
    void badOptionFailsTheBindAndLeavesNothing() throws Exception {
        ChannelFuture tooLong =
                bootstrap().bind(TapAddress.of("a-name-too-long-for-linux")).await();
        assertThat(tooLong.cause()).isInstanceOf(TapException.class);
        ChannelFuture badMtu = bootstrap()
                .option(TapChannelOption.TAP_MTU, 70_000)
                .bind(TapAddress.of("tap0"))
                .await();
        assertThat(badMtu.cause()).isInstanceOf(TapException.class).hasMessageContaining("65521");
        try (TapDevice free = TapDevice.builder("tap0").namespace(namespace).open()) {
            assertThat(free.name()).isEqualTo("tap0");
        }
        ChannelFuture notATap =
                bootstrap().bind(new java.net.InetSocketAddress(0)).await();
        assertThat(notATap.cause())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("(expected: TapAddress.of(\"tap0\"))");
    }

    @Test
    void countersAddUpOverLinkFlapsUnderTwoWriters() throws Exception {
        TapChannel channel = bind();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong succeeded = new AtomicLong();
        AtomicLong failed = new AtomicLong();
        Runnable writer = () -> {
            while (!stop.get()) {
                channel.writeAndFlush(frame())
                        .awaitUninterruptibly()
                        .addListener(done -> (done.isSuccess() ? succeeded : failed).incrementAndGet());
            }
        };
        Thread one = new Thread(writer, "writer-1");
        Thread two = new Thread(writer, "writer-2");
        one.start();
        two.start();
        for (int i = 0; i < 1_000; i++) {
            channel.device().down();
            channel.device().up();
        }
        stop.set(true);
        one.join();
        two.join();
        channel.eventLoop().submit(() -> {}).sync();
        assertThat(failed.get()).isPositive();
        assertThat(succeeded.get()).isPositive();
        assertThat(channel.counters().framesSent()).isEqualTo(succeeded.get());
        assertThat(channel.counters().dropsLinkDown()).isEqualTo(failed.get());
        assertThat(channel.isActive()).isTrue();
    }

    @Test
    void fiveHundredDeletionsLeaveTheLoopHealthy() throws Exception {
        for (int i = 0; i < 500; i++) {
            TapChannel channel = bind();
            channel.writeAndFlush(frame());
            delete(channel.device());
            assertThat(channel.closeFuture().await(ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isTrue();
        }
        TapChannel last = bind();
        last.writeAndFlush(frame()).sync();
    }

    @Test
    void deletionFailsWhatIsFlushedAndWhatIsNot() throws Exception {
        for (boolean autoClose : new boolean[] {true, false}) {
            TapChannel channel = bind();
            channel.config().setAutoClose(autoClose);
            List<ChannelFuture> writes = new ArrayList<>();
            channel.eventLoop()
                    .submit(() -> {
                        writes.add(channel.write(frame()));
                        deleteFromElsewhere(channel.device());
                        channel.flush();
                        writes.add(channel.write(frame()));
                        writes.add(channel.write(frame()));
                        return null;
                    })
                    .sync();
            assertThat(channel.closeFuture().await(ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isTrue();
            for (ChannelFuture write : writes) {
                assertThat(write.await(ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS))
                        .isTrue();
                assertThat(write.isSuccess()).isFalse();
            }
            assertThat(channel.isOpen()).isFalse();
            assertThat(channel.fd().isOpen()).isFalse();
            assertThat(inbox.errors).singleElement().isInstanceOf(TapException.class);
            assertThat(inbox.inactive.get()).isOne();
            inbox.errors.clear();
            inbox.inactive.set(0);
        }
    }

    private void deleteFromElsewhere(TapDevice device) throws Exception {
        Thread thread = new Thread(() -> {
            try {
                delete(device);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        thread.start();
        thread.join();
    }

    @Test
    void closingTheDeviceClosesAChannelThatNoLoopHas() throws Exception {
        TapDevice never = TapDevice.builder("tap0").namespace(namespace).open();
        TapChannel unregistered = new TapChannel(never.queues().get(0));
        never.close();
        assertThat(unregistered.closeFuture().await(ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isTrue();
        assertThat(unregistered.isOpen()).isFalse();
        assertThat(unregistered.fd().isOpen()).isFalse();

        TapChannel deregistered = bind();
        deregistered.deregister().sync();
        deregistered.device().close();
        assertThat(deregistered.closeFuture().await(ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isTrue();
        assertThat(deregistered.fd().isOpen()).isFalse();
    }

    /** Every outcome is allowed but a channel that is neither: open while its descriptor is not, or the reverse. */
    @Test
    void closingTheDeviceDuringARegistrationLeavesNoZombie() throws Exception {
        for (int i = 0; i < 200; i++) {
            TapDevice device = TapDevice.builder("tap0").namespace(namespace).open();
            TapChannel channel = new TapChannel(device.queues().get(0));
            Bootstrap bootstrap = bootstrapOf(channel);
            Thread closer = new Thread(device::close);
            closer.start();
            ChannelFuture registration = bootstrap.register();
            closer.join();
            assertThat(registration.await(ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isTrue();
            assertThat(channel.closeFuture().await(ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .as("round %d", i)
                    .isTrue();
            assertThat(channel.fd().isOpen()).isFalse();
            assertThat(device.isOpen()).isFalse();
        }
    }

    private Bootstrap bootstrapOf(TapChannel channel) {
        return new Bootstrap().group(group).channelFactory(() -> channel).handler(inbox);
    }

    @Test
    void optionsOfAnOpenDeviceSayWhatItHas() throws Exception {
        TapChannel bound = bind();
        MacAddress mac = MacAddress.parse("02:00:00:00:00:07");
        bound.device().setMac(mac);
        bound.device().setMtu(1_400);
        assertThat(bound.config().getOption(TapChannelOption.TAP_MTU)).isEqualTo(1_400);
        assertThat(bound.config().getOption(TapChannelOption.TAP_MAC)).isEqualTo(mac);
        assertThat(bound.config().getOption(TapChannelOption.TAP_UP)).isTrue();
        bound.device().down();
        assertThat(bound.config().isUp()).isFalse();
        bound.close().sync();
        assertThat(bound.config().getOptions()).containsKey(TapChannelOption.TAP_MTU);
    }

    @Test
    void aLinkCanBeBoundDown() throws Exception {
        try (TapDevice prepared =
                TapDevice.builder("tap0").namespace(namespace).up(true).open()) {
            prepared.setPersistent(true);
        }
        TapChannel channel = (TapChannel) bootstrap()
                .option(TapChannelOption.TAP_UP, false)
                .bind(TapAddress.of("tap0"))
                .sync()
                .channel();
        assertThat(channel.device().link().isUp()).isFalse();
        channel.device().setPersistent(false);
    }

    /** A peer may choose to send nothing else. */
    @Test
    void malformedFramesCostNoStackTraceAndNoNewException() throws Exception {
        TapChannel channel = bind();
        Throwable first =
                channel.write(Unpooled.directBuffer(13).writeZero(13)).await().cause();
        Throwable second =
                channel.write(Unpooled.directBuffer(13).writeZero(13)).await().cause();
        assertThat(second).isSameAs(first).hasMessageContaining("length=13");
        assertThat(first.getStackTrace()).isEmpty();
    }
}
