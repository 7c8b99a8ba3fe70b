/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.FaultyLibC;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.Sockets;
import io.github.nettytap.transport.linux.Structs;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.RtnetlinkOn;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every system call of each operation on a device fails in turn. */
@KernelTest
class OperationFailureTest {

    /** Asked for as improvements: the answer does not matter. */
    private static final String OPTIONAL = "setsockopt";

    /** The answer to a change that was made. */
    private static final String ANSWER = "recv";

    private static final FaultyLibC.Fault NO_FAULT = (call, arguments) -> 0;

    private enum Operation {
        UP(TapDevice::up),
        SET_MTU(tap -> tap.setMtu(9000)),
        SET_MAC(tap -> tap.setMac(MacAddress.parse("02:00:00:00:00:99"))),
        SET_CARRIER(tap -> tap.setCarrier(false)),
        SET_TRANSMIT_QUEUE_LENGTH(tap -> tap.setTransmitQueueLength(7)),
        SET_OFFLOADS(tap -> tap.setOffloads(EnumSet.of(TapOffload.CSUM, TapOffload.TSO4))),
        ADD_ADDRESS(tap -> tap.addAddress(Cidr.parse("10.0.0.1/24"))),
        RENAME(tap -> tap.rename("renamed")),
        ADD_QUEUE(TapDevice::addQueue),
        ADD_FILTERED_QUEUE(tap -> {
            tap.filters().attach(ClassicBpf.parse("1\n6 0 0 1"));
            tap.addQueue();
        }),
        DETACH_QUEUE(tap -> tap.queues().get(1).detach()),
        ACTIVE_OFFLOADS(TapDevice::activeOffloads),
        LINK(TapDevice::link),
        MAC_FILTER(tap -> tap.filters().setMacFilter(MacReceiveFilter.of(MacAddress.BROADCAST))),
        CLASSIC_FILTER(tap -> tap.filters().attach(ClassicBpf.parse("1\n6 0 0 1")));

        private final Change change;

        Operation(Change change) {
            this.change = change;
        }
    }

    private interface Change {
        void on(TapDevice tap) throws Exception;
    }

    private Host host;

    @BeforeEach
    void makeHost() throws Exception {
        host = new Host();
    }

    @AfterEach
    void endHost() {
        host.close();
    }

    private static long descriptors() throws Exception {
        return targets().stream()
                .filter(target -> target.endsWith("tun") || target.startsWith("socket:") || target.startsWith("net:"))
                .count();
    }

