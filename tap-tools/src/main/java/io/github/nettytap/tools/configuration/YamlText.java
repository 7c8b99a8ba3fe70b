/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.configuration;

import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The text of a configuration, and what YAML makes of it. */
final class YamlText {

    /** 4,096 ports with every setting that there is. */
    private static final int MAX_BYTES = 1 << 20;

    private YamlText() {}

    /** The whole of a file, as far as it can be a configuration. */
    static String read(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IllegalArgumentException(
                    "a directory is no configuration: path=" + file + " (expected: a YAML file)");
        }
        return text(file);
    }

    /** Reads no more than a configuration can have, whatever the path leads to: a device may have no end. */
    private static String text(Path file) throws IOException {
        byte[] bytes;
        try (InputStream stream = Files.newInputStream(file)) {
            bytes = stream.readNBytes(MAX_BYTES + 1);
        }
        if (bytes.length > MAX_BYTES) {
            throw new IllegalArgumentException(
                    file + ": too large for a configuration (expected: at most " + MAX_BYTES + " bytes)");
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(file + ": not a text in UTF-8 (expected: a YAML file)", e);
        }
    }

    /** The mapping that a configuration is, whose keys are only for the message. */
    static MappingNode compose(String text, List<String> keys) {
        Node root = compose(text);
        if (root instanceof MappingNode) {
            return (MappingNode) root;
        }
        throw new IllegalArgumentException("1:1: no configuration: value="
                + (root == null ? "nothing" : YamlMapping.kind(root)) + " (expected: a mapping with the keys "
                + String.join(", ", keys) + ")");
    }

    private static Node compose(String text) {
        try {
            return new Yaml(new LoaderOptions()).compose(new StringReader(text));
        } catch (MarkedYAMLException e) {
            throw new YamlException(e.getProblemMark(), "not YAML: " + e.getProblem());
        } catch (YAMLException e) {
            throw new IllegalArgumentException("1:1: not YAML: " + e.getMessage(), e);
        }
    }
}
