/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.netty.util.NetUtil;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** The IP address of a host on the command line. No name is looked up. */
public final class IpConverter implements ITypeConverter<InetAddress> {
    @Override
    public InetAddress convert(String text) throws UnknownHostException {
        byte[] octets = NetUtil.createByteArrayFromIpAddressString(text);
        if (octets == null) {
            throw new TypeConversionException(
                    "not an IP address: text=" + text + " (expected: one like 192.0.2.1 or 2001:db8::1)");
        }
        return InetAddress.getByAddress(octets);
    }
}
