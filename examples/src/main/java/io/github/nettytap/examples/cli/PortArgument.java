/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

import java.util.Locale;

/**
 * A port on the command line: the name of a TAP, with settings of its own behind commas.
 *
 * @param tap the name
 * @param offloads what was set for this port, or null
 */
record PortArgument(String tap, Offloads offloads) {

    private static final String OFFLOADS = "offloads=";

    /** Reads {@code NAME[,offloads=all|none]}. */
    static final class Converter implements ITypeConverter<PortArgument> {
        @Override
        public PortArgument convert(String text) {
            String[] parts = text.split(",", -1);
            Offloads offloads = null;
            for (int i = 1; i < parts.length; i++) {
                if (!parts[i].startsWith(OFFLOADS)) {
                    throw new TypeConversionException("no such setting of a port: setting=" + parts[i]
                            + " (expected: offloads=all, offloads=none)");
                }
                offloads = offloads(parts[i].substring(OFFLOADS.length()));
            }
            return new PortArgument(parts[0], offloads);
        }

        private static Offloads offloads(String value) {
            for (Offloads offloads : Offloads.values()) {
                if (offloads.name().toLowerCase(Locale.ROOT).equals(value)) {
                    return offloads;
                }
            }
            throw new TypeConversionException("no such offloads: offloads=" + value + " (expected: all, none)");
        }
    }
}
