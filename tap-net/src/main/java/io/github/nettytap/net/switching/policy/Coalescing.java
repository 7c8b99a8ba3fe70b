/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.policy;

/**
 * Whether the frames that go out through a port are coalesced into GSO frames. In each mode, frames wait for the end of
 * the batch that they came in with and no longer, as they do without.
 */
public enum Coalescing {
    /** Frames leave as they came. */
    OFF,

    /**
     * TCP frames are, if the port has negotiated TSO, so that nothing leaves that was not negotiated. UDP is not: a
     * receiver gains little by it, and Linux 7.0 mangles such frames.
     */
    AUTO,

    /** They are, whatever was negotiated: a TAP with virtio-net headers takes GSO frames in any case. */
    ON
}
