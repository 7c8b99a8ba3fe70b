/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import io.netty.buffer.ByteBuf;

/**
 * A VXLAN header, between an outer UDP header and an inner Ethernet frame.
 *
 * <pre>
 *  byte 0                     1            4                     7          8
 * +------------------------+------------+---------------------+----------+-----------------
 * | 0 0 0 0 I 0 0 0        |  reserved  |  VNI, 24 bits       | reserved | Ethernet frame
 * +------------------------+------------+---------------------+----------+-----------------
 * </pre>
 *
 * <p>Reserved bits are sent as zero and ignored when received.
 *
 * <p>Source: RFC 7348, section 5.
 */
public final class VxlanHeader {

    /** The length of the header. */
    public static final int LENGTH = 8;

    /** The UDP port of VXLAN. */
    public static final int PORT = 4789;

    /** The greatest VNI. */
    public static final int MAX_VNI = 0xff_ffff;

    private static final int FLAG_VNI = 0x08;
    private static final int VNI = 4;

    private VxlanHeader() {}

    /**
     * Proves that the accessor is safe and that the header has a VNI.
     *
     * @param buffer the buffer
     * @param index the index of the header
     * @param limit the index behind the last byte of the datagram
     * @return {@value #LENGTH}, or {@link Wire#MALFORMED}
     */
    public static int check(ByteBuf buffer, int index, int limit) {
        return limit - index >= LENGTH && (buffer.getByte(index) & FLAG_VNI) != 0 ? LENGTH : Wire.MALFORMED;
    }

    /**
     * Reads the VNI.
     *
     * @param buffer the buffer
     * @param index the index of the header
     * @return the 24 bits
     */
    public static int vni(ByteBuf buffer, int index) {
        return buffer.getUnsignedMedium(index + VNI);
    }

    /**
     * Writes a whole header.
     *
     * @param buffer the buffer
     * @param index the index of the header
     * @param vni the VNI, 0 to {@link #MAX_VNI}
     */
    public static void write(ByteBuf buffer, int index, int vni) {
        buffer.setInt(index, FLAG_VNI << 24);
        buffer.setInt(index + VNI, vni << 8);
    }
}
