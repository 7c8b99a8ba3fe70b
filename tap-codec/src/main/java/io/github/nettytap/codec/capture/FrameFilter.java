/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import io.netty.buffer.ByteBuf;

/**
 * Decides which frames a {@link CaptureHandler} captures. It runs on the event loop for each frame, so it should
 * neither block nor allocate; it must not change the buffer.
 */
@FunctionalInterface
public interface FrameFilter {

    /** Captures every frame. */
    FrameFilter ALL = (buffer, index, length, direction) -> true;

    /**
     * Captures the frames of one direction.
     *
     * @param wanted the direction
     * @return a filter
     */
    static FrameFilter only(CaptureDirection wanted) {
        return (buffer, index, length, direction) -> direction == wanted;
    }

    /**
     * Decides about one frame.
     *
     * @param buffer holds the frame
     * @param index where its Ethernet header starts
     * @param length its length
     * @param direction which way it goes
     * @return true to capture it
     */
    boolean accept(ByteBuf buffer, int index, int length, CaptureDirection direction);

    /**
     * Captures what both filters would.
     *
     * @param other asked only when this filter accepts
     * @return a filter
     */
    default FrameFilter and(FrameFilter other) {
        return (buffer, index, length, direction) ->
                accept(buffer, index, length, direction) && other.accept(buffer, index, length, direction);
    }
}
