/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.configuration;

import io.github.nettytap.tools.argument.Offloads;
import io.github.nettytap.tools.argument.PortArgument;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/**
 * A port in the configuration: as on the command line, or a mapping of its settings.
 *
 * <pre>
 *   - tap0,vlan=10,isolated
 *   - name: tap1
 *     trunk: [20, 30-39]
 *     native: 1
 * </pre>
 */
final class PortNode {

    private static final String NAME = "name";

    private static final String STATION = "MAC or MAC/VLAN, such as 02:00:00:00:00:01/10";

    private static final Map<String, YamlValue> SETTINGS = settings();

    private PortNode() {}

    private static Map<String, YamlValue> settings() {
        Map<String, YamlValue> settings = new LinkedHashMap<>();
        settings.put("offloads", YamlValue.constant(Offloads.class, "all or none"));
        settings.put("vlan", YamlValue.number(1, 4094));
        settings.put("trunk", asArgument("trunk", "VLANs and ranges of them, such as 20 or 30-39, within 1 to 4094"));
        settings.put("native", YamlValue.number(1, 4094));
        settings.put("isolated", YamlValue.flag());
        settings.put("mac-limit", YamlValue.number(0, 65_536));
        settings.put("sticky", YamlValue.flag());
        settings.put("static", asArgument("static", STATION));
        settings.put("mac", asArgument("mac", "a MAC address, such as 02:00:00:00:00:01"));
        settings.put("storm", YamlValue.number(0, Integer.MAX_VALUE));
        settings.put("coalesce", YamlValue.flag());
        return settings;
    }

    /** A value that the command line takes for a setting; a static station is in a VLAN only together with others. */
    private static YamlValue asArgument(String key, String expected) {
        return YamlValue.converted(expected, text -> {
            String context = key.equals("static") && text.indexOf('/') >= 0
                    ? "x,vlan=" + text.substring(text.indexOf('/') + 1) + ","
                    : "x,";
            new PortArgument.Converter().convert(context + key + "=" + text);
            return text;
        });
    }

    static PortArgument read(Node node) {
        return node instanceof ScalarNode
                ? convert(node, ((ScalarNode) node).getValue())
                : convert(node, argument(node));
    }

    private static String argument(Node node) {
        if (!(node instanceof MappingNode)) {
            throw YamlMapping.wrong("ports", node, "a port: NAME[,SETTING…], or a mapping with a name");
        }
        List<String> keys = new ArrayList<>(List.of(NAME));
        keys.addAll(SETTINGS.keySet());
        YamlMapping port = new YamlMapping((MappingNode) node, keys);
        if (port.get(NAME) == null) {
            throw new YamlException(node.getStartMark(), "ports: a port without a name (expected: the key name)");
        }
        StringJoiner argument = new StringJoiner(",");
        argument.add(YamlMapping.text(NAME, port.get(NAME), "the name of an interface"));
        port.forEach((key, value) -> {
            if (!key.equals(NAME)) {
                add(argument, key, value);
            }
        });
        return argument.toString();
    }

    private static void add(StringJoiner argument, String key, Node value) {
        YamlValue allowed = SETTINGS.get(key);
        if (PortArgument.FLAGS.contains(key)) {
            if ((Boolean) allowed.read(key, value)) {
                argument.add(key);
            }
            return;
        }
        switch (key) {
            case "trunk" ->
                argument.add(key + "="
                        + YamlMapping.elements(value).stream()
                                .map(vlan -> allowed.read(key, vlan).toString())
                                .collect(Collectors.joining("+")));
            case "static", "mac" ->
                YamlMapping.elements(value).forEach(element -> argument.add(key + "=" + allowed.read(key, element)));
            default -> {
                allowed.read(key, value);
                argument.add(key + "=" + YamlMapping.text(key, value, allowed.expected()));
            }
        }
    }

    private static PortArgument convert(Node node, String argument) {
        try {
            return new PortArgument.Converter().convert(argument);
        } catch (RuntimeException e) {
            throw new YamlException(node.getStartMark(), "ports: " + e.getMessage());
        }
    }
}
