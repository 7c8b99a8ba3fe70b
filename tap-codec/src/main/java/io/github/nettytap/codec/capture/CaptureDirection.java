/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

/** Which way a captured frame went, seen from the pipeline that was tapped. */
public enum CaptureDirection {
    /** The file does not say. */
    UNKNOWN,
    /** Read by the channel. For a TAP these are the frames that the kernel sends out of the interface. */
    INBOUND,
    /** Written to the channel. For a TAP these are the frames that the kernel receives on the interface. */
    OUTBOUND
}
