/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.configuration;

import io.github.nettytap.tools.argument.PortArgument;
import io.github.nettytap.tools.argument.PortSetting;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;

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

    private PortNode() {}

    static PortArgument read(Node node) {
        return read(node, List.of());
    }

    /**
     * Reads a port that may have more keys, for others to read.
     *
     * @param more these keys
     */
    static PortArgument read(Node node, List<String> more) {
        return node instanceof ScalarNode
                ? convert(node, ((ScalarNode) node).getValue())
                : convert(node, argument(node, more));
    }

    private static String argument(Node node, List<String> more) {
        if (!(node instanceof MappingNode)) {
            throw YamlMapping.wrong("ports", node, "a port: NAME[,SETTING…], or a mapping with a name");
        }
        List<String> keys = new ArrayList<>(List.of(NAME));
        Arrays.stream(PortSetting.values()).map(PortSetting::key).forEach(keys::add);
        keys.addAll(more);
        YamlMapping port = new YamlMapping((MappingNode) node, keys);
        if (port.get(NAME) == null) {
            throw new YamlException(node.getStartMark(), "ports: a port without a name (expected: the key name)");
        }
        StringJoiner argument = new StringJoiner(",");
        argument.add(YamlMapping.text(NAME, port.get(NAME), "the name of an interface"));
        // In the order of the table, not of the file.
        for (PortSetting setting : PortSetting.values()) {
            Node value = port.get(setting.key());
            if (value != null) {
                add(argument, setting, value);
            }
        }
        return argument.toString();
    }

    private static void add(StringJoiner argument, PortSetting setting, Node value) {
        String key = setting.key();
        if (setting.isFlag()) {
            if ((Boolean) YamlValue.flag().read(key, value)) {
                argument.add(key);
            }
            return;
        }
        YamlValue allowed = YamlValue.converted(setting.expected(), text -> {
            setting.check(text);
            return text;
        });
        List<Node> elements = setting.takesMany() ? YamlMapping.elements(value) : List.of(value);
        List<String> values = elements.stream()
                .map(element -> allowed.read(key, element).toString())
                .toList();
        if (setting.separator() == null) {
            values.forEach(text -> argument.add(key + "=" + text));
        } else {
            argument.add(key + "=" + String.join(setting.separator(), values));
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
