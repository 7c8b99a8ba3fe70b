/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.nat;

import io.github.nettytap.net.table.TableEntry;

/**
 * An address and port inside, and the port outside that stands for them whoever the other side is (RFC 4787, REQ-1). It
 * is there as long as it has a connection; one that is configured stays, and is in no table.
 */
final class Mapping extends TableEntry {

    final int protocol;
    final int insideAddress;
    final int insidePort;
    final int outsideAddress;
    final int outsidePort;

    /** The first of its connections. */
    Connection first;

    /** What is configured; null for a mapping that a host inside has made. */
    final ForwardedPort forwarded;

    /** Another configured one of the same inside end, or null. */
    Mapping nextOfInside;

    Mapping(int protocol, int insideAddress, int insidePort, int outsideAddress, int outsidePort) {
        this(protocol, insideAddress, insidePort, outsideAddress, outsidePort, null);
    }

    Mapping(
            int protocol,
            int insideAddress,
            int insidePort,
            int outsideAddress,
            int outsidePort,
            ForwardedPort forwarded) {
        super(protocol, high(outsideAddress), low(insideAddress, insidePort));
        this.protocol = protocol;
        this.insideAddress = insideAddress;
        this.insidePort = insidePort;
        this.outsideAddress = outsideAddress;
        this.outsidePort = outsidePort;
        this.forwarded = forwarded;
    }

    static long high(int outsideAddress) {
        return outsideAddress & 0xffff_ffffL;
    }

    static long low(int insideAddress, int insidePort) {
        return (insideAddress & 0xffff_ffffL) << Short.SIZE | insidePort;
    }

    void link(Connection connection) {
        connection.next = first;
        if (first != null) {
            first.previous = connection;
        }
        first = connection;
    }

    void unlink(Connection connection) {
        if (connection.previous == null) {
            first = connection.next;
        } else {
            connection.previous.next = connection.next;
        }
        if (connection.next != null) {
            connection.next.previous = connection.previous;
        }
        connection.previous = null;
        connection.next = null;
    }
}
