/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.PortVlans;
import io.github.nettytap.transport.device.TapOffload;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;

/** VLANs between hosts in memory, with all ports on one event loop and with ports on several. */
@ParameterizedClass
@ValueSource(ints = {1, 3})
class VlanTest {

    private static final String BROADCAST = "ffffffffffff";
    private static final String A = "02000000000a";
    private static final String B = "02000000000b";
    private static final String BODY = "080001020304";
    private static final String TAG_10 = "8100000a";
    private static final String TAG_20 = "81000014";

    private final MemoryLan lan;

    VlanTest(int loops) {
        lan = new MemoryLan(loops);
    }

    @AfterEach
    void close() {
        lan.close();
    }

    @Test
    void broadcastStaysInItsVlan() {
        MemoryLan.Host a = lan.host(access(10));
        MemoryLan.Host b = lan.host(access(10));
        MemoryLan.Host c = lan.host(access(20));
        MemoryLan.Host transparent = lan.host();
        a.send(BROADCAST + A + BODY);
        assertThat(b.receive()).isEqualTo(BROADCAST + A + BODY);
        assertThat(c.nothingComes()).isTrue();
        assertThat(transparent.nothingComes()).isTrue();
    }

    @Test
    void transparentPortsDoNotReachVlans() {
        MemoryLan.Host a = lan.host();
        MemoryLan.Host b = lan.host();
        MemoryLan.Host c = lan.host(access(10));
        a.send(BROADCAST + A + TAG_10 + BODY);
        assertThat(b.receive()).isEqualTo(BROADCAST + A + TAG_10 + BODY);
        assertThat(c.nothingComes()).isTrue();
    }

    @Test
    void trunkGetsTheTagAndAccessPortLosesIt() {
        MemoryLan.Host access = lan.host(access(10));
        MemoryLan.Host trunk = lan.host(trunk(10, 20));
        access.send(BROADCAST + A + BODY);
        assertThat(trunk.receive()).isEqualTo(BROADCAST + A + TAG_10 + BODY);
        trunk.send(A + B + TAG_10 + BODY);
        assertThat(access.receive()).isEqualTo(A + B + BODY);
    }

    @Test
    void frameBetweenTrunksKeepsItsTagAndPriority() {
        MemoryLan.Host a = lan.host(trunk(10, 20));
        MemoryLan.Host b = lan.host(trunk(10, 20));
        a.send(BROADCAST + A + "8100a00a" + BODY);
        assertThat(b.receive()).isEqualTo(BROADCAST + A + "8100a00a" + BODY);
    }

    @Test
    void floodedFrameHasTheFormOfEachPort() {
        MemoryLan.Host from = lan.host(access(10));
        MemoryLan.Host access = lan.host(access(10));
        MemoryLan.Host trunk = lan.host(trunk(10));
        MemoryLan.Host natively = lan.host(PortPolicy.builder()
                .vlans(PortVlans.trunk(List.of(10, 20)).withNative(10))
                .build());
        MemoryLan.Host another = lan.host(trunk(10));
        from.send(BROADCAST + A + BODY);
        assertThat(access.receive()).isEqualTo(BROADCAST + A + BODY);
        assertThat(trunk.receive()).isEqualTo(BROADCAST + A + TAG_10 + BODY);
        assertThat(natively.receive()).isEqualTo(BROADCAST + A + BODY);
        assertThat(another.receive()).isEqualTo(BROADCAST + A + TAG_10 + BODY);
    }

    @Test
    void frameWithoutATagIsInTheNativeVlan() {
        MemoryLan.Host trunk = lan.host(PortPolicy.builder()
                .vlans(PortVlans.trunk(List.of(20)).withNative(10))
                .build());
        MemoryLan.Host ten = lan.host(access(10));
        MemoryLan.Host twenty = lan.host(access(20));
        trunk.send(BROADCAST + A + BODY);
        assertThat(ten.receive()).isEqualTo(BROADCAST + A + BODY);
        trunk.send(BROADCAST + A + TAG_20 + BODY);
        assertThat(twenty.receive()).isEqualTo(BROADCAST + A + BODY);
        assertThat(ten.nothingComes()).isTrue();
    }

