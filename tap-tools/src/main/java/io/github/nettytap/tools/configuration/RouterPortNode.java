/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.configuration;

import io.github.nettytap.tools.argument.RouterPortArgument;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;

import java.util.ArrayList;
import java.util.List;

/**
 * A port of a router: as on the command line, or a mapping of its settings.
 *
 * <pre>
 *   - tap0=10.0.0.1/24,nat
 *   - name: tap1
 *     addresses: [10.0.1.1/24, 2001:db8::1/64]
 *     dhcp: 10.0.1.100-10.0.1.199
 * </pre>
 */
final class RouterPortNode {

    private static final String ADDRESSES = "addresses";

    /** True, or the name servers that the router asks. */
    private static final String DNS = "dns";

    /** The settings that are there or not. */
    private static final List<String> FLAGS = List.of("advertise", "nat", "reverse-path");

    /** The settings with a value, or several, in an order in which each needs only those before it. */
    private static final List<String> VALUES =
            List.of("forward", "dhcp", DNS, "domain", "search", "host", "lease", "leases", "mac", "mtu", "offloads");

    private RouterPortNode() {}

    static RouterPortArgument read(Node node, List<String> more) {
        if (node instanceof ScalarNode) {
            return convert(node, "ports", ((ScalarNode) node).getValue());
        }
        if (!(node instanceof MappingNode)) {
            throw YamlMapping.wrong("ports", node, "a port: NAME=ADDRESS/LENGTH[,SETTING…], or a mapping with a name");
        }
        List<String> keys = new ArrayList<>(List.of("name", ADDRESSES));
        keys.addAll(FLAGS);
        keys.addAll(VALUES);
        keys.addAll(more);
        YamlMapping port = new YamlMapping((MappingNode) node, keys);
        if (port.get("name") == null || port.get(ADDRESSES) == null) {
            throw new YamlException(
                    node.getStartMark(), "ports: a port without a name or addresses (expected: both keys)");
        }
        String argument = YamlMapping.text("name", port.get("name"), "the name of a port") + "=";
        RouterPortArgument read = null;
        for (Node address : YamlMapping.elements(port.get(ADDRESSES))) {
            String text = YamlMapping.text(ADDRESSES, address, "ADDRESS/LENGTH, such as 10.0.0.1/24");
            argument += (argument.endsWith("=") ? "" : ",") + text;
            read = convert(address, ADDRESSES, argument);
        }
        if (read == null) {
            throw YamlMapping.wrong(ADDRESSES, port.get(ADDRESSES), "one address or more, such as 10.0.0.1/24");
        }
        for (String flag : FLAGS) {
            Node value = port.get(flag);
            if (value != null && (Boolean) YamlValue.flag().read(flag, value)) {
                argument += "," + flag;
                read = convert(value, flag, argument);
            }
        }
        for (String key : VALUES) {
            if (key.equals(DNS) && port.get(key) instanceof ScalarNode flag && isFlag(flag)) {
                if ((Boolean) YamlValue.flag().read(key, flag)) {
                    argument += "," + key;
                    read = convert(flag, key, argument);
                }
            } else if (port.get(key) != null) {
                for (Node value : YamlMapping.elements(port.get(key))) {
                    argument += "," + key + "=" + YamlMapping.text(key, value, "a value, or a list of values");
                    read = convert(value, key, argument);
                }
            }
        }
        return read;
    }

    private static boolean isFlag(ScalarNode node) {
        return node.getValue().equals("true") || node.getValue().equals("false");
    }

    /** What was right before a setting was added is wrong because of it. */
    private static RouterPortArgument convert(Node node, String key, String argument) {
        try {
            return new RouterPortArgument.Converter().convert(argument);
        } catch (RuntimeException e) {
            throw new YamlException(node.getStartMark(), key + ": " + e.getMessage());
        }
    }
}
