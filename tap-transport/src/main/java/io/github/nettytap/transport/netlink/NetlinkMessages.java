/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Splits a datagram into its messages, and names the fields of their header ({@link MessageWriter} draws it). */
final class NetlinkMessages {

    private NetlinkMessages() {}

    /** The messages as slices, index 0 of each being its header. A malformed tail ends the list. */
    static List<ByteBuffer> in(ByteBuffer datagram) {
        List<ByteBuffer> messages = new ArrayList<>();
        int position = 0;
        while (position + MessageWriter.HEADER_SIZE <= datagram.limit()) {
            int length = datagram.getInt(position);
            if (length < MessageWriter.HEADER_SIZE || length > datagram.limit() - position) {
                break;
            }
            messages.add(datagram.slice(position, length).order(datagram.order()));
            position += (length + 3) & ~3;
        }
        return messages;
    }

    static int type(ByteBuffer message) {
        return message.getShort(4) & 0xffff;
    }

    static int flags(ByteBuffer message) {
        return message.getShort(6) & 0xffff;
    }

    static int sequence(ByteBuffer message) {
        return message.getInt(8);
    }

    static int portId(ByteBuffer message) {
        return message.getInt(12);
    }
}
