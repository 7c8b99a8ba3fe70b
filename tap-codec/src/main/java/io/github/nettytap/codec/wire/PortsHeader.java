/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import io.netty.buffer.ByteBuf;

/** The ports, which TCP (RFC 9293) and UDP (RFC 768) have in the same place. */
abstract sealed class PortsHeader permits TcpHeader, UdpHeader {

    private static final int DESTINATION_PORT = 2;

    PortsHeader() {}

    /** {@return the source port} */
    public static int sourcePort(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index);
    }

    /** Writes the source port. */
    public static void sourcePort(ByteBuf buffer, int index, int value) {
        buffer.setShort(index, value);
    }

    /** {@return the destination port} */
    public static int destinationPort(ByteBuf buffer, int index) {
        return buffer.getUnsignedShort(index + DESTINATION_PORT);
    }

    /** Writes the destination port. */
    public static void destinationPort(ByteBuf buffer, int index, int value) {
        buffer.setShort(index + DESTINATION_PORT, value);
    }
}
