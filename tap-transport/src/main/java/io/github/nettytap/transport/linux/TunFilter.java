/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import java.nio.ByteBuffer;
import java.util.List;

/** {@code struct tun_filter} (linux/if_tun.h): flags u16, count u16, then six bytes an address. */
public final class TunFilter {

    private static final int TUN_FLT_ALLMULTI = 1;
    private static final int HEADER = 4;
    private static final int ADDRESS = 6;

    private TunFilter() {}

    public static ByteBuffer of(boolean allMulticast, List<byte[]> addresses) {
        ByteBuffer filter = Structs.allocate(HEADER + addresses.size() * ADDRESS);
        filter.putShort((short) (allMulticast ? TUN_FLT_ALLMULTI : 0)).putShort((short) addresses.size());
        addresses.forEach(filter::put);
        filter.flip();
        return filter;
    }
}
