/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.switching.policy.Coalescing;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.PortVlans;
import io.github.nettytap.net.switching.policy.StaticFdbEntry;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The settings of a port of the switch: the one table that the command line, the YAML file, {@code ctl} and the help
 * have them from.
 */
public enum PortSetting {
    OFFLOADS(
            "offloads",
            "all|none",
            "what its kernel may leave to the other end",
            "all or none",
            (port, value) -> port.offloads = Offloads.of(value),
            policy -> Stream.of()),
    VLAN(
            "vlan",
            "N",
            "in this VLAN, without tags",
            "1 to 4094",
            (port, value) -> port.access = number("vlan", value),
            // Those of a trunk and its native VLAN too: they are one value.
            policy -> policy.vlans().isTransparent()
                    ? Stream.of()
                    : Stream.of(policy.vlans().toString())),
    TRUNK(
            "trunk",
            "N+N-N",
            "carries these VLANs, with tags; N-N is a range",
            "VLANs and ranges of them, such as 20 or 30-39, within 1 to 4094",
            (port, value) -> port.trunk = vlans(value),
            policy -> Stream.of()),
    NATIVE(
            "native",
            "N",
            "on a trunk: the VLAN of frames without a tag",
            "1 to 4094",
            (port, value) -> port.nativeVlan = number("native", value),
            policy -> Stream.of()),
    ISOLATED(
            "isolated",
            null,
            "talks only to ports that are not isolated",
            "true or false",
            (port, value) -> port.policy.isolated(true),
            policy -> flag("isolated", policy.isolated())),
    MAC_LIMIT(
            "mac-limit",
            "N",
            "so many MAC addresses may be behind it",
            "0 to " + PortPolicy.MAX_MAC_LIMIT,
            (port, value) -> port.policy.macLimit(number("mac-limit", value)),
            policy -> positive("mac-limit", policy.macLimit())),
    STICKY(
            "sticky",
            null,
            "addresses learned here neither age nor move",
            "true or false",
            (port, value) -> port.policy.sticky(true),
            policy -> flag("sticky", policy.sticky())),
    STATIC(
            "static",
            "MAC[/VLAN]",
            "an address that is here, heard or not; may be repeated",
            "MAC or MAC/VLAN, such as 02:00:00:00:00:01/10",
            (port, value) -> port.policy.staticEntry(staticEntry(value)),
            policy -> policy.staticEntries().stream()
                    .map(entry -> "static=" + entry.mac() + (entry.vlan() == 0 ? "" : "/" + entry.vlan()))),
    MAC(
            "mac",
            "MAC",
            "frames may come from this address only; may be repeated",
            "a MAC address, such as 02:00:00:00:00:01",
            (port, value) -> port.policy.source(MacAddress.parse(value)),
            policy -> policy.sources().stream().sorted().map(source -> "mac=" + source)),
    STORM(
            "storm",
            "N",
            "so many frames per second may be flooded from here",
            "0 to " + Integer.MAX_VALUE,
            (port, value) -> port.policy.stormLimit(number("storm", value)),
            policy -> positive("storm", policy.stormLimit())),
    COALESCE(
            "coalesce",
            "off|auto|on",
            "frames leave here as GSO frames; auto: if TSO is taken",
            "off, auto or on",
            (port, value) -> port.policy.coalescing(coalescing(value)),
            policy -> policy.coalescing() == Coalescing.AUTO
                    ? Stream.of()
                    : Stream.of("coalesce=" + policy.coalescing().name().toLowerCase(Locale.ROOT))),
    MROUTER(
            "mrouter",
            null,
            "a multicast router is here, heard or not",
            "true or false",
            (port, value) -> port.policy.multicastRouter(true),
            policy -> flag("mrouter", policy.multicastRouter()));

    private static final int HELP_COLUMN = 22;

    private final String key;
    private final String value;
    private final String help;
    private final String expected;
    private final BiConsumer<Draft, String> parser;
    private final Function<PortPolicy, Stream<String>> printer;

