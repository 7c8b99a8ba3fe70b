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
import io.github.nettytap.transport.linux.Fcntl;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.Rtnetlink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.Optional;
import java.util.Set;

@KernelTest
class TapDeviceKernelTest {

    private NetworkNamespace namespace;
    private Rtnetlink rtnetlink;

    @BeforeEach
    void makeNamespace() throws Exception {
        namespace = NetworkNamespace.create();
        rtnetlink = namespace.call(Rtnetlink::open);
    }

    @AfterEach
    void endNamespace() {
        rtnetlink.close();
        namespace.close();
    }

    private TapDeviceBuilder builder(String name) {
        return TapDevice.builder(name).namespace(namespace);
    }

    private Optional<Link> link(String name) throws Exception {
        return rtnetlink.links().named(name);
    }

    @Test
    void namedDeviceIsATapInTheNamespace() throws Exception {
        try (TapDevice tap = builder("alpha").open()) {
            assertThat(tap.name()).isEqualTo("alpha");
            Link link = link("alpha").orElseThrow();
            assertThat(link.tun().orElseThrow().isTap()).isTrue();
            assertThat(link.tun().orElseThrow().hasVnetHeader()).isFalse();
            assertThat(tap.ifindex()).isEqualTo(link.index());
        }
    }

    @Test
    void templateGetsTheFirstFreeNumber() throws Exception {
        try (TapDevice first = builder("port%d").open();
                TapDevice second = builder("port%d").open()) {
            assertThat(first.name()).isEqualTo("port0");
            assertThat(second.name()).isEqualTo("port1");
        }
    }

    @Test
    void absentNameIsTheKernelsChoice() throws Exception {
        try (TapDevice tap = TapDevice.builder().namespace(namespace).open()) {
            assertThat(tap.name()).isEqualTo("tap0");
        }
    }

    @Test
    void closeRemovesTheInterfaceAndMayBeRepeated() throws Exception {
        TapDevice tap = builder("gone").open();
        TapQueue queue = tap.queues().get(0);
        tap.close();
        tap.close();
        assertThat(tap.isOpen()).isFalse();
        assertThat(queue.fd()).isEqualTo(-1);
        assertThat(tap.queues()).isEmpty();
        assertThat(link("gone")).isEmpty();
    }

    @Test
    void closingTheLastQueueClosesTheDevice() throws Exception {
        TapDevice tap = builder("mq").queues(2).open();
        tap.queues().get(0).close();
        assertThat(tap.isOpen()).isTrue();
        assertThat(tap.name()).isEqualTo("mq");
        tap.queues().get(0).close();
        assertThat(tap.isOpen()).isFalse();
        assertThat(link("mq")).isEmpty();
    }

    @Test
    void descriptorIsNonBlockingAndCloseOnExec() throws Exception {
        try (TapDevice tap = builder("flags").open()) {
            int fd = tap.queues().get(0).fd();
            assertThat(LibC.get().fcntl(fd, Fcntl.F_GETFL, 0) & Fcntl.O_NONBLOCK)
                    .isNotZero();
            assertThat(LibC.get().fcntl(fd, Fcntl.F_GETFD, 0) & Fcntl.FD_CLOEXEC)
                    .isNotZero();
        }
    }

    @Test
    void macMtuAndStateAreApplied() throws Exception {
        MacAddress mac = MacAddress.parse("02:00:00:00:be:ef");
        try (TapDevice tap = builder("set").mac(mac).mtu(9000).up(true).open()) {
            Link link = link("set").orElseThrow();
            assertThat(link.mac()).contains(mac);
            assertThat(link.mtu()).isEqualTo(9000);
            assertThat(link.isUp()).isTrue();
            assertThat(tap.mac()).isEqualTo(mac);
            assertThat(tap.mtu()).isEqualTo(9000);
        }
    }

    @Test
    void settingsCanBeChangedWhileOpen() throws Exception {
        MacAddress mac = MacAddress.parse("02:00:00:00:00:07");
        try (TapDevice tap = builder("live").open()) {
            tap.up();
            tap.setMtu(1400);
            tap.setMac(mac);
            Link link = link("live").orElseThrow();
            assertThat(link.isUp()).isTrue();
            assertThat(link.mtu()).isEqualTo(1400);
            assertThat(link.mac()).contains(mac);
            tap.down();
            assertThat(link("live").orElseThrow().isUp()).isFalse();
        }
    }

    @Test
    void deviceIsReachedInTheNamespaceItWasMovedTo() throws Exception {
        try (NetworkNamespace other = NetworkNamespace.create();
                TapDevice tap = builder("mover").open()) {
            tap.moveTo(other);
            assertThat(link("mover")).isEmpty();
            tap.setMtu(4000);
            tap.up();
            try (Rtnetlink there = other.call(Rtnetlink::open)) {
                Link link = there.links().named("mover").orElseThrow();
                assertThat(link.mtu()).isEqualTo(4000);
                assertThat(link.isUp()).isTrue();
            }
        }
    }

    @Test
    void bestOffloadsComeWithAHeaderOfTwelveBytes() throws Exception {
        try (TapDevice tap = builder("off").offloads(TapOffload.ALL).open()) {
            assertThat(tap.vnetHeaderSize()).isEqualTo(12);
            assertThat(tap.offloads()).contains(TapOffload.CSUM, TapOffload.TSO4, TapOffload.TSO6);
            assertThat(tap.queues().get(0).file().vnetHeaderSize()).isEqualTo(12);
            assertThat(link("off").orElseThrow().tun().orElseThrow().hasVnetHeader())
                    .isTrue();
        }
    }

    @Test
    void headerMayGoWithoutOffloads() throws Exception {
        try (TapDevice tap = builder("hdr").vnetHeader(true).open()) {
            assertThat(tap.vnetHeaderSize()).isEqualTo(12);
            assertThat(tap.offloads()).isEmpty();
        }
    }

    @Test
    void everyQueueHasADescriptorOfItsOwn() throws Exception {
        try (TapDevice tap = builder("many").queues(4).open()) {
            assertThat(tap.queues()).hasSize(4);
            assertThat(Set.of(
                            tap.queues().get(0).fd(),
                            tap.queues().get(1).fd(),
                            tap.queues().get(2).fd(),
                            tap.queues().get(3).fd()))
                    .hasSize(4);
            assertThat(link("many").orElseThrow().tun().orElseThrow().queues()).isEqualTo(4);
        }
    }

    @Test
    void addressesAreSetListedAndRemoved() throws Exception {
        Cidr v4 = Cidr.parse("10.9.8.7/24");
        Cidr v6 = Cidr.parse("fd00::7/64");
        try (TapDevice tap = builder("addr").address(v4).address(v6).up(true).open()) {
            assertThat(rtnetlink.addresses().list(tap.ifindex())).contains(v4, v6);
            rtnetlink.addresses().remove(tap.ifindex(), v4);
            assertThat(rtnetlink.addresses().list(tap.ifindex())).contains(v6).doesNotContain(v4);
        }
    }

    @Test
    void deletedDeviceIsGone() throws Exception {
        try (TapDevice tap = builder("doomed").open()) {
            rtnetlink.links().delete(tap.ifindex());
            assertThatThrownBy(tap::mac)
                    .isInstanceOf(TapException.class)
                    .hasMessage("SIOCGIFHWADDR: device=doomed, errno=EBADFD: the interface is gone: it was deleted, or"
                            + " its network namespace ended. Close the device and open it again. See"
                            + " https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#device-gone");
            assertThat(tap.name()).isEqualTo("doomed");
        }
    }
}
