/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.testkit;

import io.netty.buffer.ByteBuf;

/** Builds GSO frames inside a UDP tunnel, for tests. */
public final class Tunnels {

    /** The length of a virtio-net header with tunnel offsets. */
    public static final int HEADER = 24;

    private static final int VXLAN = 8;

    private Tunnels() {}

    /**
     * An inner GSO frame in VXLAN over UDP, behind a virtio-net header that describes both.
     *
     * @param inner the inner frame
     * @param outerV6 whether the outer packet is IPv6
     * @param outerChecksum whether the outer UDP checksum is left to the other end; zero otherwise
     * @param gsoSize the length of the payload of each inner segment
     * @return a direct buffer, which belongs to the caller
     */
    public static ByteBuf vxlan(Frames inner, boolean outerV6, boolean outerChecksum, int gsoSize) {
        ByteBuf gsoFrame = inner.gsoFrame(HEADER, gsoSize);
        byte[] encapsulated = new byte[VXLAN + gsoFrame.writerIndex() - HEADER];
        encapsulated[0] = 8;
        gsoFrame.getBytes(HEADER, encapsulated, VXLAN, encapsulated.length - VXLAN);
        Frames outer = outerV6 ? Frames.udp6() : Frames.udp4();
        outer.partial = outerChecksum;
        outer.zeroUdpChecksum = true;
        outer.destinationPort = 4789;
        ByteBuf packet = outer.data(encapsulated).packet(HEADER);
        int before = outer.headers() + VXLAN;
        packet.setBytes(0, gsoFrame, 0, HEADER);
        packet.setByte(0, outerChecksum ? 9 : 1);
        packet.setByte(1, gsoFrame.getByte(1) | (outerV6 ? 0x40 : 0x20));
        packet.setShortLE(2, before + inner.headers());
        packet.setShortLE(6, before + inner.transportOffset());
        packet.setShortLE(20, outer.transportOffset());
        packet.setShortLE(22, before + inner.networkOffset());
        gsoFrame.release();
        return packet;
    }
}
