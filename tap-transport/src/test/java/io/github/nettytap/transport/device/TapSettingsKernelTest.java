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
import io.github.nettytap.transport.linux.FaultyLibC;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.RtnetlinkOn;
import io.github.nettytap.transport.netlink.TunLink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The settings of the TAP driver, against what rtnetlink, ip and ethtool report. */
@KernelTest
class TapSettingsKernelTest {

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
    void whatIsSoAlreadyIsNotChanged() throws Exception {
        TapDeviceBuilder prepared = host.tap("same")
                .persistent(true)
                .mtu(1400)
                .transmitQueueLength(77)
                .mac(MacAddress.parse("02:00:00:00:00:77"))
                .address(Cidr.parse("10.7.7.1/24"))
                .up(true);
        prepared.open().close();
        List<Integer> changes = new ArrayList<>();
        LibC libc = FaultyLibC.with((call, arguments) -> {
            if (call.equals("send") && ((ByteBuffer) arguments[1]).getShort(4) % 4 != 2) {
                changes.add((int) ((ByteBuffer) arguments[1]).getShort(4));
            }
            return 0;
        });
        try (TapDevice tap = new TapDeviceBuilder(new Kernel(libc, () -> RtnetlinkOn.open(libc)), "same")
                .namespace(host.namespace())
                .mtu(1400)
                .transmitQueueLength(77)
                .mac(MacAddress.parse("02:00:00:00:00:77"))
                .address(Cidr.parse("10.7.7.1/24"))
                .up(true)
                .open()) {
            tap.up();
            tap.setMtu(1400);
            tap.setTransmitQueueLength(77);
            assertThat(changes).as("RTM_ messages other than RTM_GET").isEmpty();
            tap.setMtu(1300);
            assertThat(changes).hasSize(1);
            assertThat(tap.mtu()).isEqualTo(1300);
        }
    }

    @Test
    void exclusiveRefusesAnExistingInterface() throws Exception {
        host.tap("ex").persistent(true).open().close();
        assertThatThrownBy(() -> host.tap("ex").exclusive(true).open())
                .hasMessage("TUNSETIFF: device=ex, errno=EBUSY: the interface exists already, and a new one was asked"
                        + " for. Choose another name, or leave exclusive() out to attach to it. See"
                        + " https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#tunsetiff-ebusy");
        assertThat(host.hasLink("ex")).isTrue();
    }

    @Test
    void exclusiveCreatesSeveralQueues() throws Exception {
        try (TapDevice tap = host.tap("exq").exclusive(true).queues(2).open()) {
            assertThat(tap.queues()).hasSize(2);
        }
    }

    @Test
    void existingRefusesAMissingInterface() {
        assertThatThrownBy(() -> host.tap("none").existing(true).open())
                .isInstanceOf(TapException.class)
                .hasMessageStartingWith("find link: device=none, errno=ENODEV: there is no interface of that name")
                .hasMessageEndingWith(
                        "See https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#attach-enodev");
    }

    @Test
    void persistentInterfaceIsAttachedToAndLetGo() throws Exception {
        host.tap("keep").persistent(true).open().close();
        assertThat(host.link("keep").tun().orElseThrow().isPersistent()).isTrue();
        int ifindex = host.link("keep").index();
        try (TapDevice again = host.tap("keep").existing(true).open()) {
            assertThat(again.ifindex()).isEqualTo(ifindex);
            again.setPersistent(false);
        }
        assertThat(host.hasLink("keep")).isFalse();
    }

    @Test
    void offloadsOfTheLastUserAreClearedByAnAttachment() throws Exception {
        host.tap("stale").offloads(TapOffload.ALL).persistent(true).open().close();
        assertThat(host.run("ethtool -k stale")).contains("tx-tcp-segmentation: on");
        try (TapDevice plain = host.tap("stale").open()) {
            assertThat(host.run("ethtool -k stale")).contains("tx-tcp-segmentation: off");
            assertThat(plain.activeOffloads()).isEmpty();
        }
    }

    @Test
    void ownerAndGroupAreSet() throws Exception {
        int other = Host.hasOtherUsers() ? 4711 : 0;
        try (TapDevice tap = host.tap("own").owner(0).group(0).open()) {
            TunLink tun = host.link("own").tun().orElseThrow();
            assertThat(tun.owner()).hasValue(0);
            assertThat(tun.group()).hasValue(0);
            tap.setOwner(other);
            tap.setGroup(other);
            assertThat(host.link("own").tun().orElseThrow().owner()).hasValue(other);
            assertThat(host.link("own").tun().orElseThrow().group()).hasValue(other);
        }
    }

