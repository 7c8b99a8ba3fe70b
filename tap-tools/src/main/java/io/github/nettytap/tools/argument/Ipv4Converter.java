/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.netty.util.NetUtil;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** The IPv4 address of a host on the command line. No name is looked up. */
public final class Ipv4Converter implements ITypeConverter<Inet4Address> {
    @Override
    public Inet4Address convert(String text) throws UnknownHostException {
        if (!NetUtil.isValidIpV4Address(text)) {
            throw new TypeConversionException("not an IPv4 address: text=" + text + " (expected: one like 192.0.2.1)");
        }
        return (Inet4Address) InetAddress.getByAddress(NetUtil.createByteArrayFromIpAddressString(text));
    }
}
