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
 * A static FDB entry of a VXLAN network on the command line: the endpoint that a MAC address is behind.
 *
 * @param vni its network
 * @param mac the MAC address
 * @param remote the endpoint
 */
public record VxlanFdbEntry(int vni, MacAddress mac, InetAddress remote) {

    private static final int PARTS = 3;

    /** Reads {@code VNI,MAC,ADDRESS}. */
    public static final class Converter implements ITypeConverter<VxlanFdbEntry> {
        @Override
        public VxlanFdbEntry convert(String text) throws UnknownHostException {
            String[] parts = text.split(",", -1);
            if (parts.length != PARTS) {
                throw new TypeConversionException("not an FDB entry: text=" + text + " (expected: VNI,MAC,ADDRESS)");
            }
            return new VxlanFdbEntry(
                    VxlanArgument.Converter.vni(parts[0]),
                    new MacConverter().convert(parts[1]),
                    new IpConverter().convert(parts[2]));
        }
    }
}
