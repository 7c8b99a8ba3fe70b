/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.link;

import static io.github.nettytap.transport.link.LinkEvent.Kind.ADDED;
import static io.github.nettytap.transport.link.LinkEvent.Kind.CARRIER_OFF;
import static io.github.nettytap.transport.link.LinkEvent.Kind.CARRIER_ON;
import static io.github.nettytap.transport.link.LinkEvent.Kind.DELETED;
import static io.github.nettytap.transport.link.LinkEvent.Kind.DOWN;
import static io.github.nettytap.transport.link.LinkEvent.Kind.MAC_CHANGED;
import static io.github.nettytap.transport.link.LinkEvent.Kind.MOVED;
import static io.github.nettytap.transport.link.LinkEvent.Kind.MTU_CHANGED;
import static io.github.nettytap.transport.link.LinkEvent.Kind.RENAMED;
import static io.github.nettytap.transport.link.LinkEvent.Kind.UP;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.device.Host;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.PollFd;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

@KernelTest
class LinkMonitorKernelTest {

    private Host host;

    @BeforeEach
    void makeHost() throws Exception {
        host = new Host();
    }

    @AfterEach
    void endHost() {
        host.close();
    }

    /** Polls until an event of the kind has come, and returns all up to it. */
    private static List<LinkEvent> until(LinkMonitor monitor, LinkEvent.Kind last) throws Exception {
        List<LinkEvent> events = new ArrayList<>();
        while (events.stream().noneMatch(event -> event.kind() == last)) {
            assertThat(new PollFd(monitor.fd()).poll(LibC.get(), 10_000))
                    .as("readable before %s, after %s", last, events)
                    .isEqualTo(1);
            monitor.poll(events::add);
        }
        return events;
    }

    private static List<LinkEvent.Kind> kinds(List<LinkEvent> events) {
        return events.stream().map(LinkEvent::kind).collect(Collectors.toList());
    }

    @Test
    void lifeOfALinkIsTold() throws Exception {
        try (LinkMonitor monitor = LinkMonitor.open(host.namespace())) {
            // Closed at its end.
            TapDevice tap = host.tap("life").open();
            int ifindex = tap.ifindex();
            assertThat(until(monitor, ADDED).get(0).name()).isEqualTo("life");
            tap.up();
            until(monitor, UP);
            tap.setMtu(1400);
            LinkEvent mtu = until(monitor, MTU_CHANGED).get(0);
            assertThat(mtu.before().mtu()).isEqualTo(1500);
            assertThat(mtu.link().mtu()).isEqualTo(1400);
            tap.setMac(MacAddress.parse("02:00:00:00:00:31"));
            until(monitor, MAC_CHANGED);
            tap.setCarrier(false);
            until(monitor, CARRIER_OFF);
            tap.setCarrier(true);
            until(monitor, CARRIER_ON);
            tap.down();
            until(monitor, DOWN);
            tap.rename("death");
            assertThat(tap.name()).isEqualTo("death");
            LinkEvent renamed = until(monitor, RENAMED).get(0);
            assertThat(renamed.name()).isEqualTo("death");
            assertThat(renamed.before().name()).isEqualTo("life");
            tap.close();
            List<LinkEvent> end = until(monitor, DELETED);
            LinkEvent deleted = end.get(end.size() - 1);
            assertThat(deleted.ifindex()).isEqualTo(ifindex);
            assertThat(deleted.name()).isEqualTo("death");
        }
    }

    @Test
    void moveIsToldFromDeletion() throws Exception {
        try (Host other = new Host();
                TapDevice tap = host.tap("mover").open();
                LinkMonitor here = LinkMonitor.open(tap);
                LinkMonitor there = LinkMonitor.open(other.namespace())) {
            tap.moveTo(other.namespace());
            assertThat(kinds(until(here, MOVED))).contains(MOVED).doesNotContain(DELETED);
            assertThat(until(there, ADDED).get(0).name()).isEqualTo("mover");
        }
    }

    @Test
    void monitorOfADeviceIsSilentAboutOthers() throws Exception {
        try (TapDevice tap = host.tap("mine").open();
                LinkMonitor monitor = LinkMonitor.open(tap);
                TapDevice other = host.tap("other").open()) {
            other.up();
            tap.up();
            assertThat(until(monitor, UP)).allMatch(event -> event.name().equals("mine"));
        }
    }

    @Test
    void leavingABridgeIsNoDeletion() throws Exception {
        int bridge = host.rtnetlink().links().createBridge("br0").index();
        try (TapDevice tap = host.tap("port").open();
                LinkMonitor monitor = LinkMonitor.open(tap)) {
            host.rtnetlink().links().enslave(tap.ifindex(), bridge);
            host.rtnetlink().links().release(tap.ifindex());
            tap.up();
            assertThat(kinds(until(monitor, UP))).doesNotContain(DELETED, ADDED);
        }
    }

    @Test
    void lostNotificationsAreMadeUpFor() throws Exception {
        try (LinkMonitor monitor = LinkMonitor.open(host.namespace())) {
            for (int i = 0; i < 400; i++) {
                host.rtnetlink().links().createVeth("a" + i, "b" + i);
            }
            List<LinkEvent> events = new ArrayList<>();
            while (new PollFd(monitor.fd()).poll(LibC.get(), 0) == 1) {
                monitor.poll(events::add);
            }
            assertThat(events.stream().filter(event -> event.kind() == ADDED)).hasSize(800);
        }
    }

    @Test
    void watchDeliversThroughItsExecutorAndEnds() throws Exception {
        LinkedBlockingQueue<String> seen = new LinkedBlockingQueue<>();
        ExecutorService executor = Executors.newSingleThreadExecutor(task -> new Thread(task, "listener"));
        try (LinkWatch watch = LinkWatch.start(
                LinkMonitor.open(host.namespace()),
                executor,
                event -> seen.add(Thread.currentThread().getName() + " " + event.kind() + " " + event.name()))) {
            host.tap("watched").open().close();
            assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo("listener ADDED watched");
            assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo("listener DELETED watched");
            assertThat(watch).isNotNull();
        } finally {
            executor.shutdown();
            assertThat(executor.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void watchSurvivesTheEndOfItsExecutor() throws Exception {
        ExecutorService executor = Executors.newSingleThreadExecutor();
        executor.shutdown();
        try (LinkWatch watch = LinkWatch.start(LinkMonitor.open(host.namespace()), executor, event -> {})) {
            host.tap("unheard").open().close();
            assertThat(watch).isNotNull();
        }
    }
}
