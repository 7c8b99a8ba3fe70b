/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.MacAddress;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Set;

class PortPolicyTest {

    private static final MacAddress A = MacAddress.parse("02:00:00:00:00:0a");

    @Test
    void defaultForwardsEverythingUntouched() {
        PortPolicy policy = PortPolicy.DEFAULT;
        assertThat(policy.vlans().isTransparent()).isTrue();
        assertThat(policy.mirroring()).isEqualTo(Mirroring.NONE);
        assertThat(policy.macLimit()).isZero();
        assertThat(policy.stormLimit()).isZero();
        assertThat(policy.sources()).isEmpty();
    }

    @Test
    void accessPortCarriesItsVlanWithoutATag() {
        PortVlans vlans = PortVlans.access(10);
        assertThat(vlans.untagged()).isEqualTo(10);
        assertThat(vlans.carries(10)).isTrue();
        assertThat(vlans.carries(11)).isFalse();
        assertThat(vlans.isTrunk()).isFalse();
        assertThat(vlans).hasToString("vlan=10");
    }

    @Test
    void trunkCarriesItsVlansWithATagAndTheNativeOneWithout() {
        PortVlans vlans = PortVlans.trunk(List.of(1, 10, 20, 21, 22)).withNative(1);
        assertThat(vlans.untagged()).isEqualTo(1);
        assertThat(vlans.tagged()).containsExactly(10, 20, 21, 22);
        assertThat(vlans.carries(1)).isTrue();
        assertThat(vlans.carries(22)).isTrue();
        assertThat(vlans.carries(0)).isFalse();
        assertThat(vlans).hasToString("trunk=1+10+20-22,native=1");
    }

    @Test
    void trunkWithoutNativeVlanHasNoneForFramesWithoutATag() {
        assertThat(PortVlans.trunk(List.of(10)).untagged()).isZero();
        assertThat(PortVlans.trunk(List.of(10)).isTransparent()).isFalse();
    }

    @Test
    void vlansOutOfRangeAreRefused() {
        assertRefused(() -> PortVlans.access(0), "no such VLAN: vlan=0 (expected: 1 to 4094)");
        assertRefused(() -> PortVlans.trunk(List.of(10, 4095)), "no such VLAN: vlan=4095 (expected: 1 to 4094)");
        assertRefused(() -> PortVlans.trunk(List.of()), "trunk without VLANs (expected: at least one of 1 to 4094)");
        assertRefused(
                () -> PortVlans.access(10).withNative(1),
                "native VLAN of a port that is no trunk: native=1 (expected: together with a trunk)");
    }

    @Test
    void limitsOutOfRangeAreRefused() {
        assertRefused(
                () -> PortPolicy.builder().macLimit(-1).build(),
                "no such limit of MAC addresses: mac-limit=-1 (expected: 1 to 65536, or 0 for no limit)");
        assertRefused(
                () -> PortPolicy.builder().stormLimit(-1).build(),
                "no such limit of flooded frames a second: storm=-1 (expected: 1 or more, or 0 for no limit)");
        assertRefused(
                () -> PortPolicy.builder().sources(Set.of(MacAddress.BROADCAST)).build(),
                "no frame may come from a group: mac=ff:ff:ff:ff:ff:ff (expected: the address of a host)");
    }

    @Test
    void staticStationMustBeInAVlanOfThePort() {
        PortPolicy trunk =
                PortPolicy.builder().vlans(PortVlans.trunk(List.of(10))).build();
        assertRefused(
                () -> trunk.toBuilder().staticEntry(StaticFdbEntry.of(A)).build(),
                "static entry without a VLAN on a trunk without a native one: static=02:00:00:00:00:0a"
                        + " (expected: one of the VLANs of trunk=10)");
        assertRefused(
                () -> trunk.toBuilder().staticEntry(new StaticFdbEntry(A, 11)).build(),
                "static entry in a VLAN that the port does not carry: static=02:00:00:00:00:0a, vlan=11"
                        + " (expected: trunk=10)");
        assertRefused(
                () -> PortPolicy.builder()
                        .staticEntries(List.of(new StaticFdbEntry(A, 11)))
                        .build(),
                "static entry in a VLAN that the port does not carry: static=02:00:00:00:00:0a, vlan=11"
                        + " (expected: transparent)");
        assertThat(trunk.toBuilder()
                        .staticEntry(new StaticFdbEntry(A, 10))
                        .build()
                        .staticEntries())
                .hasSize(1);
    }

    @Test
    void staticStationOutOfRangeIsRefused() {
        assertRefused(
                () -> StaticFdbEntry.of(MacAddress.BROADCAST),
                "no address of a host: static=ff:ff:ff:ff:ff:ff (expected: neither a group nor zero)");
        assertRefused(
                () -> new StaticFdbEntry(A, 4095),
                "no such VLAN: static=02:00:00:00:00:0a, vlan=4095"
                        + " (expected: 1 to 4094, or 0 for that of frames without a tag)");
    }

    @Test
    void settingsOfTheSwitchOutOfRangeAreRefused() {
        assertRefused(
                () -> SwitchSettings.DEFAULT.withFdbCapacity(0),
                "no such size of the FDB: fdb-capacity=0 (expected: 1 to 16777216)");
        assertRefused(
                () -> SwitchSettings.DEFAULT.withAgeingSeconds(0),
                "no such ageing time: seconds=0 (expected: 1 to 1000000)");
    }

    private static void assertRefused(ThrowingCallable making, String message) {
        assertThatThrownBy(making).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}
