/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.http;

import io.netty.util.NetUtil;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** {@code ADDRESS:PORT}, or a port alone, which is one of the loopback interface. */
public final class HttpAddress implements ITypeConverter<InetSocketAddress> {

    private static final String EXPECTED =
            " (expected: PORT on the loopback interface, or ADDRESS:PORT, such as 9100, 192.0.2.1:9100 or [::1]:9100)";

    @Override
    public InetSocketAddress convert(String text) {
        int colon = text.lastIndexOf(':');
        String port = text.substring(colon + 1);
        if (!port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65_535) {
            throw new TypeConversionException("no port: http=" + shortened(text) + EXPECTED);
        }
        InetAddress address = colon < 0 ? InetAddress.getLoopbackAddress() : address(text.substring(0, colon), text);
        return new InetSocketAddress(address, Integer.parseInt(port));
    }

    private static InetAddress address(String text, String whole) {
        boolean bracketed = text.startsWith("[") && text.endsWith("]");
        String bare = bracketed ? text.substring(1, text.length() - 1) : text;
        try {
            if (bracketed ? NetUtil.isValidIpV6Address(bare) : NetUtil.isValidIpV4Address(bare)) {
                return InetAddress.getByName(bare);
            }
        } catch (UnknownHostException e) {
            // Reported below.
        }
        throw new TypeConversionException("no IP address: http=" + shortened(whole) + EXPECTED);
    }

    private static String shortened(String text) {
        return text.length() <= 64 ? text : text.substring(0, 63) + "…";
    }
}
