/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.testkit.KernelTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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
                                    + " come. See docs/troubleshooting.md#tunsetqueue-einval");
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
                    .hasMessage("TUNSETIFF: device=single, errno=EBUSY: the interface has a single queue. Open it with"
                            + " multiQueue(true), so that queues can be added. See"
                            + " docs/troubleshooting.md#tunsetiff-ebusy");
            assertThat(tap.queues()).hasSize(1);
        }
    }

    @Test
    void queueCannotBeAddedToAClosedDevice() throws Exception {
        TapDevice tap = host.tap("shut").multiQueue(true).open();
        tap.close();
        assertThatThrownBy(tap::addQueue)
                .hasMessage("add queue: device=shut, errno=EBADF: the device is closed. Open it again with"
                        + " TapDevice.builder. See docs/troubleshooting.md#closed");
    }

    @Test
    void the257thQueueIsRefused() throws Exception {
        try (TapDevice tap = host.tap("full").queues(256).open()) {
            assertThat(tap.queues()).hasSize(256);
            assertThatThrownBy(tap::addQueue)
                    .hasMessage(
                            "TUNSETIFF: device=full, errno=E2BIG: the interface has its 256 queues, the kernel's limit."
                                    + " Ask for fewer; one queue for each event loop is enough. See"
                                    + " docs/troubleshooting.md#tunsetiff-e2big");
            assertThat(tap.queues()).hasSize(256);
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
