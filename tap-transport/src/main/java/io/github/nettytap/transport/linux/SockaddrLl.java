/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * {@code struct sockaddr_ll} (linux/if_packet.h).
 *
 * <pre>
 *  0 family u16    2 protocol u16, big-endian    4 ifindex i32    8 ARPHRD_ type u16    10 packet type u8
 * 11 address length u8    12 address, 8 bytes
 * </pre>
 */
public final class SockaddrLl {

    public static final int SIZE = 20;

    /** All protocols (linux/if_ether.h). */
    public static final int ETH_P_ALL = 3;

    private SockaddrLl() {}

    /** The address to bind to in order to hear all protocols of a link; ifindex 0 is all links. */
    public static ByteBuffer of(int ifindex) {
        ByteBuffer address = Structs.allocate(SIZE).putShort(0, (short) Sockets.AF_PACKET);
        address.order(ByteOrder.BIG_ENDIAN).putShort(2, (short) ETH_P_ALL);
        return address.order(ByteOrder.nativeOrder()).putInt(4, ifindex);
    }

    public static int ifindex(ByteBuffer address) {
        return address.getInt(4);
    }

    /** The ARPHRD_ number of the kind of link. */
    public static int hardwareType(ByteBuffer address) {
        return address.getShort(8) & 0xffff;
    }
}
