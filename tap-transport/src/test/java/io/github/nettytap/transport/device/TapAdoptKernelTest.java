/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.linux.Fcntl;
import io.github.nettytap.transport.linux.IfReq;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.Structs;
import io.github.nettytap.transport.linux.TunIoctl;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@KernelTest
class TapAdoptKernelTest {

    private static final LibC LIBC = LibC.get();

    private Host host;

    @BeforeEach
    void makeHost() throws Exception {
        host = new Host();
    }

    @AfterEach
    void endHost() {
        host.close();
    }

    /** What a program in another language would do: blocking, inherited by children, attached with these flags. */
    private int openForeign(String name, int flags) throws Exception {
        return host.namespace().call(() -> {
            int fd = LIBC.open("/dev/net/tun", Fcntl.O_RDWR);
            assertThat(fd).isNotNegative();
            if (flags != 0) {
                assertThat(LIBC.ioctl(
                                fd,
                                TunIoctl.TUNSETIFF,
                                new IfReq(name).flags(flags).memory()))
                        .isZero();
            }
            return fd;
        });
    }

    @Test
    void foreignDescriptorBecomesADevice() throws Exception {
        int fd = openForeign("foreign", TunIoctl.IFF_TAP | TunIoctl.IFF_NO_PI | TunIoctl.IFF_VNET_HDR);
        LIBC.ioctl(fd, TunIoctl.TUNSETOFFLOAD, 0x07);
        try (TapDevice tap = TapDevice.adopt(fd)) {
            assertThat(tap.name()).isEqualTo("foreign");
            assertThat(tap.vnetHeaderSize()).isEqualTo(10);
            assertThat(tap.offloads()).containsExactlyInAnyOrder(TapOffload.CSUM, TapOffload.TSO4, TapOffload.TSO6);
            assertThat(LIBC.fcntl(fd, Fcntl.F_GETFL, 0) & Fcntl.O_NONBLOCK).isNotZero();
            assertThat(LIBC.fcntl(fd, Fcntl.F_GETFD, 0) & Fcntl.FD_CLOEXEC).isNotZero();
        }
        assertThat(host.hasLink("foreign")).isFalse();
    }

    private void refused(int fd, String message) {
        try {
            assertThatThrownBy(() -> TapDevice.adopt(fd))
                    .isInstanceOf(TapException.class)
                    .hasMessage(message);
            assertThat(LIBC.fcntl(fd, Fcntl.F_GETFD, 0)).as("still open").isNotNegative();
        } finally {
            LIBC.close(fd);
        }
    }

    private static final String ADVICE = ". Hand over descriptors of /dev/net/tun after TUNSETIFF with IFF_TAP and"
            + " IFF_NO_PI, all of one interface. See https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#adopt";

    @Test
    void tunIsRefused() throws Exception {
        refused(
                openForeign("l3", TunIoctl.IFF_TUN | TunIoctl.IFF_NO_PI),
                "adopt descriptor: device=l3: it is a TUN (layer 3), not a TAP" + ADVICE);
    }

    @Test
    void packetInformationIsRefused() throws Exception {
        refused(
                openForeign("pi", TunIoctl.IFF_TAP),
                "adopt descriptor: device=pi: it was opened without IFF_NO_PI, so four bytes of packet information precede"
                        + " each frame" + ADVICE);
    }

    @Test
    void unattachedDescriptorIsRefused() throws Exception {
        refused(
                openForeign("", 0),
                "adopt descriptor: errno=EBADFD: it is attached to no interface, or the interface is gone" + ADVICE);
    }

    @Test
    void otherFileIsRefused() {
        refused(
                LIBC.open("/dev/null", Fcntl.O_RDWR),
                "adopt descriptor: errno=ENOTTY: it is not a TUN/TAP descriptor" + ADVICE);
    }

    @Test
    void closedDescriptorIsRefused() {
        assertThatThrownBy(() -> TapDevice.adopt(1_000_000))
                .hasMessage("adopt descriptor: errno=EBADF: it is not open" + ADVICE);
    }

    @Test
    void queuesOfTwoInterfacesAreRefused() throws Exception {
        int other = openForeign("second", TunIoctl.IFF_TAP | TunIoctl.IFF_NO_PI);
        int fd = openForeign("first", TunIoctl.IFF_TAP | TunIoctl.IFF_NO_PI);
        try {
            assertThatThrownBy(() -> TapDevice.adopt(fd, other))
                    .hasMessage("adopt descriptor: device=first: another descriptor belongs to second" + ADVICE);
        } finally {
            LIBC.close(fd);
            LIBC.close(other);
        }
    }

    @Test
    void descriptorGivenTwiceIsRefused() throws Exception {
        int fd = openForeign("twice", TunIoctl.IFF_TAP | TunIoctl.IFF_NO_PI);
        try {
            assertThatThrownBy(() -> TapDevice.adopt(fd, fd))
                    .hasMessage("adopt descriptor: descriptor " + fd + " was given twice" + ADVICE);
        } finally {
            LIBC.close(fd);
        }
    }

    @Test
    void descriptorOfADeviceIsRefusedWhileTheDeviceHasIt() throws Exception {
        int fd = openForeign("owned", TunIoctl.IFF_TAP | TunIoctl.IFF_NO_PI);
        TapDevice tap = TapDevice.adopt(fd);
        int second = LIBC.dup(fd);
        assertThatThrownBy(() -> TapDevice.adopt(fd))
                .hasMessage(
                        "adopt descriptor: descriptor " + fd + " belongs to a device of this process already" + ADVICE);
        assertThat(tap.queues().get(0).isOpen()).isTrue();
        tap.close();
        try (TapDevice again = TapDevice.adopt(second)) {
            assertThat(again.name()).isEqualTo("owned");
        }
    }

    @Test
    void unknownHeaderSizeIsRefused() throws Exception {
        int fd = openForeign("odd", TunIoctl.IFF_TAP | TunIoctl.IFF_NO_PI | TunIoctl.IFF_VNET_HDR);
        LIBC.ioctl(fd, TunIoctl.TUNSETVNETHDRSZ, Structs.ofInt(13));
        refused(fd, "adopt descriptor: device=odd: its virtio-net header has 13 bytes, not 10, 12, 20 or 24" + ADVICE);
    }
}
