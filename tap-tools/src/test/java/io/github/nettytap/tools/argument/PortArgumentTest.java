/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.switching.policy.Coalescing;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.PortVlans;
import io.github.nettytap.net.switching.policy.StaticFdbEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

import java.util.List;
import java.util.Set;

class PortArgumentTest {

    private static final MacAddress A = MacAddress.parse("02:00:00:00:00:0a");
    private static final MacAddress B = MacAddress.parse("02:00:00:00:00:0b");

    private final PortArgument.Converter converter = new PortArgument.Converter();

    @Test
    void nameAloneHasNoSettings() {
        assertThat(converter.convert("tap0")).isEqualTo(new PortArgument("tap0", null, PortPolicy.DEFAULT));
    }

    @Test
    void offloadsOfAPortAreItsOwn() {
        assertThat(converter.convert("tap0,offloads=none"))
                .isEqualTo(new PortArgument("tap0", Offloads.NONE, PortPolicy.DEFAULT));
        assertThat(converter.convert("tap0,offloads=all"))
                .isEqualTo(new PortArgument("tap0", Offloads.ALL, PortPolicy.DEFAULT));
    }

    @Test
    void vlansAreThoseOfAnAccessPortOrOfATrunk() {
        assertThat(policy("tap0,vlan=10").vlans()).isEqualTo(PortVlans.access(10));
        assertThat(policy("tap0,trunk=10+20-22").vlans()).isEqualTo(PortVlans.trunk(List.of(10, 20, 21, 22)));
        assertThat(policy("tap0,native=1,trunk=10").vlans())
                .isEqualTo(PortVlans.trunk(List.of(10)).withNative(1));
    }

    @Test
    void everySettingIsInThePolicy() {
        PortPolicy expected = PortPolicy.builder()
                .vlans(PortVlans.trunk(List.of(10)).withNative(1))
                .isolated(true)
                .macLimit(3)
                .sticky(true)
                .staticEntries(List.of(StaticFdbEntry.of(A), new StaticFdbEntry(B, 10)))
                .sources(Set.of(A, B))
                .stormLimit(100)
                .coalescing(Coalescing.ON)
                .build();
        assertThat(policy("tap0,trunk=10,native=1,isolated,mac-limit=3,sticky,static=" + A + ",static=" + B + "/10,mac="
                        + A + ",mac=" + B + ",storm=100,coalesce=on"))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
        mtu=9000         ; no such setting of a port: setting=mtu=9000 (expected: offloads=all|none, vlan=N, \
        trunk=N+N-N, native=N, isolated, mac-limit=N, sticky, static=MAC[/VLAN], mac=MAC, storm=N, coalesce=off|auto|on, mrouter)
        sticky=1         ; no such setting of a port: setting=sticky=1 (expected: offloads=all|none, vlan=N, \
        trunk=N+N-N, native=N, isolated, mac-limit=N, sticky, static=MAC[/VLAN], mac=MAC, storm=N, coalesce=off|auto|on, mrouter)
        offloads=some    ; no such offloads: offloads=some (expected: all or none)
        vlan=ten         ; no number: vlan=ten (expected: a whole number)
        vlan=4095        ; no such VLAN: vlan=4095 (expected: 1 to 4094)
        trunk=20-10      ; no range of VLANs: trunk=20-10 (expected: FIRST-LAST, as 20-29, within 1 to 4094)
        trunk=1-9999     ; no range of VLANs: trunk=1-9999 (expected: FIRST-LAST, as 20-29, within 1 to 4094)
        trunk=           ; no number: trunk= (expected: a whole number)
        vlan=1,trunk=2   ; a port is either in one VLAN or a trunk: vlan=1, trunk=2 (expected: one of them)
        native=1         ; native VLAN of a port that is no trunk: native=1 (expected: together with a trunk)
        mac-limit=-1     ; no such limit of MAC addresses: mac-limit=-1 (expected: 1 to 65536, or 0 for no limit)
        mac=1            ; not a MAC address: text="1" (expected six hexadecimal octets, as in 52:54:00:12:34:56)
        """)
    void settingThatCannotBeIsNamed(String setting, String message) {
        assertThatThrownBy(() -> converter.convert("tap0," + setting))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"vlan=10", "isolated", "coalesce=on,vlan=10"})
    void settingWithoutAPortIsNotTakenForOne(String text) {
        assertThatThrownBy(() -> converter.convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("a setting where a port should be: port=" + text.split(",")[0]
                        + " (expected: NAME[,SETTING…] without blanks, and in quotes within a YAML list)");
    }

    @Test
    void portIsThereOnceButForNamesThatTheKernelNumbers() {
        PortArgument.checkDistinct(List.of(port("tap0"), port("tap1"), port("vm%d"), port("vm%d")));
        assertThatThrownBy(() -> PortArgument.checkDistinct(List.of(port("tap0"), port("tap1"), port("tap0"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a port is there twice: port=tap0 (expected: once)");
    }

    @Test
    void mirrorGivesEachPortItsPart() {
        List<PortArgument> ports = List.of(port("tap0"), port("tap1"), port("mon0"));
        assertThat(new MirrorArgument.Converter().convert("mon0=tap1").applyTo(ports))
                .extracting(port -> port.policy().mirroring().name())
                .containsExactly("NONE", "MIRRORED", "MONITOR");
        assertThat(new MirrorArgument.Converter().convert("mon0").applyTo(ports))
                .extracting(port -> port.policy().mirroring().name())
                .containsExactly("MIRRORED", "MIRRORED", "MONITOR");
    }

    @Test
    void mirrorOfPortsThatAreNotThereIsRefused() {
        List<PortArgument> ports = List.of(port("tap0"), port("mon0"));
        assertThatThrownBy(() -> new MirrorArgument.Converter().convert("mon1").applyTo(ports))
                .hasMessage("no such port to mirror: port=mon1 (expected: one of tap0, mon0)");
        assertThatThrownBy(() ->
                        new MirrorArgument.Converter().convert("mon0=tap0+tap7").applyTo(ports))
                .hasMessage("no such port to mirror: port=tap7 (expected: one of tap0, mon0)");
        assertThatThrownBy(() ->
                        new MirrorArgument.Converter().convert("mon0=mon0").applyTo(ports))
                .hasMessage("a port cannot be its own mirror: mirror=mon0 (expected: other ports behind =)");
    }

    private PortPolicy policy(String text) {
        return converter.convert(text).policy();
    }

    private static PortArgument port(String tap) {
        return new PortArgument(tap, null, PortPolicy.DEFAULT);
    }
}