    PortSetting(
            String key,
            String value,
            String help,
            String expected,
            BiConsumer<Draft, String> parser,
            Function<PortPolicy, Stream<String>> printer) {
        this.key = key;
        this.value = value;
        this.help = help;
        this.expected = expected;
        this.parser = parser;
        this.printer = printer;
    }

    /** A port whose settings are read one by one. */
    static final class Draft {

        private Offloads offloads;
        private Integer access;
        private List<Integer> trunk;
        private Integer nativeVlan;
        private final PortPolicy.Builder policy = PortPolicy.builder();

        /** Reads {@code KEY} or {@code KEY=VALUE}. */
        void read(String text) {
            int equals = text.indexOf('=');
            String key = equals < 0 ? text : text.substring(0, equals);
            PortSetting setting = Arrays.stream(values())
                    .filter(one -> one.key.equals(key) && one.isFlag() == equals < 0)
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no such setting of a port: setting=" + text
                            + " (expected: "
                            + Arrays.stream(values()).map(PortSetting::synopsis).collect(Collectors.joining(", "))
                            + ")"));
            setting.parser.accept(this, text.substring(equals + 1));
        }

        /** What was set for the port, or null. */
        Offloads offloads() {
            return offloads;
        }

        /** All settings together. */
        PortPolicy policy() {
            if (access != null && trunk != null) {
                throw new IllegalArgumentException("a port is either in one VLAN or a trunk: vlan=" + access + ", "
                        + PortVlans.trunk(trunk) + " (expected: one of them)");
            }
            PortVlans vlans = access != null
                    ? PortVlans.access(access)
                    : trunk != null ? PortVlans.trunk(trunk) : PortVlans.TRANSPARENT;
            return policy.vlans(nativeVlan == null ? vlans : vlans.withNative(nativeVlan))
                    .build();
        }
    }

    /** The word in front of the equals sign. */
    public String key() {
        return key;
    }

    /** Whether it is there or not, without a value. */
    public boolean isFlag() {
        return value == null;
    }

    /** What joins several values in one setting; null where the setting is repeated, and may be, or has one value. */
    public String separator() {
        return this == TRUNK ? "+" : null;
    }

    /** Whether it takes several values. */
    public boolean takesMany() {
        return this == TRUNK || this == STATIC || this == MAC;
    }

    /** The allowed values in words, for messages. */
    public String expected() {
        return expected;
    }

    /**
     * Checks one value, as if it were the port's only setting.
     *
     * @throws IllegalArgumentException if it is not allowed
     */
    public void check(String text) {
        Draft draft = new Draft();
        int slash = text.indexOf('/');
        if (this == NATIVE) {
            draft.read("trunk=1-" + PortVlans.MAX_VLAN);
        } else if (this == STATIC && slash >= 0) {
            draft.read("vlan=" + text.substring(slash + 1)); // where alone such an entry may be
        }
        draft.read(key + "=" + text);
        draft.policy();
    }

    private String synopsis() {
        return isFlag() ? key : key + "=" + value;
    }

    /** The lines of the help. */
    public static List<String> help() {
        List<String> lines = new ArrayList<>();
        for (PortSetting setting : values()) {
            String synopsis = setting.synopsis();
            lines.add("  " + synopsis + " ".repeat(HELP_COLUMN - synopsis.length()) + setting.help);
        }
        return lines;
    }

    /** The settings of a port as they would be typed, joined by commas; empty for the default. */
    public static String print(PortPolicy policy) {
        return Arrays.stream(values())
                .flatMap(setting -> setting.printer.apply(policy))
                .collect(Collectors.joining(","));
    }

    private static Stream<String> flag(String key, boolean on) {
        return on ? Stream.of(key) : Stream.of();
    }

    private static Stream<String> positive(String key, int number) {
        return number > 0 ? Stream.of(key + "=" + number) : Stream.of();
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

    private static Coalescing coalescing(String text) {
        return switch (text) {
            case "off" -> Coalescing.OFF;
            case "auto" -> Coalescing.AUTO;
            case "on" -> Coalescing.ON;
            default ->
                throw new IllegalArgumentException(
                        "no such way to coalesce: coalesce=" + text + " (expected: off, auto or on)");
        };
    }

    private static StaticFdbEntry staticEntry(String text) {
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
