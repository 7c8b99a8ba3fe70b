/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.routing.nat;

import io.github.nettytap.codec.wire.Icmpv4Header;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.examples.routing.packet.PacketSize;
import io.github.nettytap.examples.routing.port.Output;
import io.github.nettytap.examples.routing.port.RouterPort;
import io.netty.buffer.ByteBuf;

import java.util.function.LongSupplier;

/**
 * Source NAT: what leaves through some ports does so with the router's address, and the answers find back.
 *
 * <p>For TCP, UDP and pings, and for the ICMP errors about them. Superframes and partial checksums stay what they are.
 * Fragments are refused, since only the first has ports: RFC 3022, section 6.3, says what else one would have to keep.
 */
public final class SourceNat {

    private static final int CONNECTIONS = 65_536;
    private static final int PORTS_LENGTH = 8;
    private static final int TCP_FLAGS = 13;
    private static final int IDENTIFIER = 4;

    private final Output output;
    private final LongSupplier clock;
    private final ConnectionTable connections = new ConnectionTable(CONNECTIONS);

    // What parse has found.
    private int protocol;
    private int transport;
    private int sourcePort;
    private int destinationPort;
    private int tcpFlags;

    public SourceNat(Output output, LongSupplier clock) {
        this.output = output;
        this.clock = clock;
    }

    public void tick() {
        connections.expire(clock.getAsLong());
    }

    /** How many connections are known. */
    int size() {
        return connections.size();
    }

    /**
     * Finds the connection that a packet from outside belongs to, or is an error about.
     *
     * @param frame unchanged
     * @param ip the index of its IPv4 header
     * @return null if there is none
     */
    public Connection ofReply(ByteBuf frame, int ip) {
        if (Ipv4Header.isFragment(frame, ip)) {
            return null;
        }
        if (isError(frame, ip)) {
            return ofError(frame, ip);
        }
        if (!parse(frame, ip, frame.writerIndex())) {
            return null;
        }
        int source = Ipv4Header.source(frame, ip);
        int destination = Ipv4Header.destination(frame, ip);
        Connection connection = connections.ofOutside(protocol, destination, destinationPort, source, sourcePort);
        if (connection != null) {
            connection.see(clock.getAsLong(), false, tcpFlags);
        }
        return connection;
    }

    private static boolean isError(ByteBuf frame, int ip) {
        int icmp = ip + Ipv4Header.headerLength(frame, ip);
        if (Ipv4Header.protocol(frame, ip) != Ipv4Header.PROTOCOL_ICMP
                || frame.writerIndex() - icmp < Icmpv4Header.LENGTH) {
            return false;
        }
        int type = Icmpv4Header.type(frame, icmp);
        return type == Icmpv4Header.DESTINATION_UNREACHABLE
                || type == Icmpv4Header.TIME_EXCEEDED
                || type == Icmpv4Header.PARAMETER_PROBLEM;
    }

    private Connection ofError(ByteBuf frame, int ip) {
        int icmp = ip + Ipv4Header.headerLength(frame, ip);
        int limit = frame.writerIndex();
        int quote = icmp + Icmpv4Header.LENGTH;
        if (limit - quote < Ipv4Header.MIN_LENGTH
                || PacketSize.isChecksumPartial(frame, output.vnetHeaderSize())
                || !Icmpv4Header.isChecksumValid(frame, icmp, limit - icmp)
                || Ipv4Header.source(frame, quote) != Ipv4Header.destination(frame, ip)
                || !parse(frame, quote, limit)) {
            return null;
        }
        return connections.ofOutside(
                protocol,
                Ipv4Header.source(frame, quote),
                sourcePort,
                Ipv4Header.destination(frame, quote),
                destinationPort);
    }

    /** Finds the ports, of a packet or of one that is quoted, of which only eight bytes behind the header may be there. */
    private boolean parse(ByteBuf frame, int ip, int limit) {
        protocol = Ipv4Header.protocol(frame, ip);
        transport = ip + Ipv4Header.headerLength(frame, ip);
        tcpFlags = 0;
        if (limit - transport < PORTS_LENGTH) {
            return false;
        }
        if (protocol == Ipv4Header.PROTOCOL_TCP || protocol == Ipv4Header.PROTOCOL_UDP) {
            sourcePort = frame.getUnsignedShort(transport);
            destinationPort = frame.getUnsignedShort(transport + Short.BYTES);
            if (protocol == Ipv4Header.PROTOCOL_TCP && limit - transport >= TcpHeader.MIN_LENGTH) {
                tcpFlags = frame.getUnsignedByte(transport + TCP_FLAGS);
            }
            return true;
        }
        if (protocol != Ipv4Header.PROTOCOL_ICMP) {
            return false;
        }
        int type = Icmpv4Header.type(frame, transport);
        boolean isRequest = type == Icmpv4Header.ECHO_REQUEST;
        sourcePort = isRequest ? Icmpv4Header.identifier(frame, transport) : 0;
        destinationPort = isRequest ? 0 : Icmpv4Header.identifier(frame, transport);
        return isRequest || type == Icmpv4Header.ECHO_REPLY;
    }

