/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.cli;

import io.github.nettytap.transport.device.TapOffload;

import java.util.Set;

/** The choice of {@code --offloads}. */
enum Offloads {
    ALL(TapOffload.ALL),
    NONE(TapOffload.NONE);

    private final Set<TapOffload> set;

    Offloads(Set<TapOffload> set) {
        this.set = set;
    }

    Set<TapOffload> set() {
        return set;
    }
}
