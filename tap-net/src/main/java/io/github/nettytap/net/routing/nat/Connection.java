/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.nat;

import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.TcpHeader;

/**
 * A connection whose inner end is hidden behind an address of the router.
 *
 * <pre>
 *   inside address and port ──► [router: outside address and port] ──► remote address and port
 * </pre>
 *
 * <p>The ports of a ping are its identifier and 0.
 */
public final class Connection {

    // RFC 5382, section 5: two hours and four minutes, four minutes; RFC 4787, section 4.3; RFC 5508, section 3.2.
    private static final long TCP_ESTABLISHED_MILLIS = 7_440_000;
    private static final long TCP_TRANSITORY_MILLIS = 240_000;
    private static final long UDP_MILLIS = 300_000;
    private static final long ICMP_MILLIS = 60_000;

    final int protocol;
    public final int insideAddress;
    final int insidePort;
    final int outsideAddress;
    final int outsidePort;
    final int remoteAddress;
    final int remotePort;

    /** Of the hash chains. */
    Connection nextInside;

    Connection nextOutside;

    private long used;
    private boolean replied;
    private boolean finOfInside;
    private boolean finOfRemote;
    private boolean reset;

    Connection(
            int protocol,
            int insideAddress,
            int insidePort,
            int outsideAddress,
            int outsidePort,
            int remoteAddress,
            int remotePort) {
        this.protocol = protocol;
        this.insideAddress = insideAddress;
        this.insidePort = insidePort;
        this.outsideAddress = outsideAddress;
        this.outsidePort = outsidePort;
        this.remoteAddress = remoteAddress;
        this.remotePort = remotePort;
    }

    /** Notes a packet. */
    void see(long now, boolean fromInside, int tcpFlags) {
        used = now;
        replied |= !fromInside;
        boolean fin = (tcpFlags & TcpHeader.FLAG_FIN) != 0;
        finOfInside |= fin && fromInside;
        finOfRemote |= fin && !fromInside;
        reset |= (tcpFlags & TcpHeader.FLAG_RST) != 0;
        if ((tcpFlags & TcpHeader.FLAG_SYN) != 0 && fromInside) {
            // The ports are in use again.
            finOfInside = false;
            finOfRemote = false;
            reset = false;
        }
    }

    boolean isOver(long now) {
        return now - used > timeout();
    }

    private long timeout() {
        if (protocol == Ipv4Header.PROTOCOL_UDP) {
            return UDP_MILLIS;
        }
        if (protocol == Ipv4Header.PROTOCOL_ICMP) {
            return ICMP_MILLIS;
        }
        boolean established = replied && !reset && !(finOfInside && finOfRemote);
        return established ? TCP_ESTABLISHED_MILLIS : TCP_TRANSITORY_MILLIS;
    }
}
