/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

import java.util.EnumSet;
import java.util.Set;

class RequiredOffloadsTest {

    private static final int NEEDS_CSUM = 1;
    private static final int DATA_VALID = 2;

    @Test
    void plainFrameNeedsNothing() {
        assertThat(needs(0, 0)).isZero();
        assertThat(needs(DATA_VALID, 0)).isZero();
    }

    @Test
    void partialChecksumNeedsChecksumOffload() {
        assertThat(needs(NEEDS_CSUM, 0)).isEqualTo(negotiated(TapOffload.CSUM));
    }

    @Test
    void gsoFramesNeedTheirOffloadAndTheChecksum() {
        assertThat(needs(NEEDS_CSUM, 1)).isEqualTo(negotiated(TapOffload.CSUM, TapOffload.TSO4));
        assertThat(needs(NEEDS_CSUM, 4)).isEqualTo(negotiated(TapOffload.CSUM, TapOffload.TSO6));
        assertThat(needs(NEEDS_CSUM, 5)).isEqualTo(negotiated(TapOffload.CSUM, TapOffload.USO4));
        assertThat(needs(NEEDS_CSUM, 0x81)).isEqualTo(negotiated(TapOffload.CSUM, TapOffload.TSO4, TapOffload.TSO_ECN));
        assertThat(needs(NEEDS_CSUM, 0x21))
                .isEqualTo(negotiated(TapOffload.CSUM, TapOffload.TSO4, TapOffload.UDP_TUNNEL_GSO));
    }

    @Test
    void noSetOfOffloadsTakesAnUnknownKind() {
        int everything = RequiredOffloads.negotiated(EnumSet.allOf(TapOffload.class));
        Set<Integer> known = Set.of(0, 1, 4, 5);
        for (int gso = 0; gso < 256; gso++) {
            boolean plainEcn = gso == 0x80 || (gso & 0x1f) == 0 && gso != 0;
            boolean taken = (needs(NEEDS_CSUM, gso) & ~everything) == 0;
            assertThat(taken).as("gso type " + gso).isEqualTo(known.contains(gso & 0x1f) && !plainEcn);
        }
    }

    private static int negotiated(TapOffload... offloads) {
        return RequiredOffloads.negotiated(Set.of(offloads));
    }

    private static int needs(int flags, int gso) {
        ByteBuf header = Unpooled.wrappedBuffer(new byte[] {0, (byte) flags, (byte) gso, 0});
        return RequiredOffloads.of(header, 1);
    }
}
