/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

/** What a {@link VxlanHandler} counts. */
public enum VxlanEvent {
    /** A datagram was received and its frame passed on. */
    DECAPSULATED,
    /** A frame was sent, once for each remote endpoint. */
    ENCAPSULATED,
    /** A frame was sent to all remote endpoints, since its address is a group or not known. */
    FLOODED,
    /** A datagram was dropped: shorter than the VXLAN header, or without a VNI. */
    DROP_MALFORMED_HEADER,
    /** A frame was dropped, received or to be sent: shorter than an Ethernet header or its first tag. */
    DROP_MALFORMED_FRAME,
    /** A frame was dropped, received or to be sent: of a network that this endpoint is not part of. */
    DROP_UNKNOWN_NETWORK,
    /** A frame was dropped, received or to be sent: it has a VLAN tag, which was not allowed. */
    DROP_VLAN,
    /** A frame was dropped, received or to be sent: it comes from a group or zero, which no frame may come from. */
    DROP_INVALID_SOURCE,
    /** A datagram was dropped: from an endpoint that may not send. */
    DROP_SENDER,
    /** A frame was dropped, received or to be sent: an error of the program, or no memory. */
    DROP_ERROR,
    /** A frame to be sent was dropped: longer than a datagram can be. */
    DROP_TOO_LONG,
    /** A frame to be sent was dropped: its network has no remote endpoint. */
    DROP_NO_REMOTE
}
