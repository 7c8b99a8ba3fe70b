/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.switching.policy.Coalescing;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.PortVlans;
import io.github.nettytap.net.switching.policy.StaticFdbEntry;
import io.github.nettytap.tools.argument.Directions;
import io.github.nettytap.tools.argument.MirrorArgument;
import io.github.nettytap.tools.argument.Offloads;
import io.github.nettytap.tools.argument.PortArgument;
import io.github.nettytap.transport.channel.TapIoType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;

class SwitchFileTest {

    private static final String KEYS =
            "ports, offloads, io, threads, mtu, fdb-capacity, stations, ageing, mirror, snooping, forward,"
                    + " group-members, group-members-per-port, stats, json, capture,"
                    + " capture-direction, capture-snap, control";

    private static final String PORT_KEYS = "name, offloads, vlan, trunk, native, isolated, mac-limit, sticky, static,"
            + " mac, storm, coalesce, mrouter";

    @Test
    void everyKeyIsRead() {
        SwitchFile file = parse("""
            offloads: none
            io: io_uring
            threads: 2
            mtu: 9000
            stations: 100
            ageing: 60
            mirror: mon0=tap0+tap1
            snooping: true
            forward: stp,lldp
            group-members: 2000
            group-members-per-port: 100
            stats: 500ms
            json: true
            capture: all.pcapng
            capture-direction: in
            capture-snap: 128
            control: /run/s.sock
            """);
        assertThat(file.get("offloads")).isEqualTo(Offloads.NONE);
        assertThat(file.get("io")).isEqualTo(TapIoType.IO_URING);
        assertThat(file.get("threads")).isEqualTo(2);
        assertThat(file.get("mtu")).isEqualTo(9000);
        assertThat(file.get("stations")).isEqualTo(100);
        assertThat(file.get("ageing")).isEqualTo(Duration.ofSeconds(60));
        assertThat(file.get("mirror")).isEqualTo(new MirrorArgument("mon0", List.of("tap0", "tap1")));
        assertThat(file.get("snooping")).isEqualTo(true);
        assertThat(file.get("forward")).isEqualTo(List.of("stp", "lldp"));
        assertThat(file.get("group-members")).isEqualTo(2000);
        assertThat(file.get("group-members-per-port")).isEqualTo(100);
        assertThat(file.get("stats")).isEqualTo(Duration.ofMillis(500));
        assertThat(file.get("json")).isEqualTo(true);
        assertThat(file.get("capture")).isEqualTo(Path.of("all.pcapng"));
        assertThat(file.get("capture-direction")).isEqualTo(Directions.IN);
        assertThat(file.get("capture-snap")).isEqualTo(128);
        assertThat(file.get("control")).isEqualTo(Path.of("/run/s.sock"));
    }

