/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import io.github.nettytap.transport.linux.Structs;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Writes one netlink request (linux/netlink.h).
 *
 * <pre>
 * nlmsghdr:   0 length u32    4 type u16    6 flags u16    8 sequence u32    12 port id u32
 * then the family's fixed header, then attributes: length u16, type u16, value, padded to 4 bytes
 * </pre>
 *
 * <p>All numbers are in host order, except addresses, which stand as on the wire.
 */
final class MessageWriter {

    static final int HEADER_SIZE = 16;

    private static final int CAPACITY = 4096;
    private static final int NESTED = 0x8000;

    private final ByteBuffer buffer = Structs.allocate(CAPACITY);

    MessageWriter(int type, int flags) {
        buffer.putInt(0)
                .putShort((short) type)
                .putShort((short) flags)
                .putInt(0)
                .putInt(0);
    }

    MessageWriter u8(int value) {
        buffer.put((byte) value);
        return this;
    }

    MessageWriter u16(int value) {
        buffer.putShort((short) value);
        return this;
    }

    MessageWriter u32(int value) {
        buffer.putInt(value);
        return this;
    }

    MessageWriter attribute(int type, byte[] value) {
        buffer.putShort((short) (4 + value.length)).putShort((short) type).put(value);
        while (buffer.position() % 4 != 0) {
            buffer.put((byte) 0);
        }
        return this;
    }

    MessageWriter attributeU32(int type, int value) {
        buffer.putShort((short) 8).putShort((short) type).putInt(value);
        return this;
    }

    MessageWriter attributeString(int type, String value) {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        byte[] terminated = new byte[text.length + 1];
        System.arraycopy(text, 0, terminated, 0, text.length);
        return attribute(type, terminated);
    }

    /** Opens a nest and returns the mark that {@link #endNested} wants. */
    int beginNested(int type) {
        int mark = buffer.position();
        buffer.putShort((short) 0).putShort((short) (type | NESTED));
        return mark;
    }

    MessageWriter endNested(int mark) {
        buffer.putShort(mark, (short) (buffer.position() - mark));
        return this;
    }

    /** The finished message; a retry may finish it again with another sequence number. */
    ByteBuffer finish(int sequence, int portId, int addedFlags) {
        ByteBuffer message = buffer.duplicate().order(buffer.order());
        message.flip();
        message.putInt(0, message.limit());
        message.putShort(6, (short) (message.getShort(6) | addedFlags));
        message.putInt(8, sequence);
        message.putInt(12, portId);
        return message;
    }
}
