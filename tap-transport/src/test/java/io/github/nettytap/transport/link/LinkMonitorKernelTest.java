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
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapException;
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

    /** A monitor with one subscription, whose events are noted. */
    private static final class Watching implements AutoCloseable {

        final LinkMonitor monitor;
        final List<LinkEvent> events = new ArrayList<>();

        private Watching(LinkMonitor monitor) {
            this.monitor = monitor;
        }

        static Watching all(NetworkNamespace namespace) throws Exception {
            Watching watching = new Watching(LinkMonitor.open(namespace));
            watching.monitor.subscribeToAll(watching.events::add);
            return watching;
        }

        static Watching of(TapDevice device) throws Exception {
            try (NetworkNamespace namespace = device.namespace()) {
                Watching watching = new Watching(LinkMonitor.open(namespace));
                watching.monitor.subscribe(device.link(), watching.events::add);
                return watching;
            }
        }

        @Override
        public void close() {
            monitor.close();
        }
    }

    /** Polls until an event of the kind has come, and returns all up to it. */
    private static List<LinkEvent> until(Watching watching, LinkEvent.Kind last) throws Exception {
        List<LinkEvent> events = watching.events;
        events.clear();
        while (events.stream().noneMatch(event -> event.kind() == last)) {
            assertThat(new PollFd(watching.monitor.fd()).poll(LibC.get(), 60_000))
                    .as("readable before %s, after %s", last, events)
                    .isEqualTo(1);
            assertThat(watching.monitor.poll()).isTrue();
        }
        return List.copyOf(events);
    }

    private static List<LinkEvent.Kind> kinds(List<LinkEvent> events) {
        return events.stream().map(LinkEvent::kind).collect(Collectors.toList());
    }

    @Test
    void lifeOfALinkIsTold() throws Exception {
        try (Watching monitor = Watching.all(host.namespace())) {
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
                Watching here = Watching.of(tap);
                Watching there = Watching.all(other.namespace())) {
            tap.moveTo(other.namespace());
            assertThat(kinds(until(here, MOVED))).contains(MOVED).doesNotContain(DELETED);
            assertThat(until(there, ADDED).get(0).name()).isEqualTo("mover");
        }
    }

    @Test
    void monitorOfADeviceIsSilentAboutOthers() throws Exception {
        try (TapDevice tap = host.tap("mine").open();
                Watching monitor = Watching.of(tap);
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
                Watching monitor = Watching.of(tap)) {
            host.rtnetlink().links().enslave(tap.ifindex(), bridge);
            host.rtnetlink().links().release(tap.ifindex());
            tap.up();
            assertThat(kinds(until(monitor, UP))).doesNotContain(DELETED, ADDED);
        }
    }

    @Test
    void lostNotificationsAreMadeUpFor() throws Exception {
        try (Watching watching = Watching.all(host.namespace())) {
            for (int i = 0; i < 400; i++) {
                host.rtnetlink().links().createVeth("a" + i, "b" + i);
            }
            catchUp(watching.monitor);
            assertThat(watching.events.stream().filter(event -> event.kind() == ADDED))
                    .hasSize(800);
        }
    }

    /** Returns how often the kernel had dropped notifications. */
    private static int catchUp(LinkMonitor monitor) throws Exception {
        int overruns = 0;
        do {
            if (!monitor.poll()) {
                overruns++;
                monitor.relist();
                monitor.poll();
            }
        } while (new PollFd(monitor.fd()).poll(LibC.get(), 0) == 1);
        return overruns;
    }

    @Test
    void afterAnOverrunTheLastEventIsTheTruth() throws Exception {
        TapDevice deleted = host.tap("deleted").open(); // Closed in the first round.
        try (TapDevice tap = host.tap("flipped").open();
                Watching watching = Watching.of(tap)) {
            List<LinkEvent> ofDeleted = new ArrayList<>();
            watching.monitor.subscribe(deleted.link(), ofDeleted::add);
            int overruns = 0;
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 1_000; i++) {
                    tap.setMtu(1400 + i % 2);
                }
                tap.setMtu(1500 + round);
                deleted.close();
                overruns += catchUp(watching.monitor);
                LinkEvent last = watching.events.get(watching.events.size() - 1);
                assertThat(last.kind()).isEqualTo(MTU_CHANGED);
                assertThat(last.link().mtu()).isEqualTo(1500 + round);
            }
            assertThat(overruns).isPositive();
            assertThat(kinds(ofDeleted)).endsWith(DELETED).containsOnlyOnce(DELETED);
        }
    }

    @Test
    void subscribersOfOneMonitorAreServedEachByWhatItKnew() throws Exception {
        try (TapDevice one = host.tap("one").open();
                TapDevice two = host.tap("two").open();
                LinkMonitor monitor = LinkMonitor.open(host.namespace())) {
            List<String> events = new ArrayList<>();
            monitor.subscribe(one.link(), event -> events.add("first " + event.kind() + " " + event.name()));
            monitor.subscribe(one.link(), event -> {
                throw new IllegalStateException("a listener that fails");
            });
            LinkMonitor.Subscription cancelled = monitor.subscribe(one.link(), event -> events.add("cancelled"));
            one.setMtu(1400);
            monitor.subscribe(one.link(), event -> events.add("later " + event.kind() + " " + event.name()));
            monitor.subscribe(two.link(), event -> events.add("second " + event.kind() + " " + event.name()));
            cancelled.close();
            two.setMtu(1300);
            one.setMtu(1200);
            assertThat(monitor.poll()).isTrue();
            assertThat(events)
                    .containsExactly(
                            "first MTU_CHANGED one",
                            "second MTU_CHANGED two",
                            "first MTU_CHANGED one",
                            "later MTU_CHANGED one");
        }
    }

    @Test
    void closingInsideAListenerIsTheEnd() throws Exception {
        LinkMonitor monitor = LinkMonitor.open(host.namespace());
        try (TapDevice tap = host.tap("closing").open()) {
            List<LinkEvent> events = new ArrayList<>();
            monitor.subscribe(tap.link(), event -> {
                events.add(event);
                monitor.close();
            });
            tap.up();
            tap.setMtu(1400);
            assertThat(monitor.poll()).isTrue();
            assertThat(events).hasSize(1);
        }
    }

    @Test
    void subscribingAndClosingGoOnWhileAnotherThreadLists() throws Exception {
        LinkMonitor monitor = LinkMonitor.open(host.namespace());
        try (TapDevice tap = host.tap("busy").open()) {
            Thread lister = new Thread(() -> {
                try {
                    while (true) {
                        monitor.relist();
                    }
                } catch (TapException e) {
                    assertThat(e.reason()).isNotEmpty(); // Closed meanwhile.
                }
            });
            lister.start();
            List<LinkEvent> events = new ArrayList<>();
            try {
                for (int i = 0; i < 100; i++) {
                    monitor.subscribe(tap.link(), events::add).close();
                    for (int polls = 0; polls < 200; polls++) {
                        monitor.poll();
                    }
                }
            } finally {
                monitor.close();
                lister.join();
            }
            assertThat(events).isEmpty();
        }
    }

    @Test
    void watchOfADeviceIsSilentAboutOthers() throws Exception {
        LinkedBlockingQueue<String> seen = new LinkedBlockingQueue<>();
        try (TapDevice tap = host.tap("mine").open();
                LinkWatch watch =
                        LinkWatch.start(tap, Runnable::run, event -> seen.add(event.kind() + " " + event.name()));
                TapDevice other = host.tap("other").open()) {
            other.up();
            tap.setMtu(1400);
            assertThat(seen.poll(30, TimeUnit.SECONDS)).isEqualTo("MTU_CHANGED mine");
            assertThat(watch).isNotNull();
        }
    }

    @Test
    void watchDeliversThroughItsExecutorAndEnds() throws Exception {
        LinkedBlockingQueue<String> seen = new LinkedBlockingQueue<>();
        ExecutorService executor = Executors.newSingleThreadExecutor(task -> new Thread(task, "listener"));
        try (LinkWatch watch = LinkWatch.start(
                host.namespace(),
                executor,
                event -> seen.add(Thread.currentThread().getName() + " " + event.kind() + " " + event.name()))) {
            host.tap("watched").open().close();
            assertThat(seen.poll(30, TimeUnit.SECONDS)).isEqualTo("listener ADDED watched");
            assertThat(seen.poll(30, TimeUnit.SECONDS)).isEqualTo("listener DELETED watched");
            assertThat(watch).isNotNull();
        } finally {
            executor.shutdown();
            assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void watchSurvivesTheEndOfItsExecutor() throws Exception {
        ExecutorService executor = Executors.newSingleThreadExecutor();
        executor.shutdown();
        try (LinkWatch watch = LinkWatch.start(host.namespace(), executor, event -> {})) {
            host.tap("unheard").open().close();
            assertThat(watch).isNotNull();
        }
    }
}
