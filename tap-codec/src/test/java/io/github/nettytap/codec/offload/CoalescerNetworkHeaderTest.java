/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.VirtioNetHeader;
import org.junit.jupiter.api.Test;

/** What the IP header says about merging, by the rows "ip" of the kernel's gro.c. */
class CoalescerNetworkHeaderTest extends CoalescerFixture {

    @Test
    void wrongNetworkChecksumNeverMerges() {
        send(100);
        change(100, frame -> frame.setShort(24, frame.getShort(24) + 1));

        assertPayloads(100, 100);
    }

    @Test
    void changedServiceOrLifetimeDoesNotMerge() {
        send(100);
        flow.tos = 3;
        send(100);
        flow.ttl = 63;
        send(100);

        assertPayloads(100, 100, 100);
    }

    @Test
    void changedTrafficClassHopLimitOrLabelDoesNotMerge() {
        flow.v6 = true;
        send(100);
        flow.tos = 3;
        send(100);
        flow.ttl = 63;
        send(100);
        flow.flowLabel++;
        send(100);

        assertPayloads(100, 100, 100, 100);
    }

    @Test
    void changedDontFragmentDoesNotMerge() {
        send(100);
        flow.fragment = 0;
        send(100);

        assertPayloads(100, 100);
    }

    @Test
    void networkOptionsDoNotMerge() {
        flow.ipOptions = new byte[] {1, 1, 1, 1};
        send(100);
        send(100);

        assertPayloads(100, 100);
    }

    @Test
    void fragmentsDoNotMerge() {
        flow.fragment = 0x2000;
        send(100);
        send(100);

        assertPayloads(100, 100);
    }

    @Test
    void extensionHeadersMergeWhenTheyAreTheSame() {
        flow.v6 = true;
        flow.extensions = new byte[] {0, 0, 1, 4, 0, 0, 0, 0};
        send(100);
        send(100);
        flow.extensions = new byte[] {0, 0, 1, 4, 9, 9, 9, 9};
        send(100);

        assertPayloads(200, 100);
        assertThat(results.get(0).gsoType()).isEqualTo(VirtioNetHeader.GSO_TCPV6);
    }

    @Test
    void longHeadersMergeAndLongerOnesEndTheRun() {
        flow.v6 = true;
        flow.extensions = new byte[168];
        flow.tcpOptions = new byte[12];
        send(100);
        send(100);
        flow.tcpOptions = new byte[20];
        assertThat(flow.headers()).isGreaterThan(Segment.WINDOW);
        send(100);
        flow.tcpOptions = new byte[12];
        send(100);
        send(100);

        assertPayloads(200, 100, 200);
    }

    @Test
    void routedPacketDoesNotMerge() {
        flow.v6 = true;
        flow.extensionType = 43;
        flow.extensions = new byte[] {0, 0, 4, 1, 0, 0, 0, 0};
        send(100);
        send(100);

        assertPayloads(100, 100);
    }

    @Test
    void identificationModesAreThoseOfTheKernel() {
        identifications(0x4000, 7, 8, 9);
        identifications(0x4000, 7, 7, 7);
        identifications(0, 7, 8, 9);
        assertPayloads(300, 300, 300);
    }

    @Test
    void fixedIdentificationWithoutDontFragmentDoesNotMerge() {
        identifications(0, 7, 7, 7);

        assertPayloads(100, 100, 100);
    }

    @Test
    void changeOfIdentificationModeEndsTheRun() {
        identifications(0x4000, 7, 8, 8);
        identifications(0x4000, 7, 7, 8);

        assertPayloads(200, 100, 200, 100);
    }

    @Test
    void identificationWraps() {
        identifications(0, 0xffff, 0, 1);

        assertPayloads(300);
    }

    private void identifications(int fragment, int... values) {
        flow.fragment = fragment;
        flow.lastAddressByte++;
        for (int value : values) {
            flow.identification = value;
            send(100);
            flow.identification--;
        }
    }
}
