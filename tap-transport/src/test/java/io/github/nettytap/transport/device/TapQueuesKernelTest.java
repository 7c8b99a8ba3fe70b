/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.FaultyLibC;
import io.github.nettytap.transport.linux.Fcntl;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.TunIoctl;
import io.github.nettytap.transport.netlink.RtnetlinkOn;
import io.github.nettytap.transport.takeover.Takeover;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.Closeable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;

@KernelTest
class TapQueuesKernelTest {

    private Host host;

    @BeforeEach
    void makeHost() throws Exception {
        host = new Host();
    }

    @AfterEach
    void endHost() {
        host.close();
    }

    @Test
    void queueIsDetachedAndAttached() throws Exception {
        try (TapDevice tap = host.tap("dq").queues(2).open()) {
            TapQueue queue = tap.queues().get(1);
            queue.detach();
            assertThat(queue.isAttached()).isFalse();
            assertThat(host.link("dq").tun().orElseThrow().disabledQueues()).isEqualTo(1);
            queue.attach();
            assertThat(queue.isAttached()).isTrue();
            assertThat(host.link("dq").tun().orElseThrow().queues()).isEqualTo(2);
        }
    }

    @Test
    void detachingTwiceSaysSo() throws Exception {
        try (TapDevice tap = host.tap("dq").queues(2).open()) {
            tap.queues().get(1).detach();
            assertThatThrownBy(() -> tap.queues().get(1).detach())
                    .hasMessage(
                            "TUNSETQUEUE: device=dq, errno=EINVAL: the queue is detached already, or the device has a"
                                    + " single queue. Ask TapQueue.isAttached(); only a multi-queue device lets its queues go and"
                                    + " come. See https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#tunsetqueue-einval");
        }
    }

    @Test
    void queueIsAddedAtRunTime() throws Exception {
        try (TapDevice tap = host.tap("more")
                .multiQueue(true)
                .vnetHeader(true)
                .carrier(false)
                .open()) {
            TapQueue added = tap.addQueue();
            assertThat(tap.queues()).hasSize(2).contains(added);
            assertThat(added.index()).isEqualTo(1);
            assertThat(added.file().vnetHeaderSize()).isEqualTo(12);
            assertThat(host.link("more").tun().orElseThrow().queues()).isEqualTo(2);
            assertThat(host.link("more").hasCarrier()).isFalse();
        }
    }

    @Test
    void queueIsAddedInTheNamespaceOfTheDevice() throws Exception {
        try (Host other = new Host();
                TapDevice tap = host.tap("far").multiQueue(true).open()) {
            tap.moveTo(other.namespace());
            tap.addQueue();
            assertThat(other.link("far").tun().orElseThrow().queues()).isEqualTo(2);
            assertThat(host.hasLink("far")).isFalse();
        }
    }

    @Test
    void queueCannotBeAddedToASingleQueueDevice() throws Exception {
        try (TapDevice tap = host.tap("single").open()) {
            assertThatThrownBy(tap::addQueue)
                    .hasMessage(
                            "TUNSETIFF: device=single, errno=EBUSY: the interface has a single queue. Open it with"
                                    + " multiQueue(true), so that queues can be added. See"
                                    + " https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#tunsetiff-ebusy");
            assertThat(tap.queues()).hasSize(1);
        }
    }

    @Test
    void queueCannotBeAddedToAClosedDevice() throws Exception {
        TapDevice tap = host.tap("shut").multiQueue(true).open();
        tap.close();
        assertThatThrownBy(tap::addQueue)
                .hasMessage(
                        "add queue: device=shut, errno=EBADF: the device is closed. Open it again with"
                                + " TapDevice.builder. See https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#closed");
    }

    @Test
    void the257thQueueIsRefused() throws Exception {
        try (TapDevice tap = host.tap("full").queues(256).open()) {
            assertThat(tap.queues()).hasSize(256);
            assertThatThrownBy(tap::addQueue)
                    .hasMessage(
                            "TUNSETIFF: device=full, errno=E2BIG: the interface has its 256 queues, the kernel's limit."
                                    + " Ask for fewer; one queue for each event loop is enough. See"
                                    + " https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#tunsetiff-e2big");
            assertThat(tap.queues()).hasSize(256);
        }
    }