    @Test
    void portsAreWrittenAsOnTheCommandLineOrAsMappings() {
        MacAddress mac = MacAddress.parse("12:30:00:00:00:01");
        assertThat(parse("""
            ports:
              - up,trunk=10+20,native=1
              - name: a
                offloads: none
                vlan: 10
                isolated: true
                sticky: false
                mac-limit: 2
                static: 12:30:00:00:00:01
                mac: [12:30:00:00:00:01]
                storm: 100
              - {name: b, trunk: [10, 20-29], native: 1, static: [12:30:00:00:00:01/20], coalesce: on}
            """).ports())
                .isEqualTo(List.of(
                        new PortArgument(
                                "up",
                                null,
                                PortPolicy.builder()
                                        .vlans(PortVlans.trunk(List.of(10, 20)).withNative(1))
                                        .build()),
                        new PortArgument(
                                "a",
                                Offloads.NONE,
                                PortPolicy.builder()
                                        .vlans(PortVlans.access(10))
                                        .isolated(true)
                                        .macLimit(2)
                                        .staticEntries(List.of(StaticFdbEntry.of(mac)))
                                        .sources(Set.of(mac))
                                        .stormLimit(100)
                                        .build()),
                        new PortArgument(
                                "b",
                                null,
                                PortPolicy.builder()
                                        .vlans(PortVlans.trunk(List.of(10, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29))
                                                .withNative(1))
                                        .staticEntries(List.of(new StaticFdbEntry(mac, 20)))
                                        .coalescing(Coalescing.ON)
                                        .build())));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        threads: 0                       | 1:10: threads: value=0 (expected: 1 to 1024)
        threads: two                     | 1:10: threads: value=two (expected: 1 to 1024)
        threads:                         | 1:9: threads: value=nothing (expected: 1 to 1024)
        threads: [1]                     | 1:10: threads: value=a list (expected: 1 to 1024)
        mtu: 60                          | 1:6: mtu: value=60 (expected: 68 to 65521)
        stations: 0                      | 1:11: stations: value=0 (expected: 1 to 16777216)
        ageing: 1e3                      | 1:9: ageing: value=1e3 (expected: a time such as 300s or 5min)
        offloads: some                   | 1:11: offloads: value=some (expected: all or none)
        io: select                       | 1:5: io: value=select (expected: epoll, io_uring or auto)
        snooping: yes                    | 1:11: snooping: value=yes (expected: true or false)
        forward: rstp                    | 1:10: forward: value=rstp (expected: protocols such as stp,lldp)
        group-members: 0                 | 1:16: group-members: value=0 (expected: 1 to 1048576)
        stats: 1h                        | 1:8: stats: value=1h (expected: a time such as 500ms or 1s)
        control: {}                      | 1:10: control: value=a mapping (expected: a path)
        ports: tap0                      | 1:8: ports: value=tap0 (expected: a list of ports)
        ports: [{name: a, vlan: 5000}]   | 1:25: vlan: value=5000 (expected: 1 to 4094)
        ports: [{name: a, sticky: 1}]    | 1:27: sticky: value=1 (expected: true or false)
        ports: [{name: a, trunk: [9-1]}] | 1:27: trunk: value=9-1 (expected: VLANs and ranges of them, such as 20 or 30-39, within 1 to 4094)
        ports: [{name: a, mac: 1}]       | 1:24: mac: value=1 (expected: a MAC address, such as 02:00:00:00:00:01)
        ports: [{name: a, static: [x]}]  | 1:28: static: value=x (expected: MAC or MAC/VLAN, such as 02:00:00:00:00:01/10)
        ports: [{vlan: 5}]               | 1:9: ports: a port without a name (expected: the key name)
        ports: [{name: a, native: 1}]    | 1:9: ports: native VLAN of a port that is no trunk: native=1 (expected: together with a trunk)
        ports: ['a,vlan=0']              | 1:9: ports: no such VLAN: vlan=0 (expected: 1 to 4094)
        ports: [a, b, {name: a}]         | 1:15: ports: a port is there twice: port=a (expected: once)
        ports: [a, vlan=1]               | 1:12: ports: a setting where a port should be: port=vlan=1 (expected: NAME[,SETTING…] without blanks, and in quotes within a YAML list)
        ports: [[a]]                     | 1:9: ports: value=a list (expected: a port: NAME[,SETTING…], or a mapping with a name)
        threads: 'a                      | 1:12: not YAML: found unexpected end of stream
        """)
    void whatIsWrongIsToldWithItsPlace(String text, String message) {
        assertThatThrownBy(() -> parse(text)).hasMessage("switch.yaml:" + message);
    }

    @Test
    void directoryIsNoConfiguration(@TempDir Path directory) {
        assertThatThrownBy(() -> SwitchFile.read(directory))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a directory is no configuration: path=" + directory + " (expected: a YAML file)");
    }

    @Test
    void fileThatIsNoConfigurationIsRefusedAtOnceAndByName(@TempDir Path directory) throws Exception {
        Path large = Files.writeString(directory.resolve("large"), "io: " + "x".repeat(10_000_000));
        assertRefused(large, ": too large for a configuration (expected: at most 1048576 bytes)");
        assertRefused(Path.of("/dev/zero"), ": too large for a configuration (expected: at most 1048576 bytes)");
        Path binary = Files.write(directory.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        assertRefused(binary, ": not a text in UTF-8 (expected: a YAML file)");
        Path controls = Files.write(directory.resolve("controls"), new byte[] {'i', 'o', ':', 0, 1, 2});
        assertThatThrownBy(() -> SwitchFile.read(controls))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(controls + ":1:1: not YAML: ");
    }

    private static void assertRefused(Path file, String reason) {
        assertThatThrownBy(() -> SwitchFile.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(file + reason);
    }

    @Test
    void unknownKeyIsToldWithThoseThatThereAre() {
        assertThatThrownBy(() -> parse("mtu: 1500\nthread: 2\n"))
                .hasMessage("switch.yaml:2:1: thread: no such key (expected: one of " + KEYS + ")");
        assertThatThrownBy(() -> parse("ports:\n  - name: a\n    vlans: 2\n"))
                .hasMessage("switch.yaml:3:5: vlans: no such key (expected: one of " + PORT_KEYS + ")");
    }

    @Test
    void keyThatIsThereTwiceIsTold() {
        assertThatThrownBy(() -> parse("mtu: 1500\nthreads: 2\nmtu: 9000\n"))
                .hasMessage("switch.yaml:3:1: mtu: the key is there twice: line=1 (expected: once)");
    }

    @Test
    void fileWithoutAMappingIsTold() {
        assertThatThrownBy(() -> parse("# nothing\n"))
                .hasMessage("switch.yaml:1:1: no configuration: value=nothing (expected: a mapping with the keys "
                        + KEYS + ")");
        assertThatThrownBy(() -> parse("[a]"))
                .hasMessage("switch.yaml:1:1: no configuration: value=a list (expected: a mapping with the keys " + KEYS
                        + ")");
    }

    @Test
    void exampleOfTheDocumentationIsRight() throws Exception {
        SwitchFile file = SwitchFile.read(Path.of("..", "docs", "switch.yaml"));
        assertThat(file.ports()).hasSize(4);
        assertThat(file.get("control")).isEqualTo(Path.of("/run/netty-tap.sock"));
    }

    private static SwitchFile parse(String text) {
        return SwitchFile.parse("switch.yaml", text);
    }
}
