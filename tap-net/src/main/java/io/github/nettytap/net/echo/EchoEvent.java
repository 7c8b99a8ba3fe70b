/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.echo;

/** What became of a frame. */
public enum EchoEvent {
    /** It asked for the MAC address of an IPv4 address, and was told. */
    ARP,
    /** It asked for the MAC address of an IPv6 address, and was told. */
    NEIGHBOR,
    /** It was a ping, or a later fragment of a datagram, and went back. */
    PING,
    /** It was a UDP datagram, or several in a GSO frame, and went back. */
    UDP,
    /** It was for somebody else, or malformed, or asked for something that is not answered here. */
    IGNORED,
    /** It should have gone back, but the channel was full. */
    CONGESTED,
    /** Handling it failed: an error of the responder, or no memory. The first is logged. */
    FAILED
}
