/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.policy;

/** What a port has to do with the copies of traffic that a monitor gets. */
public enum Mirroring {
    /** Nothing: its traffic is not copied. */
    NONE,
    /** All that comes in and goes out here is copied to the monitors. */
    MIRRORED,
    /** It gets the copies and nothing else; what comes in here is dropped. */
    MONITOR
}
