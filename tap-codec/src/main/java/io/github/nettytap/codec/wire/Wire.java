/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

/**
 * What all header views agree on.
 *
 * <p>Each view has a {@code check(…, index, limit)}, where {@code limit} is the index behind the last byte that belongs
 * to the frame and is not beyond the buffer's {@linkplain io.netty.buffer.ByteBuf#writerIndex() writer index}. It
 * returns the length of the header, after which every accessor of the view is safe at that index, or {@link
 * #MALFORMED}. The proof ends when the buffer is changed or released.
 */
public final class Wire {

    /** What a {@code check} or a walk returns when the bytes are no such header, or end within it. */
    public static final int MALFORMED = -1;

    private Wire() {}
}
