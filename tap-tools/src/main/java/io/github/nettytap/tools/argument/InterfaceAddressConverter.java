/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.github.nettytap.codec.wire.Cidr;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The address of an interface on the command line, whose prefix length is its network: without one nobody is reached.
 */
public final class InterfaceAddressConverter implements ITypeConverter<Cidr> {
    @Override
    public Cidr convert(String text) {
        if (text.indexOf('/') < 0) {
            throw new TypeConversionException(
                    "no prefix length: text=" + text + " (expected: one like 10.0.0.1/24 or fd00::1/64)");
        }
        return new CidrConverter().convert(text);
    }
}