    @Test
    void queueWhoseFilterCannotBeAttachedLeavesNothing() throws Exception {
        int[] left = {Integer.MAX_VALUE};
        LibC libc = FaultyLibC.with((call, arguments) ->
                call.equals("ioctl") && arguments[1].equals(TunIoctl.TUNATTACHFILTER) && --left[0] == 0
                        ? -Errno.ENOMEM.number()
                        : 0);
        try (TapDevice tap = new TapDeviceBuilder(new Kernel(libc, () -> RtnetlinkOn.open(libc)), "filtered")
                .namespace(host.namespace())
                .multiQueue(true)
                .open()) {
            tap.filters().attach(ClassicBpf.parse("1\n6 0 0 0"));
            left[0] = 1;
            assertThatThrownBy(tap::addQueue).hasMessageContaining("ENOMEM");
            assertThat(tap.queues()).hasSize(1);
            assertThat(host.link("filtered").tun().orElseThrow().queues()).isEqualTo(1);
            // In force still: it drops all.
            long drops = tap.statistics().transmitDrops();
            tap.addAddress(Cidr.parse("10.9.9.1/24"));
            tap.up();
            host.sh("sh", "-c", "ping -c 1 -W 1 10.9.9.2 >/dev/null 2>&1 || true");
            assertThat(tap.statistics().transmitDrops()).isGreaterThan(drops);
            assertThat(tap.addQueue().isAttached()).isTrue();
        }
    }

    @Test
    void closedQueuesAreForgotten() throws Exception {
        try (TapDevice tap = host.tap("leaving").multiQueue(true).open()) {
            for (int i = 1; i <= 300; i++) {
                TapQueue queue = tap.addQueue();
                assertThat(queue.index()).isEqualTo(i);
                assertThat(tap.queues()).hasSize(2);
                queue.close();
                assertThat(tap.queues()).hasSize(1).doesNotContain(queue);
            }
            assertThat(tap.name()).isEqualTo("leaving");
        }
    }

    @Test
    void closeFutureTellsWhenTheNameIsFree() throws Exception {
        for (int i = 0; i < 50; i++) {
            TapDevice tap = host.tap("again").exclusive(true).queues(2).open();
            // As a channel does it: asked to close, it does so in its own time and on its own thread.
            Closeable descriptor = Takeover.OF_QUEUE.take(tap.queues().get(1), () -> {});
            CompletableFuture<Void> closed = tap.closeFuture();
            tap.close();
            assertThat(closed).isNotDone();
            assertThat(tap.queues()).hasSize(1);
            assertThatThrownBy(tap::addQueue).hasMessageContaining("the device is closed");
            Thread closer = new Thread(() -> assertThatCode(descriptor::close).doesNotThrowAnyException());
            closer.start();
            closed.get(30, TimeUnit.SECONDS);
            assertThat(host.hasLink("again")).isFalse();
            closer.join();
            assertThat(tap.closeFuture()).isCompleted();
        }
    }

    @Test
    void queueIsEitherTakenOrClosed() throws Exception {
        LibC libc = LibC.get();
        for (int i = 0; i < 500; i++) {
            TapQueue queue = host.tap("raced").open().queues().get(0);
            int fd = queue.fd();
            CyclicBarrier start = new CyclicBarrier(2);
            Thread closer = new Thread(() -> {
                assertThatCode(start::await).doesNotThrowAnyException();
                queue.close();
            });
            closer.start();
            start.await();
            Closeable taken = null;
            try {
                taken = Takeover.OF_QUEUE.take(queue, () -> {});
            } catch (IllegalStateException e) {
                assertThat(e).hasMessageContaining("closed");
            }
            closer.join();
            if (taken != null) {
                assertThat(queue.fd()).isEqualTo(fd);
                assertThat(libc.fcntl(fd, Fcntl.F_GETFD, 0)).isNotNegative();
                taken.close();
            }
            assertThat(queue.isOpen()).isFalse();
        }
    }

    @Test
    void aThousandDevicesComeAndGo() throws Exception {
        int links = host.rtnetlink().links().list().size();
        host.namespace().run(() -> {
            for (int i = 0; i < 1000; i++) {
                TapDevice.builder("many").mtu(1400).up(true).open().close();
            }
        });
        assertThat(host.rtnetlink().links().list()).hasSize(links);
    }
}