    @Test
    void carrierStartsOffAndIsPluggedInAndOut() throws Exception {
        try (TapDevice tap = host.tap("plug").carrier(false).up(true).open()) {
            assertThat(host.link("plug").hasCarrier()).isFalse();
            tap.setCarrier(true);
            assertThat(host.link("plug").hasCarrier()).isTrue();
            tap.setCarrier(false);
            assertThat(host.run("ip link show plug")).contains("NO-CARRIER");
        }
    }

    @Test
    void ifindexIsChosen() throws Exception {
        try (TapDevice tap = host.tap("num").ifindex(4242).open()) {
            assertThat(tap.ifindex()).isEqualTo(4242);
            assertThat(host.link("num").index()).isEqualTo(4242);
        }
    }

    @Test
    void ifindexInUseIsRefused() throws Exception {
        try (TapDevice first = host.tap("one").ifindex(77).open()) {
            assertThatThrownBy(() -> host.tap("two").ifindex(77).open())
                    .hasMessage(
                            "TUNSETIFF: device=two, errno=EBUSY: another interface has the ifindex 77. Choose another"
                                    + " number, or leave ifindex() out; `ip link` shows those in use. See"
                                    + " https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#tunsetiff-ebusy");
            assertThat(first.isOpen()).isTrue();
        }
    }

    @Test
    void napiIsSet() throws Exception {
        try (TapDevice tap = host.tap("napi").napi(true).open()) {
            assertThat(tap.queues().get(0).file().identity().flags() & 0x10).isNotZero();
        }
    }

    @Test
    void transmitQueueLengthIsSet() throws Exception {
        try (TapDevice tap = host.tap("txq").transmitQueueLength(333).open()) {
            assertThat(host.link("txq").transmitQueueLength()).isEqualTo(333);
            tap.setTransmitQueueLength(64);
            assertThat(host.run("ip link show txq")).contains("qlen 64");
        }
    }

    @Test
    void activeOffloadsAreWhatEthtoolShows() throws Exception {
        try (TapDevice tap = host.tap("act").offloads(TapOffload.ALL).open()) {
            assertThat(tap.activeOffloads()).isEqualTo(tap.offloads());
            host.run("ethtool -K act tso off");
            assertThat(tap.activeOffloads()).doesNotContain(TapOffload.TSO4, TapOffload.TSO6);
            assertThat(tap.offloads()).contains(TapOffload.TSO4);
        }
    }

    @Test
    void offloadsChangeWhileOpen() throws Exception {
        try (TapDevice tap = host.tap("chg").vnetHeader(true).open()) {
            assertThat(tap.setOffloads(TapOffload.ofMask(0x07)))
                    .containsExactlyInAnyOrder(TapOffload.CSUM, TapOffload.TSO4, TapOffload.TSO6);
            assertThat(host.run("ethtool -k chg")).contains("tx-tcp-segmentation: on", "tx-udp-segmentation: off");
            tap.setOffloads(TapOffload.NONE);
            assertThat(tap.offloads()).isEmpty();
            assertThat(host.run("ethtool -k chg")).contains("tx-tcp-segmentation: off");
        }
    }

    @Test
    void everyHeaderSizeIsSet() throws Exception {
        for (int size : new int[] {10, 12, 20, 24}) {
            try (TapDevice tap = host.tap("hdr").vnetHeader(size).open()) {
                assertThat(tap.vnetHeaderSize()).isEqualTo(size);
                assertThat(tap.queues().get(0).file().vnetHeaderSize()).isEqualTo(size);
            }
        }
    }

    @Test
    void failedOpeningRestoresAnInterfaceThatWasThereBefore() throws Exception {
        MacAddress mac = MacAddress.parse("02:00:00:00:00:aa");
        host.tap("was")
                .persistent(true)
                .mac(mac)
                .mtu(1300)
                .transmitQueueLength(50)
                .open()
                .close();
        // The same address twice is what fails after everything else but the state.
        assertThatThrownBy(() -> host.tap("was")
                        .offloads(TapOffload.ALL)
                        .mac(MacAddress.parse("02:00:00:00:00:bb"))
                        .mtu(9000)
                        .transmitQueueLength(100)
                        .address(Cidr.parse("10.1.1.1/24"))
                        .address(Cidr.parse("10.1.1.1/24"))
                        .up(true)
                        .open())
                .isInstanceOf(TapException.class)
                .hasMessageContaining("EEXIST");
        Link after = host.link("was");
        assertThat(after.mac()).contains(mac);
        assertThat(after.mtu()).isEqualTo(1300);
        assertThat(after.transmitQueueLength()).isEqualTo(50);
        assertThat(after.isUp()).isFalse();
        assertThat(host.rtnetlink().addresses().list(after.index())).isEmpty();
        assertThat(host.run("ethtool -k was")).contains("tx-tcp-segmentation: off");
    }
}
