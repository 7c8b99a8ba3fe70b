/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.github.nettytap.codec.wire.MacAddress;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The MAC address of one station on the command line. */
public final class MacConverter implements ITypeConverter<MacAddress> {
    @Override
    public MacAddress convert(String text) {
        MacAddress mac;
        try {
            mac = MacAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
        if (mac.isGroup()) {
            throw new TypeConversionException(
                    "not the address of one station: mac=" + mac + " (expected: an even first octet)");
        }
        return mac;
    }
}
