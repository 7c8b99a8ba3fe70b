/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.FaultyLibC;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.netlink.RtnetlinkOn;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every system call of an opening fails in turn. */
@KernelTest
class OpenFailureTest {

    /** Asked for as improvements: the answer does not matter. */
    private static final String OPTIONAL = "setsockopt";

    private NetworkNamespace namespace;

    @BeforeEach
    void makeNamespace() throws Exception {
        namespace = NetworkNamespace.create();
    }

    @AfterEach
    void endNamespace() {
        namespace.close();
    }

    private TapDeviceBuilder builder(LibC libc) {
        return new TapDeviceBuilder(new Kernel(libc, () -> RtnetlinkOn.open(libc)), "fail0")
                .queues(2)
                .offloads(TapOffload.CSUM)
                .mac(MacAddress.parse("02:00:00:00:00:01"))
                .mtu(1400)
                .up(true);
    }

    private static List<String> descriptors() throws Exception {
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            List<String> targets = new ArrayList<>();
            for (Path entry : entries.collect(Collectors.toList())) {
                try {
                    String target = Files.readSymbolicLink(entry).toString();
                    if (target.endsWith("tun") || target.startsWith("socket:") || target.startsWith("net:")) {
                        targets.add(target);
                    }
                } catch (IOException e) {
                    continue; // The descriptor of the listing itself, closed by now.
                }
            }
            return targets;
        }
    }

    private List<String> callsOfAnOpening() throws Exception {
        List<String> calls = new ArrayList<>();
        LibC libc = FaultyLibC.recording(calls);
        namespace.run(() -> builder(libc).open().close());
        return calls;
    }

    @ParameterizedTest
    @EnumSource(
            value = Errno.class,
            names = {"EPERM", "EACCES", "EINVAL", "EBUSY", "ENOMEM", "EBADFD", "EMFILE", "ENODEV", "EIO"})
    void anyFailingCallLeavesNothingOpen(Errno errno) throws Exception {
        List<String> calls = callsOfAnOpening();
        assertThat(calls).hasSizeGreaterThan(20);
        for (int i = 0; i < calls.size(); i++) {
            if (calls.get(i).equals(OPTIONAL)) {
                continue;
            }
            List<String> before = descriptors();
            LibC libc = FaultyLibC.failingCall(i, errno);
            assertThatThrownBy(() -> namespace.run(() -> builder(libc).open().close()))
                    .as("call %d, %s, fails with %s", i, calls.get(i), errno)
                    .isInstanceOf(TapException.class)
                    .hasMessageContaining(errno.name());
            assertThat(descriptors()).as("after call %d, %s", i, calls.get(i)).isEqualTo(before);
        }
    }

    @Test
    void anyFailingCallOnAnExistingInterfaceLeavesItAsItWas() throws Exception {
        try (Host host = new Host()) {
            host.tap("fail0")
                    .queues(2)
                    .persistent(true)
                    .owner(0)
                    .mac(MacAddress.parse("02:00:00:00:00:aa"))
                    .mtu(1300)
                    .open()
                    .close();
            String state = stateOf(host);
            for (int i = 0; ; i++) {
                int failing = i;
                List<String> calls = new ArrayList<>();
                LibC libc = FaultyLibC.with((call, arguments) -> {
                    calls.add(call);
                    return calls.size() - 1 == failing ? -Errno.ENOMEM.number() : 0;
                });
                List<String> before = descriptors();
                try {
                    host.namespace().run(() -> builder(libc)
                            .owner(Host.hasOtherUsers() ? 2 : 0)
                            .open()
                            .close());
                } catch (TapException e) {
                    assertThat(descriptors())
                            .as("after call %d of %s", i, calls)
                            .isEqualTo(before);
                    assertThat(stateOf(host))
                            .as("after call %d of %s", i, calls)
                            .isEqualTo(state);
                    continue;
                }
                if (failing >= calls.size()) {
                    return;
                }
                assertThat(calls.get(failing)).as("call %d of %s", i, calls).isEqualTo(OPTIONAL);
                // Opened in spite of the failure, so put back by hand.
                host.tap("fail0")
                        .queues(2)
                        .owner(0)
                        .mac(MacAddress.parse("02:00:00:00:00:aa"))
                        .mtu(1300)
                        .up(false)
                        .open()
                        .close();
            }
        }
    }

    private static String stateOf(Host host) throws Exception {
        return host.link("fail0") + " owner "
                + host.link("fail0").tun().orElseThrow().owner() + host.run("ethtool -k fail0");
    }

    @Test
    void interruptedCallsAreRepeated() throws Exception {
        List<String> seen = new ArrayList<>();
        LibC libc = FaultyLibC.with((call, arguments) -> {
            boolean first = (call.equals("open") || call.equals("ioctl") || call.equals("send") || call.equals("recv"))
                    && seen.size() % 2 == 0;
            seen.add(call);
            return first ? -Errno.EINTR.number() : 0;
        });
        namespace.run(() -> {
            try (TapDevice tap = builder(libc).open()) {
                assertThat(tap.name()).isEqualTo("fail0");
            }
        });
    }
}
