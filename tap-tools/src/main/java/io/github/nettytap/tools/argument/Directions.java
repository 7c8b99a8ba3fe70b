/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.github.nettytap.codec.wire.FrameDirection;

/**
 * Which frames of a TAP are wanted, as tcpdump's {@code -Q} has it: what a program reads there, writes there, or both.
 */
public enum Directions {
    IN(FrameDirection.INBOUND),
    OUT(FrameDirection.OUTBOUND),
    INOUT(null);

    private final FrameDirection direction;

    Directions(FrameDirection direction) {
        this.direction = direction;
    }

    /** The only direction, or null for both. */
    public FrameDirection only() {
        return direction;
    }
}
