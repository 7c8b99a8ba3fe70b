/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.github.nettytap.codec.capture.CaptureDirection;

/** Which frames of a TAP are wanted, as tcpdump's {@code -Q} has it: what a program reads there, writes there, or both. */
public enum Directions {
    IN(CaptureDirection.INBOUND),
    OUT(CaptureDirection.OUTBOUND),
    INOUT(null);

    private final CaptureDirection direction;

    Directions(CaptureDirection direction) {
        this.direction = direction;
    }

    /** The only direction, or null for both. */
    public CaptureDirection only() {
        return direction;
    }
}
