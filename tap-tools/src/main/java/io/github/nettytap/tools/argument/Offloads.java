/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.github.nettytap.transport.device.TapOffload;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

import java.util.Locale;
import java.util.Set;

/** The choice of {@code --offloads}. */
public enum Offloads {
    ALL(TapOffload.ALL),
    NONE(TapOffload.NONE);

    private final Set<TapOffload> set;

    Offloads(Set<TapOffload> set) {
        this.set = set;
    }

    public Set<TapOffload> set() {
        return set;
    }

    static Offloads of(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "all" -> ALL;
            case "none" -> NONE;
            default ->
                throw new IllegalArgumentException("no such offloads: offloads=" + text + " (expected: all or none)");
        };
    }

    /** Of an option. */
    public static final class Converter implements ITypeConverter<Offloads> {
        @Override
        public Offloads convert(String text) {
            try {
                return of(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
