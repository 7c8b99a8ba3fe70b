/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.virtio;

/**
 * What the two sides of a virtio-net interface may agree to leave undone on a frame. A frame that needs what was not
 * negotiated must be segmented and completed before it is handed over.
 *
 * <p>The names are those of {@code TUN_F_*} in {@code include/uapi/linux/if_tun.h}; virtio 1.2, section 5.1.3, has the
 * same as feature bits.
 */
public enum VirtioNetOffload {

    /** Partial checksums. */
    CSUM,

    /** GSO frames of TCP over IPv4. */
    TSO4,

    /** GSO frames of TCP over IPv6. */
    TSO6,

    /** GSO frames of TCP with CWR set. */
    TSO_ECN,

    /** GSO frames of UDP over IPv4. */
    USO4,

    /** GSO frames of UDP over IPv6. */
    USO6,

    /** GSO frames inside a UDP tunnel. */
    UDP_TUNNEL_GSO,

    /** Partial outer checksums of such frames. */
    UDP_TUNNEL_GSO_CSUM
}
