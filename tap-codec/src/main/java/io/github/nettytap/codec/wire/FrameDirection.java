/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

/** Which way a frame goes, seen from the pipeline that it passes. */
public enum FrameDirection {
    /** Not known, as in a capture file that does not say. */
    UNKNOWN,
    /** Read by the channel. For a TAP these are the frames that the kernel sends out of the interface. */
    INBOUND,
    /** Written to the channel. For a TAP these are the frames that the kernel receives on the interface. */
    OUTBOUND
}
