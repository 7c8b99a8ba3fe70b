/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.PortVlans;
import io.github.nettytap.net.switching.policy.StaticFdbEntry;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A port on the command line: the name of a TAP, with settings of its own behind commas.
 *
 * @param tap the name
 * @param offloads what was set for this port, or null
 * @param policy what else it is to be
 */
public record PortArgument(String tap, Offloads offloads, PortPolicy policy) {

    /** Settings that are there or not. */
    public static final List<String> FLAGS = List.of("isolated", "sticky", "coalesce", "mrouter");

    private static final String SETTINGS = "offloads=all|none, vlan=N, trunk=N+N-N, native=N, isolated, mac-limit=N,"
            + " sticky, static=MAC[/VLAN], mac=MAC, storm=N, coalesce, mrouter";

    /** This port with another policy. */
    PortArgument withPolicy(PortPolicy other) {
        return new PortArgument(tap, offloads, other);
    }

    /** Checks that no port is there twice; a name with a number of the kernel's choice may be. */
    public static void checkDistinct(List<PortArgument> ports) {
        Set<String> names = new HashSet<>();
        for (PortArgument port : ports) {
            if (!names.add(port.tap()) && port.tap().indexOf('%') < 0) {
                throw new IllegalArgumentException("a port is there twice: port=" + port.tap() + " (expected: once)");
            }
        }
    }

    /** Reads {@code NAME[,SETTING[=VALUE]…]}. */
    public static final class Converter implements ITypeConverter<PortArgument> {
        @Override
        public PortArgument convert(String text) {
            String[] parts = text.split(",", -1);
            Settings settings = new Settings();
            try {
                checkName(parts[0]);
                for (int i = 1; i < parts.length; i++) {
                    settings.read(parts[i]);
                }
                return new PortArgument(parts[0], settings.offloads, settings.policy());
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** A setting that stands alone, since a blank or a YAML list has parted it from its port, would become an interface. */
    private static void checkName(String name) {
        if (name.indexOf('=') >= 0 || FLAGS.contains(name)) {
            throw new IllegalArgumentException("a setting where a port should be: port=" + name
                    + " (expected: NAME[,SETTING…] without blanks, and in quotes within a YAML list)");
        }
    }

    /** Settings as they are read, each checked where it stands, and all together at the end. */
    private static final class Settings {

        private Offloads offloads;
        private Integer access;
        private List<Integer> trunk;
        private Integer nativeVlan;
        private final PortPolicy.Builder policy = PortPolicy.builder();

        void read(String setting) {
            int equals = setting.indexOf('=');
            String key = equals < 0 ? setting : setting.substring(0, equals + 1);
            String value = setting.substring(equals + 1);
            switch (key) {
                case "offloads=" -> offloads = Offloads.of(value);
                case "vlan=" -> access = number("vlan", value);
                case "trunk=" -> trunk = vlans(value);
                case "native=" -> nativeVlan = number("native", value);
                case "isolated" -> policy.isolated(true);
                case "mac-limit=" -> policy.macLimit(number("mac-limit", value));
                case "sticky" -> policy.sticky(true);
                case "static=" -> policy.staticEntry(station(value));
                case "mac=" -> policy.source(MacAddress.parse(value));
                case "storm=" -> policy.stormLimit(number("storm", value));
                case "coalesce" -> policy.coalesce(true);
                case "mrouter" -> policy.multicastRouter(true);
                default ->
                    throw new IllegalArgumentException(
                            "no such setting of a port: setting=" + setting + " (expected: " + SETTINGS + ")");
            }
        }

        PortPolicy policy() {
            return policy.vlans(vlans()).build();
        }

        private PortVlans vlans() {
            if (access != null && trunk != null) {
                throw new IllegalArgumentException("a port is either in one VLAN or a trunk: vlan=" + access + ", "
                        + PortVlans.trunk(trunk) + " (expected: one of them)");
            }
            PortVlans vlans = access != null
                    ? PortVlans.access(access)
                    : trunk != null ? PortVlans.trunk(trunk) : PortVlans.TRANSPARENT;
            return nativeVlan == null ? vlans : vlans.withNative(nativeVlan);
        }

        /** Numbers and ranges, joined by plus signs. */
        private static List<Integer> vlans(String text) {
            List<Integer> vlans = new ArrayList<>();
            for (String part : text.split("\\+", -1)) {
                String[] ends = part.split("-", -1);
                int first = number("trunk", ends[0]);
                int last = number("trunk", ends[ends.length - 1]);
                if (ends.length > 2 || first > last || last > PortVlans.MAX_VLAN) {
                    throw new IllegalArgumentException(
                            "no range of VLANs: trunk=" + part + " (expected: FIRST-LAST, as 20-29, within 1 to 4094)");
                }
                for (int vlan = first; vlan <= last; vlan++) {
                    vlans.add(vlan);
                }
            }
            return vlans;
        }

        private static StaticFdbEntry station(String text) {
            int slash = text.indexOf('/');
            return slash < 0
                    ? StaticFdbEntry.of(MacAddress.parse(text))
                    : new StaticFdbEntry(
                            MacAddress.parse(text.substring(0, slash)), number("static", text.substring(slash + 1)));
        }

        private static int number(String key, String text) {
            try {
                return Integer.parseInt(text);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("no number: " + key + "=" + text + " (expected: a whole number)");
            }
        }
    }
}
