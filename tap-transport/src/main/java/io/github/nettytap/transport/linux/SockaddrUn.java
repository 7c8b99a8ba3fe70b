/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** {@code struct sockaddr_un} (unix(7)): family u16, then a path of at most 107 bytes and a NUL. */
public final class SockaddrUn {

    private static final int PATH_SIZE = 108;

    private SockaddrUn() {}

    public static boolean fits(String path) {
        int bytes = path.getBytes(StandardCharsets.UTF_8).length;
        return bytes > 0 && bytes < PATH_SIZE;
    }

    public static ByteBuffer of(String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        ByteBuffer address = Structs.allocate(2 + bytes.length + 1);
        address.putShort((short) Sockets.AF_UNIX).put(bytes).put((byte) 0).flip();
        return address;
    }
}