    /**
     * Gives a packet that leaves through a port that port's address as its source.
     *
     * @param frame changed in place
     * @param ip the index of its IPv4 header
     * @return false if that is impossible; the packet is then not to leave
     */
    public boolean translate(ByteBuf frame, int ip, RouterPort outside) {
        if (Ipv4Header.isFragment(frame, ip)
                || !outside.addresses().hasIpv4()
                || !parse(frame, ip, frame.writerIndex())
                || protocol == Ipv4Header.PROTOCOL_ICMP && destinationPort != 0) {
            return false;
        }
        int source = Ipv4Header.source(frame, ip);
        int destination = Ipv4Header.destination(frame, ip);
        Connection connection = connections.ofInside(protocol, source, sourcePort, destination, destinationPort);
        if (connection == null) {
            int address = outside.addresses().source(destination);
            connection = connections.add(protocol, source, sourcePort, address, destination, destinationPort);
            if (connection == null) {
                return false;
            }
        }
        connection.see(clock.getAsLong(), true, tcpFlags);
        boolean partial = PacketSize.isChecksumPartial(frame, output.vnetHeaderSize());
        rewriteSource(frame, ip, connection.outsideAddress, connection.outsidePort, partial);
        return true;
    }

    /**
     * Gives an answer, or an error, the address that its connection has inside.
     *
     * @param frame changed in place
     * @param ip the index of its IPv4 header
     */
    public void restore(ByteBuf frame, int ip, Connection connection) {
        boolean partial = PacketSize.isChecksumPartial(frame, output.vnetHeaderSize());
        if (!isError(frame, ip)) {
            parse(frame, ip, frame.writerIndex());
            int old = Ipv4Header.destination(frame, ip);
            Ipv4Header.destination(frame, ip, connection.insideAddress);
            updateHeaderChecksum(frame, ip, old, connection.insideAddress);
            rewritePort(
                    frame, Short.BYTES, destinationPort, connection.insidePort, old, connection.insideAddress, partial);
            return;
        }
        int icmp = ip + Ipv4Header.headerLength(frame, ip);
        int limit = frame.writerIndex();
        int quote = icmp + Icmpv4Header.LENGTH;
        int old = Ipv4Header.destination(frame, ip);
        Ipv4Header.destination(frame, ip, connection.insideAddress);
        updateHeaderChecksum(frame, ip, old, connection.insideAddress);
        parse(frame, quote, limit);
        rewriteSource(frame, quote, connection.insideAddress, connection.insidePort, false);
        Icmpv4Header.updateChecksum(frame, icmp, limit - icmp);
    }

    private void rewriteSource(ByteBuf frame, int ip, int address, int port, boolean partial) {
        int old = Ipv4Header.source(frame, ip);
        Ipv4Header.source(frame, ip, address);
        updateHeaderChecksum(frame, ip, old, address);
        rewritePort(frame, 0, sourcePort, port, old, address, partial);
    }

    private static void updateHeaderChecksum(ByteBuf frame, int ip, int oldAddress, int address) {
        int checksum = Ipv4Header.checksum(frame, ip);
        Ipv4Header.checksum(frame, ip, InternetChecksum.update32(checksum, oldAddress, address));
    }

    /** Writes the port and mends the transport checksum, which covers the addresses too. */
    private void rewritePort(
            ByteBuf frame, int offset, int oldPort, int port, int oldAddress, int address, boolean partial) {
        if (protocol == Ipv4Header.PROTOCOL_ICMP) {
            frame.setShort(transport + IDENTIFIER, port);
            int checksum = Icmpv4Header.checksum(frame, transport);
            Icmpv4Header.checksum(frame, transport, InternetChecksum.update(checksum, oldPort, port));
            return;
        }
        frame.setShort(transport + offset, port);
        boolean isUdp = protocol == Ipv4Header.PROTOCOL_UDP;
        int field = transport + (isUdp ? UdpHeader.CHECKSUM_OFFSET : TcpHeader.CHECKSUM_OFFSET);
        if (field + Short.BYTES > frame.writerIndex()) {
            return; // A quote that ends before.
        }
        int checksum = frame.getUnsignedShort(field);
        if (partial) {
            // So far the sum of the pseudo header, which has the addresses and not the ports.
            int sum = InternetChecksum.complement(
                    InternetChecksum.update32(InternetChecksum.complement(checksum), oldAddress, address));
            frame.setShort(field, sum);
        } else if (!isUdp || checksum != 0) {
            int updated =
                    InternetChecksum.update(InternetChecksum.update32(checksum, oldAddress, address), oldPort, port);
            frame.setShort(field, isUdp ? InternetChecksum.udp(updated) : updated);
        }
    }
}
