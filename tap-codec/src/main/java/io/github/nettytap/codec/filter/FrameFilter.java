/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.filter;

import io.github.nettytap.codec.wire.FrameDirection;
import io.netty.buffer.ByteBuf;

/**
 * Selects frames, for example those that a capture takes. It runs on the event loop for each frame, so it should
 * neither block nor allocate; it must not change the buffer.
 */
@FunctionalInterface
public interface FrameFilter {

    /** Accepts every frame. */
    FrameFilter ALL = (buffer, index, length, direction) -> true;

    /**
     * Accepts the frames of one direction.
     *
     * @param wanted the direction
     * @return a filter
     */
    static FrameFilter only(FrameDirection wanted) {
        return (buffer, index, length, direction) -> direction == wanted;
    }

    /**
     * Decides about one frame.
     *
     * @param buffer holds the frame
     * @param index where its Ethernet header starts
     * @param length its length
     * @param direction which way it goes
     * @return true to accept it
     */
    boolean accept(ByteBuf buffer, int index, int length, FrameDirection direction);

    /**
     * Accepts what both filters accept.
     *
     * @param other asked only when this filter accepts
     * @return a filter
     */
    default FrameFilter and(FrameFilter other) {
        return (buffer, index, length, direction) ->
                accept(buffer, index, length, direction) && other.accept(buffer, index, length, direction);
    }
}
