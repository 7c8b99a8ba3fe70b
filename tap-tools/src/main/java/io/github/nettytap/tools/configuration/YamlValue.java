/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.configuration;

import org.yaml.snakeyaml.nodes.Node;
import picocli.CommandLine.ITypeConverter;

import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Function;

/**
 * What a key of the configuration takes: the values that are allowed, in words, and how text becomes one of them.
 *
 * @param expected the allowed values, for messages
 * @param reader turns text into a value; throws if it is not allowed
 */
record YamlValue(String expected, Function<String, Object> reader) {

    /** A whole number. */
    static YamlValue number(int least, int most) {
        return new YamlValue(least + " to " + most, text -> {
            int number = Integer.parseInt(text);
            if (number < least || number > most) {
                throw new IllegalArgumentException(text);
            }
            return number;
        });
    }

    /** Yes or no. */
    static YamlValue flag() {
        return new YamlValue("true or false", text -> switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(text);
        });
    }

    /** The path of a file. */
    static YamlValue path() {
        return new YamlValue("a path", text -> {
            if (text.isEmpty()) {
                throw new IllegalArgumentException(text);
            }
            return Path.of(text);
        });
    }

    /** A constant, in small letters. */
    static <E extends Enum<E>> YamlValue constant(Class<E> type, String expected) {
        return new YamlValue(expected, text -> {
            if (!text.equals(text.toLowerCase(Locale.ROOT))) {
                throw new IllegalArgumentException(text);
            }
            return Enum.valueOf(type, text.toUpperCase(Locale.ROOT));
        });
    }

    /** What a converter of the command line takes. */
    static YamlValue converted(String expected, ITypeConverter<?> converter) {
        return new YamlValue(expected, text -> {
            try {
                return converter.convert(text);
            } catch (Exception e) {
                throw new IllegalArgumentException(e);
            }
        });
    }

    /** The value of a key. */
    Object read(String key, Node node) {
        String text = YamlMapping.text(key, node, expected);
        try {
            return reader.apply(text);
        } catch (RuntimeException e) {
            throw YamlMapping.wrong(key, node, expected);
        }
    }
}
