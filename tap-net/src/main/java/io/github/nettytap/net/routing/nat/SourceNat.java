/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.nat;

import io.github.nettytap.codec.wire.Icmpv4Header;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.net.routing.packet.Ipv4Packets;
import io.github.nettytap.net.routing.packet.PacketSize;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.buffer.ByteBuf;

import java.util.function.LongSupplier;

/**
 * Source NAT: what leaves through some ports does so with the router's address, and the answers find back.
 *
 * <p>For TCP, UDP and pings, and for the ICMP errors about them, whichever side they come from (RFC 5508, section 4). GsoFrames
 * and partial checksums stay what they are. Fragments go the way of the first of their datagram, the only one with ports.
 */
public final class SourceNat {

    private static final int CONNECTIONS = 65_536;
    private static final int PORTS_LENGTH = 8;
    private static final int TCP_FLAGS = 13;
    private static final int IDENTIFIER = 4;
    private static final int VERSION = 4;
    private static final int NONE = -1;

    private final Output output;
    private final LongSupplier clock;
    private final ConnectionTable connections = new ConnectionTable(CONNECTIONS);
    private final FragmentedDatagrams fragments = new FragmentedDatagrams();

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
        fragments.expire(clock.getAsLong());
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
        if (!Ipv4Packets.isFirstFragment(frame, ip)) {
            return fragments.find(frame, ip, clock.getAsLong());
        }
        if (isError(frame, ip)) {
            return ofError(frame, ip);
        }
        if (!parse(frame, ip, frame.writerIndex())) {
            return null;
        }
        Connection connection = fromOutside(frame, ip);
        if (connection != null) {
            connection.see(clock.getAsLong(), false, tcpFlags);
            rememberFragment(frame, ip, connection);
        }
        return connection;
    }

    private void rememberFragment(ByteBuf frame, int ip, Connection connection) {
        if (Ipv4Header.isFragment(frame, ip)) {
            fragments.remember(frame, ip, connection, clock.getAsLong());
        }
    }

    /** The connection of a parsed packet on its way in. */
    private Connection fromOutside(ByteBuf frame, int ip) {
        return connections.ofOutside(
                protocol, Ipv4Header.destination(frame, ip), destinationPort, Ipv4Header.source(frame, ip), sourcePort);
    }

    /** The connection of a packet that was parsed on its way in, and has the address inside. */
    private Connection restored(ByteBuf frame, int ip) {
        return connections.ofInside(
                protocol, Ipv4Header.destination(frame, ip), destinationPort, Ipv4Header.source(frame, ip), sourcePort);
    }

    /** The connection of a packet that was parsed on its way out, and has the address outside. */
    private Connection translated(ByteBuf frame, int ip) {
        return connections.ofOutside(
                protocol, Ipv4Header.source(frame, ip), sourcePort, Ipv4Header.destination(frame, ip), destinationPort);
    }

    private static boolean isError(ByteBuf frame, int ip) {
        int icmp = ip + Ipv4Header.headerLength(frame, ip);
        if (Ipv4Header.protocol(frame, ip) != Ipv4Header.PROTOCOL_ICMP
                || Ipv4Header.isFragment(frame, ip)
                || frame.writerIndex() - icmp < Icmpv4Header.LENGTH) {
            return false;
        }
        int type = Icmpv4Header.type(frame, icmp);
        return type == Icmpv4Header.DESTINATION_UNREACHABLE
                || type == Icmpv4Header.TIME_EXCEEDED
                || type == Icmpv4Header.PARAMETER_PROBLEM;
    }

    /** Parses the packet that a sound error quotes, and returns the index of its header; {@link #NONE} if there is none. */
    private int parseQuote(ByteBuf frame, int ip) {
        int icmp = ip + Ipv4Header.headerLength(frame, ip);
        int limit = frame.writerIndex();
        int quote = icmp + Icmpv4Header.LENGTH;
        boolean isSound = limit - quote >= Ipv4Header.MIN_LENGTH
                && !PacketSize.isChecksumPartial(frame, output.vnetHeaderSize())
                && Icmpv4Header.isChecksumValid(frame, icmp, limit - icmp)
                && frame.getUnsignedByte(quote) >>> 4 == VERSION
                && Ipv4Header.headerLength(frame, quote) >= Ipv4Header.MIN_LENGTH
                && Ipv4Packets.isFirstFragment(frame, quote)
                && parse(frame, quote, limit);
        return isSound ? quote : NONE;
    }

    private Connection ofError(ByteBuf frame, int ip) {
        int quote = parseQuote(frame, ip);
        return quote == NONE || Ipv4Header.source(frame, quote) != Ipv4Header.destination(frame, ip)
                ? null
                : translated(frame, quote);
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
        if (!outside.addresses().hasIpv4()) {
            return false;
        }
        if (!Ipv4Packets.isFirstFragment(frame, ip)) {
            Connection connection = fragments.find(frame, ip, clock.getAsLong());
            if (connection != null) {
                writeSource(frame, ip, connection.outsideAddress);
            }
            return connection != null;
        }
        if (isError(frame, ip)) {
            return translateError(frame, ip);
        }
        if (!parse(frame, ip, frame.writerIndex()) || protocol == Ipv4Header.PROTOCOL_ICMP && destinationPort != 0) {
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
        rememberFragment(frame, ip, connection);
        rewriteSource(frame, ip, connection.outsideAddress, connection.outsidePort, isPartial(frame));
        return true;
    }

    /** An error of a host or router inside, about a packet of a connection: it quotes what nobody outside knows. */
    private boolean translateError(ByteBuf frame, int ip) {
        int quote = parseQuote(frame, ip);
        Connection connection = quote == NONE ? null : restored(frame, quote);
        if (connection == null) {
            return false;
        }
        rewriteDestination(frame, quote, connection.outsideAddress, connection.outsidePort, false);
        writeSource(frame, ip, connection.outsideAddress);
        updateIcmpChecksum(frame, ip);
        return true;
    }

    /**
     * Gives an answer, or an error, the address that its connection has inside.
     *
     * @param frame changed in place
     * @param ip the index of its IPv4 header
     */
    public void restore(ByteBuf frame, int ip, Connection connection) {
        if (!Ipv4Packets.isFirstFragment(frame, ip)) {
            writeDestination(frame, ip, connection.insideAddress);
        } else if (isError(frame, ip)) {
            int quote = parseQuote(frame, ip);
            rewriteSource(frame, quote, connection.insideAddress, connection.insidePort, false);
            writeDestination(frame, ip, connection.insideAddress);
            updateIcmpChecksum(frame, ip);
        } else {
            parse(frame, ip, frame.writerIndex());
            rewriteDestination(frame, ip, connection.insideAddress, connection.insidePort, isPartial(frame));
        }
    }

    /**
     * Takes a translation back, so that an error about the packet quotes what its sender has sent. Others stay as they are.
     *
     * @param frame changed in place
     * @param ip the index of its IPv4 header
     * @param from the port that it came in through
     */
    public void undo(ByteBuf frame, int ip, RouterPort from) {
        if (!Ipv4Packets.isFirstFragment(frame, ip) || !parse(frame, ip, frame.writerIndex())) {
            return;
        }
        Connection connection = from.translates() ? restored(frame, ip) : translated(frame, ip);
        if (connection == null) {
            return;
        }
        if (from.translates()) {
            rewriteDestination(frame, ip, connection.outsideAddress, connection.outsidePort, isPartial(frame));
        } else {
            rewriteSource(frame, ip, connection.insideAddress, connection.insidePort, isPartial(frame));
        }
    }

    /** Whether the checksum of what was parsed is partial, and not that of a packet inside it, as of a tunnel. */
    private boolean isPartial(ByteBuf frame) {
        int header = output.vnetHeaderSize();
        return PacketSize.isChecksumPartial(frame, header)
                && frame.readerIndex() + header + VirtioNetHeader.checksumStart(frame, frame.readerIndex())
                        == transport;
    }

    private void rewriteSource(ByteBuf frame, int ip, int address, int port, boolean partial) {
        int old = Ipv4Header.source(frame, ip);
        writeSource(frame, ip, address);
        rewritePort(frame, 0, sourcePort, port, old, address, partial);
    }

    private void rewriteDestination(ByteBuf frame, int ip, int address, int port, boolean partial) {
        int old = Ipv4Header.destination(frame, ip);
        writeDestination(frame, ip, address);
        rewritePort(frame, Short.BYTES, destinationPort, port, old, address, partial);
    }

    private static void writeSource(ByteBuf frame, int ip, int address) {
        int old = Ipv4Header.source(frame, ip);
        Ipv4Header.source(frame, ip, address);
        updateHeaderChecksum(frame, ip, old, address);
    }

    private static void writeDestination(ByteBuf frame, int ip, int address) {
        int old = Ipv4Header.destination(frame, ip);
        Ipv4Header.destination(frame, ip, address);
        updateHeaderChecksum(frame, ip, old, address);
    }

    private static void updateIcmpChecksum(ByteBuf frame, int ip) {
        int icmp = ip + Ipv4Header.headerLength(frame, ip);
        Icmpv4Header.updateChecksum(frame, icmp, frame.writerIndex() - icmp);
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