    @Test
    void tagThatTheTrunkDoesNotCarryIsDropped() {
        MemoryLan.Host trunk = lan.host(trunk(10));
        MemoryLan.Host other = lan.host(trunk(10, 20));
        trunk.send(BROADCAST + A + TAG_20 + BODY);
        trunk.send(BROADCAST + A + BODY);
        assertThat(other.nothingComes()).isTrue();
        assertThat(lan.port(0).dropped(PolicyDrop.VLAN)).isEqualTo(2);
        assertThat(lan.port(0).drops()).isEqualTo(2);
    }

    @Test
    void tagOnAnAccessPortIsDroppedEvenThatOfItsVlan() {
        MemoryLan.Host a = lan.host(access(10));
        MemoryLan.Host b = lan.host(access(10));
        a.send(BROADCAST + A + TAG_10 + BODY);
        a.send(BROADCAST + A + "88a8000a" + BODY);
        assertThat(b.nothingComes()).isTrue();
        assertThat(lan.port(0).dropped(PolicyDrop.VLAN)).isEqualTo(2);
    }

    @Test
    void priorityTagIsTakenAndItsPriorityKeptWhereThereIsATag() {
        MemoryLan.Host a = lan.host(access(10));
        MemoryLan.Host b = lan.host(access(10));
        MemoryLan.Host trunk = lan.host(trunk(10));
        a.send(BROADCAST + A + "8100a000" + BODY);
        assertThat(b.receive()).isEqualTo(BROADCAST + A + BODY);
        assertThat(trunk.receive()).isEqualTo(BROADCAST + A + "8100a00a" + BODY);
    }

    @Test
    void outerTagCountsAndTheInnerOneIsPayload() {
        MemoryLan.Host trunk = lan.host(trunk(10));
        MemoryLan.Host other = lan.host(trunk(10));
        MemoryLan.Host access = lan.host(access(10));
        trunk.send(BROADCAST + A + "88a8000a" + TAG_20 + BODY);
        assertThat(other.receive()).isEqualTo(BROADCAST + A + "88a8000a" + TAG_20 + BODY);
        assertThat(access.receive()).isEqualTo(BROADCAST + A + TAG_20 + BODY);
    }

    @Test
    void tagWithoutATypeBehindItIsMalformed() {
        MemoryLan.Host trunk = lan.host(trunk(10));
        MemoryLan.Host other = lan.host(trunk(10));
        trunk.send(BROADCAST + A + TAG_10);
        assertThat(other.nothingComes()).isTrue();
        assertThat(lan.port(0).malformed()).isEqualTo(1);
    }

    @Test
    void sameAddressIsAnotherStationInAnotherVlan() {
        MemoryLan.Host ten = lan.host(access(10));
        MemoryLan.Host twenty = lan.host(access(20));
        MemoryLan.Host trunk = lan.host(trunk(10, 20));
        ten.send(BROADCAST + A + BODY);
        trunk.receive();
        twenty.send(BROADCAST + A + BODY);
        trunk.receive();
        trunk.send(A + B + TAG_10 + BODY);
        assertThat(ten.receive()).isEqualTo(A + B + BODY);
        trunk.send(A + B + TAG_20 + BODY);
        assertThat(twenty.receive()).isEqualTo(A + B + BODY);
        assertThat(ten.nothingComes()).isTrue();
    }

    @Test
    void gsoFrameGetsItsTagAndStaysOne() {
        MemoryLan.Host access = lan.host(12, TapOffload.ALL, access(10));
        MemoryLan.Host trunk = lan.host(12, TapOffload.ALL, trunk(10));
        // NEEDS_CSUM, TCPv4, hdr_len 66, gso_size 1448, csum_start 34, csum_offset 16
        access.send("01014200a805220010000000" + BROADCAST + A + BODY);
        assertThat(trunk.receive()).isEqualTo("01014600a805260010000000" + BROADCAST + A + TAG_10 + BODY);
    }

    private static PortPolicy access(int vlan) {
        return PortPolicy.builder().vlans(PortVlans.access(vlan)).build();
    }

    private static PortPolicy trunk(Integer... vlans) {
        return PortPolicy.builder().vlans(PortVlans.trunk(List.of(vlans))).build();
    }
}
