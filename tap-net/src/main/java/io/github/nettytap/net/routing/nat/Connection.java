/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.nat;

import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.net.table.TableEntry;

/**
 * A connection whose inner end is hidden behind an address of the router.
 *
 * <pre>
 *   inside address and port ──► [router: outside address and port] ──► remote address and port
 *                                └───────────── mapping ───────────┘
 * </pre>
 *
 * <p>The ports of a ping are its identifier and 0. It is found by the outside and the remote ends.
 */
public final class Connection extends TableEntry {

    final Mapping mapping;
    final int remoteAddress;
    final int remotePort;

    /** Of the same mapping. */
    Connection previous;

    Connection next;

    /** Whose budget it is of. */
    final long owner;

    /** Whether the remote end has begun it, by a configured mapping. */
    private final boolean fromRemote;

    /** Of one that the remote end has begun: the host inside has answered. */
    private boolean answered;

    /** The other side takes part; of one that the remote end has begun: it has gone on after the answer. */
    private boolean replied;

    private boolean finOfInside;
    private boolean finOfRemote;
    private boolean reset;

    /** One that the host inside begins, and pays for. */
    Connection(Mapping mapping, int remoteAddress, int remotePort) {
        this(mapping, remoteAddress, remotePort, false, mapping.insideAddress & 0xffff_ffffL);
    }

    Connection(Mapping mapping, int remoteAddress, int remotePort, boolean fromRemote, long owner) {
        super(mapping.protocol, end(mapping.outsideAddress, mapping.outsidePort), end(remoteAddress, remotePort));
        this.mapping = mapping;
        this.remoteAddress = remoteAddress;
        this.remotePort = remotePort;
        this.fromRemote = fromRemote;
        this.owner = owner;
    }

    boolean isFromRemote() {
        return fromRemote;
    }

    static long end(int address, int port) {
        return (address & 0xffff_ffffL) << Short.SIZE | port;
    }

    /** The address of the host inside. */
    public int insideAddress() {
        return mapping.insideAddress;
    }

    /** Notes the flags of a packet; true if the other side has now shown that it takes part. */
    boolean see(boolean fromInside, int tcpFlags) {
        boolean fin = (tcpFlags & TcpHeader.FLAG_FIN) != 0;
        boolean rst = (tcpFlags & TcpHeader.FLAG_RST) != 0;
        // A reset answers a connection that was never there: whoever sends it keeps nothing, and neither do we for
        // long.
        if (fromRemote) {
            // An answer shows nothing of who asked, whose address may be another's; what follows the answer does.
            replied |= !fromInside && !rst && answered && hasHeardAnswer(tcpFlags);
            answered |= fromInside && !rst;
        } else {
            replied |= !fromInside && !rst;
        }
        finOfInside |= fin && fromInside;
        finOfRemote |= fin && !fromInside;
        reset |= rst;
        if ((tcpFlags & TcpHeader.FLAG_SYN) != 0 && fromInside != fromRemote) {
            // The ports are in use again; the one before says nothing of this one.
            boolean goesOn = !reset && !finOfInside && !finOfRemote;
            replied &= goesOn;
            answered &= goesOn;
            finOfInside = false;
            finOfRemote = false;
            reset = false;
        }
        return isEstablished();
    }

    /** Of a packet of the remote end: a SYN that is repeated has not heard of any answer. */
    private boolean hasHeardAnswer(int tcpFlags) {
        return mapping.protocol != Ipv4Header.PROTOCOL_TCP
                || (tcpFlags & (TcpHeader.FLAG_SYN | TcpHeader.FLAG_ACK)) == TcpHeader.FLAG_ACK;
    }

    /** Whether the other side takes part, and nobody has ended it. */
    private boolean isEstablished() {
        return replied && !reset && !(finOfInside && finOfRemote);
    }

    /** How long it may be silent. */
    long timeout(Timeouts timeouts) {
        return switch (mapping.protocol) {
            case Ipv4Header.PROTOCOL_UDP -> timeouts.udp;
            case Ipv4Header.PROTOCOL_ICMP -> timeouts.icmp;
            default -> isEstablished() ? timeouts.tcpEstablished : timeouts.tcpTransitory;
        };
    }

    /** {@link NatSettings} in milliseconds. */
    static final class Timeouts {
        private final long tcpEstablished;
        private final long tcpTransitory;
        private final long udp;
        private final long icmp;

        Timeouts(NatSettings settings) {
            tcpEstablished = settings.tcpEstablished().toMillis();
            tcpTransitory = settings.tcpTransitory().toMillis();
            udp = settings.udp().toMillis();
            icmp = settings.icmp().toMillis();
        }
    }
}
