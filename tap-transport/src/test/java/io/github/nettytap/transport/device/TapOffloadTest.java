/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.TunIoctl;
import org.junit.jupiter.api.Test;

import java.util.Set;
import java.util.stream.IntStream;

class TapOffloadTest {

    /** From the newest kernel's bits (6.17) to the oldest's. */
    private static final int[] KNOWN = {0x1ef, 0x6f, 0x0f};

    @Test
    @KernelTest
    void everySetIsRefusedExactlyIfTheKernelRefusesIt() throws Exception {
        try (Host host = new Host();
                TapDevice tap = host.tap("every").vnetHeader(24).open()) {
            int fd = tap.queues().get(0).fd();
            int bits = IntStream.of(KNOWN)
                    .filter(mask -> grants(fd, mask))
                    .findFirst()
                    .orElseThrow();
            for (int mask = 0; mask <= bits; mask++) {
                if ((mask & ~bits) == 0) {
                    assertThat(TapOffload.conflict(TapOffload.ofMask(mask), 24).isEmpty())
                            .as("offloads %s", TapOffload.ofMask(mask))
                            .isEqualTo(grants(fd, mask));
                }
            }
        }
    }

    private static boolean grants(int fd, int mask) {
        return LibC.get().ioctl(fd, TunIoctl.TUNSETOFFLOAD, mask) == 0;
    }

    @Test
    void maskIsTheSetAndBack() {
        for (TapOffload offload : TapOffload.values()) {
            assertThat(TapOffload.ofMask(TapOffload.mask(Set.of(offload)))).containsExactly(offload);
        }
        assertThat(TapOffload.mask(TapOffload.ALL)).isEqualTo(0x6f);
    }

    @Test
    void headerFollowsFromTheOffloads() {
        assertThat(TapOffload.headerSizeFor(TapOffload.NONE)).isZero();
        assertThat(TapOffload.headerSizeFor(TapOffload.ALL)).isEqualTo(12);
        assertThat(TapOffload.headerSizeFor(Set.of(TapOffload.UDP_TUNNEL_GSO))).isEqualTo(24);
    }

    @Test
    void missingCompanionIsNamed() {
        assertThat(TapOffload.conflict(Set.of(TapOffload.TSO4), 12)).isEqualTo("TSO4 needs CSUM");
        assertThat(TapOffload.conflict(Set.of(TapOffload.CSUM, TapOffload.USO4), 12))
                .isEqualTo("USO4 needs USO6");
        assertThat(TapOffload.conflict(Set.of(TapOffload.CSUM, TapOffload.TSO_ECN), 12))
                .isEqualTo("TSO_ECN needs TSO4 or TSO6");
        assertThat(TapOffload.USO4.companions()).containsExactly(TapOffload.CSUM, TapOffload.USO6);
    }

    @Test
    void tunnelOffloadsWithASmallHeaderWouldLoseFrames() {
        assertThat(TapOffload.conflict(TapOffload.ofMask(0x87), 12))
                .isEqualTo("UDP_TUNNEL_GSO needs a virtio-net header of 24 bytes; with a smaller one the kernel loses"
                        + " frames");
    }
}
