/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.virtio;

/**
 * What is known of the transport checksum of a frame.
 *
 * <p>A partial checksum says that the frame never crossed a wire; it does not say that the checksum is valid, and a
 * receiver that wants it must complete it. The two are told apart here since programs that confused them have dropped
 * or trusted the wrong frames.
 */
public enum ChecksumState {

    /** The checksum is in the frame and nobody has verified it. */
    NONE,

    /** The checksum field holds the sum of the pseudo header only; whoever sends the frame on a wire completes it. */
    PARTIAL,

    /** The checksum has been verified, or the frame came from a sender that needs none. */
    VALID
}
