/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.configuration;

import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * A YAML mapping with a fixed set of keys, none twice. Values are looked at as they are written, whatever their tag.
 */
final class YamlMapping {

    private final Map<String, Node> values = new LinkedHashMap<>();
    private final Map<String, Mark> marks = new LinkedHashMap<>();

    /**
     * Reads the keys.
     *
     * @param node the mapping
     * @param keys the keys that may be there
     */
    YamlMapping(MappingNode node, List<String> keys) {
        this(node, keys, false);
    }

    private YamlMapping(MappingNode node, List<String> keys, boolean isOpen) {
        Map<String, Integer> lines = new LinkedHashMap<>();
        for (NodeTuple tuple : node.getValue()) {
            Node keyNode = tuple.getKeyNode();
            String key = keyNode instanceof ScalarNode ? ((ScalarNode) keyNode).getValue() : kind(keyNode);
            if (!isOpen && !keys.contains(key)) {
                throw new YamlException(
                        keyNode.getStartMark(),
                        key + ": no such key (expected: one of " + String.join(", ", keys) + ")");
            }
            Integer first = lines.putIfAbsent(key, keyNode.getStartMark().getLine() + 1);
            if (first != null) {
                throw new YamlException(
                        keyNode.getStartMark(), key + ": the key is there twice: line=" + first + " (expected: once)");
            }
            values.put(key, tuple.getValueNode());
            marks.put(key, keyNode.getStartMark());
        }
    }

    /**
     * A mapping whose keys are names.
     *
     * @param key of the mapping itself
     * @param node the value
     * @param expected what there is behind each name, for messages
     */
    static YamlMapping ofNames(String key, Node node, String expected) {
        if (node instanceof MappingNode) {
            return new YamlMapping((MappingNode) node, List.of(), true);
        }
        throw wrong(key, node, expected);
    }

    /** A mapping with a fixed set of keys; nothing at all is one without any. */
    static YamlMapping of(String key, Node node, List<String> keys) {
        if (node instanceof MappingNode) {
            return new YamlMapping((MappingNode) node, keys);
        }
        throw wrong(key, node, "a mapping with keys of " + String.join(", ", keys));
    }

    /** Where a key is. */
    Mark mark(String key) {
        return marks.get(key);
    }

    /** Passes each key with its value to a consumer, in the order of the file. */
    void forEach(BiConsumer<String, Node> consumer) {
        values.forEach(consumer);
    }

    Node get(String key) {
        return values.get(key);
    }

    /** The text of a scalar. */
    static String text(String key, Node value, String expected) {
        if (value instanceof ScalarNode) {
            return ((ScalarNode) value).getValue();
        }
        throw wrong(key, value, expected);
    }

    /** The elements of a sequence, or a scalar as the only one. */
    static List<Node> elements(Node value) {
        return value instanceof SequenceNode ? ((SequenceNode) value).getValue() : List.of(value);
    }

    static YamlException wrong(String key, Node value, String expected) {
        String shown = value instanceof ScalarNode ? ((ScalarNode) value).getValue() : kind(value);
        return new YamlException(
                value.getStartMark(),
                key + ": value=" + (shown.isEmpty() ? "nothing" : shown) + " (expected: " + expected + ")");
    }

    static String kind(Node node) {
        return node instanceof MappingNode ? "a mapping" : node instanceof SequenceNode ? "a list" : "a scalar";
    }
}