    /** What the open descriptors refer to. */
    private static List<String> targets() throws Exception {
        List<String> targets = new ArrayList<>();
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            for (Path entry : entries.collect(Collectors.toList())) {
                try {
                    targets.add(Files.readSymbolicLink(entry).toString());
                } catch (IOException e) {
                    continue; // The descriptor of the listing itself, closed by now.
                }
            }
        }
        return targets;
    }

    /** Opens a device on the real library, behind a switch to a failing one. */
    private TapDevice open(AtomicReference<FaultyLibC.Fault> fault) throws Exception {
        LibC libc = FaultyLibC.with((call, arguments) -> fault.get().of(call, arguments));
        return new TapDeviceBuilder(new Kernel(libc, () -> RtnetlinkOn.open(libc)), "fail0")
                .namespace(host.namespace())
                .queues(2)
                .vnetHeader(true)
                .open();
    }

    private String state() throws Exception {
        Link link = host.link("fail0");
        return link + " txqlen " + link.transmitQueueLength() + " queues "
                + link.tun().orElseThrow().queues()
                + host.rtnetlink().addresses().list(link.index())
                + host.run("ethtool -k fail0");
    }

    @ParameterizedTest
    @EnumSource(Operation.class)
    void anyFailingCallLeavesNothingOpenAndNothingChanged(Operation operation) throws Exception {
        AtomicReference<FaultyLibC.Fault> fault = new AtomicReference<>(NO_FAULT);
        for (Errno errno : new Errno[] {Errno.EPERM, Errno.EINVAL, Errno.ENOMEM}) {
            int next = 0;
            while (next >= 0) {
                // A device may serve until a change was made in spite of the failure.
                try (TapDevice tap = open(fault)) {
                    next = failFrom(next, operation, errno, tap, fault);
                }
            }
        }
    }

    /**
     * Lets one call after the other fail; returns the number of that to go on with on a new device, or -1 at the end.
     */
    private int failFrom(
            int first, Operation operation, Errno errno, TapDevice tap, AtomicReference<FaultyLibC.Fault> fault)
            throws Exception {
        String state = state();
        List<String> calls = new ArrayList<>();
        for (int i = first; ; i++) {
            int failing = i;
            long before = descriptors();
            calls.clear();
            fault.set((call, arguments) -> {
                calls.add(call);
                return calls.size() - 1 == failing ? -errno.number() : 0;
            });
            Throwable failure = failureOf(operation, tap);
            fault.set(NO_FAULT);
            if (failing >= calls.size()) {
                return -1;
            }
            String failed = calls.get(failing);
            if (failure == null) {
                assertThat(failed).as("call %d of %s may fail", i, calls).isEqualTo(OPTIONAL);
                return i + 1;
            }
            assertThat(descriptors()).as("after call %d of %s", i, calls).isEqualTo(before);
            assertThat(failure)
                    .as("call %d of %s", i, calls)
                    .isInstanceOf(TapException.class)
                    // A namespace that is not told is made up for by a look round, here in vain.
                    .message()
                    .containsAnyOf(errno.name(), Errno.ENODEV.name());
            if (failed.equals(ANSWER)) {
                return i + 1;
            }
            assertThat(state()).as("after call %d of %s", i, calls).isEqualTo(state);
        }
    }

    private static Throwable failureOf(Operation operation, TapDevice tap) {
        try {
            operation.change.on(tap);
            return null;
        } catch (Exception e) {
            return e;
        }
    }

    @Test
    void failedReceptionClosesWhatHasArrived() throws Exception {
        try (TapDevice tap = open(new AtomicReference<>(NO_FAULT))) {
            int refusals = 0;
            for (int i = 0; ; i++) {
                List<String> calls = new ArrayList<>();
                int failing = i;
                LibC libc = FaultyLibC.with((call, arguments) -> {
                    calls.add(call);
                    return calls.size() - 1 == failing ? -Errno.EIO.number() : 0;
                });
                int[] pair = new int[2];
                LibC.get().socketpair(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0, pair);
                try (TapFdPassing sender = TapFdPassing.of(pair[0]);
                        TapFdPassing receiver = TapFdPassing.of(libc, pair[1])) {
                    sender.send(tap);
                    receiver.receive(Duration.ofSeconds(10)).close();
                } catch (TapException e) {
                    refusals++;
                    assertThat(e).hasMessageContaining("EIO");
                }
                assertThat(openTaps()).as("after call %d of %s", i, calls).isEqualTo(2);
                if (failing >= calls.size()) {
                    assertThat(refusals).isGreaterThan(5);
                    return;
                }
            }
        }
    }

    private static long openTaps() throws Exception {
        return targets().stream().filter(target -> target.endsWith("tun")).count();
    }

    @Test
    void fiveHundredDeletionsUnderAReader() throws Exception {
        LibC libc = LibC.get();
        int links = host.rtnetlink().links().list().size();
        long before = descriptors();
        ByteBuffer frame = Structs.allocate(100);
        for (int i = 0; i < 500; i++) {
            try (TapDevice tap = host.tap("doomed").open()) {
                int fd = tap.queues().get(0).fd();
                assertThat(libc.read(fd, frame)).isEqualTo(-Errno.EAGAIN.number());
                host.rtnetlink().links().delete(tap.ifindex());
                assertThat(libc.read(fd, frame)).isEqualTo(-Errno.EBADFD.number());
                assertThatThrownBy(tap::ifindex).hasMessageContaining("device-gone");
            }
        }
        assertThat(descriptors()).isEqualTo(before);
        assertThat(host.rtnetlink().links().list()).hasSize(links);
    }
}
