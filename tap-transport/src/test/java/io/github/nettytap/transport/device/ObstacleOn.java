/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.LibC;

/** Lets the tests of other packages put a failing C library under {@link TapAvailability}. */
public final class ObstacleOn {

    private ObstacleOn() {}

    /** The obstacle, or null. */
    @SuppressWarnings("exports") // The tests are compiled into the module.
    public static TapException of(LibC libc) {
        return TapAvailability.obstacle(libc).orElse(null);
    }
}
