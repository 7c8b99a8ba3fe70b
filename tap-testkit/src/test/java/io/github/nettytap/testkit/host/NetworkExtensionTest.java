/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.testkit.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapDeviceBuilder;
import io.github.nettytap.transport.device.TapOffload;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The network of a test, as a user of the library writes it. */
@KernelTest
class NetworkExtensionTest {

    private static final int CHUNKS = 16;

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    @Test
    void hostsOnACableReachEachOther() throws Exception {
        Host left = network.host("left", "10.0.0.1/24", "fd00::1/64");
        Host right = network.host("right", "10.0.0.2/24", "fd00::2/64");
        network.link(left, right);
        assertThat(left.ping(3, "10.0.0.2")).contains(" 0% packet loss");
        assertThat(right.address()).isEqualTo(InetAddress.getByName("10.0.0.2"));
        HashedTransfer.assertSameBytes(left::call, right::call, right.address(), CHUNKS);
        HashedTransfer.assertSameBytes(right::call, left::call, InetAddress.getByName("fd00::1"), CHUNKS);
        Traffic.RoundTrips asked = Traffic.udp(left, right, 1, Duration.ofSeconds(30));
        assertThat(asked.answered()).isPositive().isEqualTo(asked.sent());
    }

    @Test
    void gsoFramesPassACable() throws Exception {
        Host left = network.closing(Host.create("left", NetworkExtensionTest::offloading, "10.0.0.1/24"));
        Host right = network.closing(Host.create("right", NetworkExtensionTest::offloading, "10.0.0.2/24"));
        HostLink link = network.link(left, right, faults -> faults.drop(0.01).duplicate(0.01));
        HashedTransfer.assertSameBytes(left::call, right::call, right.address(), CHUNKS);
        assertThat(link.faults().inboundCounters().frames()).isPositive();
        assertThatThrownBy(() -> HostLink.join(left, network.host("plain", "10.0.0.3/24")))
                .hasMessage("TAPs with different virtio-net headers: left=12, right=0 (expected: the same)");
    }

    private static TapDeviceBuilder offloading(TapDeviceBuilder tap) {
        return tap.vnetHeader(true).offloads(TapOffload.ALL);
    }

    @Test
    void faultsOfACableAreThoseThatWereAskedFor() throws Exception {
        Host left = network.host("left", "10.0.0.1/24");
        Host right = network.host("right", "10.0.0.2/24");
        HostLink link = network.link(left, right, faults -> faults.delay(Duration.ofMillis(50)));
        Traffic.RoundTrips trips = Traffic.ping(left, right, 3, Duration.ofSeconds(30));
        assertThat(trips.answered()).isEqualTo(3);
        // Both directions, and the machine may add to it but not take away.
        assertThat(trips.percentile(0))
                .isGreaterThanOrEqualTo(Duration.ofMillis(100).toNanos());
        assertThat(link.faults().outboundCounters().frames()).isPositive();
        Host far = network.host("far", "10.0.1.1/24");
        Host away = network.host("away", "10.0.1.2/24");
        HostLink cut = network.link(far, away, faults -> faults.drop(1));
        assertThat(far.executeFailing("ping", "-n", "-c", "2", "-i", "0.1", "-W", "1", "10.0.1.2"))
                .contains("100% packet loss");
        assertThat(cut.faults().inboundCounters().dropped()).isPositive();
    }

    @Test
    void hostTakesALinkOfAnotherNamespaceAndRoutes() throws Exception {
        Host middle = network.host();
        Host left = network.host();
        TapDevice tap = middle.open(middle.tap("tap0"));
        left.take(middle.namespace(), "tap0", "10.0.0.1/24", "fd00::1/64");
        assertThat(left.hasLink("tap0")).isTrue();
        assertThat(middle.hasLink("tap0")).isFalse();
        left.addRoute("0.0.0.0/0", "10.0.0.254");
        left.addRoute("2001:db8::/32", "fd00::2");
        assertThat(left.execute("ip", "route")).contains("default via 10.0.0.254 dev tap0");
        assertThat(left.execute("ip", "-6", "route")).contains("2001:db8::/32 via fd00::2 dev tap0");
        assertThatThrownBy(() -> left.addRoute("0.0.0.0/0", "192.0.2.1"))
                .hasMessage("no link of this host leads to the gateway: gateway=192.0.2.1"
                        + " (expected: an address in the network of a link)");
        assertThat(tap.isOpen()).isTrue();
    }

    @Test
    void commandThatFailsSaysWhatItPrinted() throws Exception {
        Host host = network.host();
        assertThatThrownBy(() -> host.execute("sh", "-c", "echo so it is; exit 3"))
                .isInstanceOf(IOException.class)
                .hasMessage("command failed: command=sh -c echo so it is; exit 3, exitCode=3, output=so it is\n");
        assertThatThrownBy(() -> host.executeFailing("true"))
                .hasMessage("command succeeded: command=true, exitCode=0, output=");
    }

    @Test
    void programsTellWhatTheyPrintAndHowTheyEnd() throws Exception {
        Host host = network.host();
        try (HostProcess process = HostProcess.start(
                host.namespace(), List.of("sh", "-c", "trap 'exit 7' HUP; echo on >&2; while :; do sleep 0.1; done"))) {
            process.awaitLine("on").awaitText("o");
            assertThat(process.signal("HUP").await()).isEqualTo(7);
            assertThatThrownBy(() -> process.awaitLine("off"))
                    .hasMessage("the program did not print it: line=off, alive=false, output=, errors=on\n");
        }
    }

    @Test
    void everythingIsClosedInReverseOrderAlsoIfSomethingFails() throws Exception {
        NetworkExtension extension = new NetworkExtension();
        List<String> closed = new ArrayList<>();
        extension.closing(() -> closed.add("first"));
        extension.closing(() -> {
            throw new IOException("second");
        });
        extension.closing(() -> closed.add("third"));
        assertThatThrownBy(() -> extension.afterEach(null)).hasMessage("second");
        assertThat(closed).containsExactly("third", "first");
    }
}
