/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.github.nettytap.codec.wire.MacAddress;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * On the command line, behind which endpoint a station is.
 *
 * @param vni its network
 * @param mac its address
 * @param remote the endpoint
 */
public record VxlanStation(int vni, MacAddress mac, InetAddress remote) {

    private static final int PARTS = 3;

    /** Reads {@code VNI,MAC,ADDRESS}. */
    public static final class Converter implements ITypeConverter<VxlanStation> {
        @Override
        public VxlanStation convert(String text) throws UnknownHostException {
            String[] parts = text.split(",", -1);
            if (parts.length != PARTS) {
                throw new TypeConversionException("not a station: text=" + text + " (expected: VNI,MAC,ADDRESS)");
            }
            return new VxlanStation(
                    VxlanArgument.Converter.vni(parts[0]),
                    new MacConverter().convert(parts[1]),
                    new IpConverter().convert(parts[2]));
        }
    }
}
