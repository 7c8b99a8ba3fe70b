/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.github.nettytap.transport.device.OffloadRequest;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

import java.util.Locale;

/** The choice of {@code --offloads}. */
public enum Offloads {
    ALL(OffloadRequest.BEST_AVAILABLE),
    NONE(OffloadRequest.NONE);

    private final OffloadRequest request;

    Offloads(OffloadRequest request) {
        this.request = request;
    }

    public OffloadRequest request() {
        return request;
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
