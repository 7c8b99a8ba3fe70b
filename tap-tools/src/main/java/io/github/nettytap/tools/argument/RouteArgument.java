/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.github.nettytap.codec.wire.Cidr;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

import java.net.InetAddress;

/**
 * A route on the command line.
 *
 * @param destination the prefix
 * @param gateway where packets for it go
 */
public record RouteArgument(Cidr destination, InetAddress gateway) {

    /** Reads {@code PREFIX=GATEWAY}, for example {@code 0.0.0.0/0=10.0.0.254}. */
    public static final class Converter implements ITypeConverter<RouteArgument> {
        @Override
        public RouteArgument convert(String text) {
            int equals = text.indexOf('=');
            if (equals < 0 || text.indexOf('/', equals) >= 0) {
                throw new TypeConversionException(
                        "no route: route=" + text + " (expected: PREFIX=GATEWAY, for example 0.0.0.0/0=10.0.0.254)");
            }
            try {
                // Without a length it is one address.
                return new RouteArgument(
                        Cidr.parse(text.substring(0, equals)),
                        Cidr.parse(text.substring(equals + 1)).address());
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
