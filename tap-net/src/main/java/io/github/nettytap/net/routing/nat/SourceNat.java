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
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.packet.Ipv4Packets;
import io.github.nettytap.net.routing.packet.PacketSize;
import io.github.nettytap.net.table.TableCounter;
import io.netty.buffer.ByteBuf;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Source NAT: what leaves through some ports does so with the router's address, and the answers find back.
 *
 * <ul>
 *   <li>A port inside has the same port outside for all remote ends, the same number if that is free, and is reached
 *       from inside by it too: endpoint-independent mapping and hairpinning of RFC 4787, RFC 5382 and RFC 5508.
 *   <li>Only the remote end that a host has talked to gets in: address- and port-dependent filtering. Ports that are
 *       {@linkplain #addForward forwarded} are open to everybody, and nothing else is.
 *   <li>Each host inside has a budget of connections. What was never answered goes first when there are too many.
 *   <li>TCP, UDP and pings, and the ICMP errors about them, whichever side they come from (RFC 5508, section 4). GSO
 *       frames and partial checksums stay what they are. Fragments go the way of the first of their datagram, the only
 *       one with ports.
 * </ul>
 *
 * <p>Used by one thread. A frame stays the caller's; it is changed in place, where it is said so.
 */
public final class SourceNat {

    private static final int PORTS_LENGTH = 8;
    private static final int TCP_FLAGS = 13;
    private static final int IDENTIFIER = 4;
    private static final int VERSION = 4;
    private static final int NONE = -1;

    private final int vnetHeaderSize;
    private final LongSupplier clock;
    private final Connections connections;
    private final FragmentedDatagrams fragments = new FragmentedDatagrams();

    // What parse has found.
    private int protocol;
    private int transport;
    private int sourcePort;
    private int destinationPort;
    private int tcpFlags;

    /** The connection of the last packet to leave, which is mostly that of the next one too. */
    private Connection last;

    /**
     * A NAT without connections.
     *
     * @param vnetHeader the virtio-net header in front of each frame
     * @param clock milliseconds that only grow
     * @param settings how much it remembers, and for how long
     */
    public SourceNat(VnetHeader vnetHeader, LongSupplier clock, NatSettings settings) {
        vnetHeaderSize = vnetHeader.length();
        this.clock = clock;
        connections = new Connections(settings);
    }

    /** What has come of a packet that was to leave. */
    public enum Translation {
        /** It has the address outside, and may leave. */
        DONE,
        /**
         * It is not to leave: a later fragment without its first, an unknown protocol, an error about nothing known.
         */
        IMPOSSIBLE,
        /** It is not to leave: there is no room for its connection. */
        FULL
    }

    /** To be called about once a second. */
    public void tick() {
        long now = clock.getAsLong();
        connections.tick(now);
        fragments.tick(now);
    }

    /**
     * A connection, for people to read.
     *
     * @param protocol {@code tcp}, {@code udp}, {@code icmp} or a number
     * @param inside address and port of the host inside
     * @param outside address and port that it has outside
     * @param remote address and port of the other side
     */
    public record Entry(String protocol, String inside, String outside, String remote) {}

    /**
     * The connections of this moment. On the event loop, whose time it takes.
     *
     * @param most how many at most
     * @return in no order
     */
    public List<Entry> entries(int most) {
        List<Entry> entries = new ArrayList<>();
        connections.forEach(connection -> {
            if (entries.size() < most) {
                Mapping mapping = connection.mapping;
                String protocol =
                        switch (mapping.protocol) {
                            case Ipv4Header.PROTOCOL_TCP -> "tcp";
                            case Ipv4Header.PROTOCOL_UDP -> "udp";
                            case Ipv4Header.PROTOCOL_ICMP -> "icmp";
                            default -> String.valueOf(mapping.protocol);
                        };
                entries.add(new Entry(
                        protocol,
                        end(mapping.insideAddress, mapping.insidePort),
                        end(mapping.outsideAddress, mapping.outsidePort),
                        end(connection.remoteAddress, connection.remotePort)));
            }
        });
        return entries;
    }

    private static String end(int address, int port) {
        return (address >>> 24) + "." + (address >>> 16 & 0xff) + "." + (address >>> 8 & 0xff) + "." + (address & 0xff)
                + ":" + port;
    }

    /** How many connections are known. Any thread may ask. */
    public int size() {
        return connections.size();
    }

    /** How many connections there may be. */
    public int capacity() {
        return connections.capacity();
    }

    /** How often a connection was added, evicted, refused. Any thread may ask. */
    public long count(TableCounter counter) {
        return connections.count(counter);
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
        if (!parse(frame, ip, frame.writerIndex()) || !isRewritable(frame)) {
            return null;
        }
        Connection connection = connections.find(
                protocol, Ipv4Header.destination(frame, ip), destinationPort, Ipv4Header.source(frame, ip), sourcePort);
        if (connection != null) {
            connections.see(connection, false, tcpFlags, clock.getAsLong());
            rememberFragment(frame, ip, connection);
        }
        return connection;
    }

    /**
     * Reserves a port outside for a host inside.
     *
     * @param outsideAddress the router's address outside, as bits
     * @return what will have come of it
     * @throws IllegalArgumentException if it is reserved already
     */
    public ForwardedPort addForward(PortForward forward, int outsideAddress) {
        return connections.addForward(forward, outsideAddress);
    }

    /** Takes back what {@link #addForward} has reserved of an address, and ends the connections by it. */
    public void removeForwards(int outsideAddress) {
        connections.removeForwards(outsideAddress);
    }

    /** The ports that are forwarded. Any thread may ask. */
    public List<ForwardedPort> forwardedPorts() {
        return connections.forwardedPorts();
    }

    /**
     * Begins the connection of a packet to a port that is forwarded.
     *
     * @param frame unchanged; {@link #ofReply} has found no connection
     * @param ip the index of its IPv4 header
     * @return null if the port is not forwarded, or there is no room
     */
    public Connection ofForward(ByteBuf frame, int ip) {
        if (connections.forwardedPorts().isEmpty()
                || !Ipv4Packets.isFirstFragment(frame, ip)
                || !parse(frame, ip, frame.writerIndex())
                || protocol == Ipv4Header.PROTOCOL_ICMP
                || !isRewritable(frame)
                || (tcpFlags & TcpHeader.FLAG_RST) != 0) {
            return null;
        }
        Mapping mapping = connections.ofPort(protocol, Ipv4Header.destination(frame, ip), destinationPort);
        if (mapping == null || mapping.forwarded == null) {
            return null;
        }
        long now = clock.getAsLong();
        Connection connection = connections.accept(mapping, Ipv4Header.source(frame, ip), sourcePort, now);
        if (connection != null) {
            connections.see(connection, false, tcpFlags, now);
            rememberFragment(frame, ip, connection);
        }
        return connection;
    }

    private void rememberFragment(ByteBuf frame, int ip, Connection connection) {
        if (Ipv4Header.isFragment(frame, ip)) {
            fragments.remember(frame, ip, connection, clock.getAsLong());
        }
    }

    /**
     * The host inside that a packet from inside to an address outside is for: RFC 4787, REQ-9. The packet is then to be
     * translated as if it left, and to be looked at as if it came in.
     *
     * @param frame unchanged
     * @param ip the index of its IPv4 header
     * @return its address, or 0 if there is none
     */
    public int hairpinTarget(ByteBuf frame, int ip) {
        int outsideAddress = Ipv4Header.destination(frame, ip);
        if (isError(frame, ip)) {
            // RFC 5508, REQ-7: it quotes what its sender has got, which came from the address outside.
            int quote = parseQuote(frame, ip);
            return quote == NONE || Ipv4Header.source(frame, quote) != outsideAddress
                    ? 0
                    : insideOf(protocol, outsideAddress, sourcePort);
        }
        if (Ipv4Header.protocol(frame, ip) == Ipv4Header.PROTOCOL_ICMP
                || Ipv4Header.isFragment(frame, ip)
                || !parse(frame, ip, frame.writerIndex())) {
            return 0;
        }
        return insideOf(protocol, outsideAddress, destinationPort);
    }

    private int insideOf(int protocol, int outsideAddress, int outsidePort) {
        Mapping mapping = connections.ofPort(protocol, outsideAddress, outsidePort);
        return mapping == null ? 0 : mapping.insideAddress;
    }

    /** The connection of a packet that was parsed on its way in, and has the address inside. */
    private Connection restored(ByteBuf frame, int ip, int outsideAddress) {
        int inside = Ipv4Header.destination(frame, ip);
        Connection forwarded =
                connections.findForwarded(protocol, inside, destinationPort, Ipv4Header.source(frame, ip), sourcePort);
        if (forwarded != null) {
            return forwarded;
        }
        Mapping mapping = connections.ofInside(protocol, inside, destinationPort, outsideAddress);
        return mapping == null
                ? null
                : connections.find(
                        protocol, outsideAddress, mapping.outsidePort, Ipv4Header.source(frame, ip), sourcePort);
    }

    /** The connection of a packet that was parsed on its way out, and has the address outside. */
    private Connection translated(ByteBuf frame, int ip) {
        return connections.find(
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

    /**
     * Parses the packet that a sound error quotes, and returns the index of its header; {@link #NONE} if there is none.
     */
    private int parseQuote(ByteBuf frame, int ip) {
        int icmp = ip + Ipv4Header.headerLength(frame, ip);
        int limit = frame.writerIndex();
        int quote = icmp + Icmpv4Header.LENGTH;
        boolean isSound = limit - quote >= Ipv4Header.MIN_LENGTH
                && !PacketSize.isChecksumPartial(frame, vnetHeaderSize)
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

    /**
     * Finds the ports, of a packet or of one that is quoted, of which only eight bytes behind the header may be there.
     */
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

    /** Whether the checksum of what was parsed is there to be mended: a first fragment of TCP may end before it. */
    private boolean isRewritable(ByteBuf frame) {
        return protocol != Ipv4Header.PROTOCOL_TCP || frame.writerIndex() - transport >= TcpHeader.MIN_LENGTH;
    }

    /**
     * Gives a packet that leaves an address outside as its source.
     *
     * @param frame changed in place
     * @param ip the index of its IPv4 header
     * @param outsideAddress the address
     */
    public Translation translate(ByteBuf frame, int ip, int outsideAddress) {
        if (!Ipv4Packets.isFirstFragment(frame, ip)) {
            Connection connection = fragments.find(frame, ip, clock.getAsLong());
            if (connection != null) {
                writeSource(frame, ip, connection.mapping.outsideAddress);
            }
            return connection == null ? Translation.IMPOSSIBLE : Translation.DONE;
        }
        if (isError(frame, ip)) {
            return translateError(frame, ip, outsideAddress) ? Translation.DONE : Translation.IMPOSSIBLE;
        }
        if (!parse(frame, ip, frame.writerIndex()) || !isRewritable(frame) || isEchoReply(frame)) {
            return Translation.IMPOSSIBLE;
        }
        long now = clock.getAsLong();
        Connection connection = leaving(frame, ip, outsideAddress, now);
        if (connection == null) {
            return Translation.FULL;
        }
        connections.see(connection, true, tcpFlags, now);
        rememberFragment(frame, ip, connection);
        Mapping mapping = connection.mapping;
        rewriteSource(frame, ip, mapping.outsideAddress, mapping.outsidePort, isPartial(frame));
        return Translation.DONE;
    }

    /** A host inside answers what nobody outside has asked by way of NAT: RFC 5508, REQ-4. */
    private boolean isEchoReply(ByteBuf frame) {
        return protocol == Ipv4Header.PROTOCOL_ICMP && Icmpv4Header.type(frame, transport) == Icmpv4Header.ECHO_REPLY;
    }

    /** The connection of a parsed packet that leaves, found or made; null if there is no room. */
    private Connection leaving(ByteBuf frame, int ip, int outsideAddress, long now) {
        int source = Ipv4Header.source(frame, ip);
        int destination = Ipv4Header.destination(frame, ip);
        Connection connection = last;
        if (connection != null
                && connection.isInTable()
                && connection.remoteAddress == destination
                && connection.remotePort == destinationPort
                && connection.mapping.insideAddress == source
                && connection.mapping.insidePort == sourcePort
                && connection.mapping.protocol == protocol
                && connection.mapping.outsideAddress == outsideAddress) {
            return connection;
        }
        connection = connections.findForwarded(protocol, source, sourcePort, destination, destinationPort);
        if (connection != null) {
            // By the address outside that the remote end knows, whichever the packet would leave with otherwise.
            last = connection;
            return connection;
        }
        Mapping mapping = connections.ofInside(protocol, source, sourcePort, outsideAddress);
        if (mapping == null) {
            mapping = connections.addMapping(protocol, source, sourcePort, outsideAddress, now);
            if (mapping == null) {
                return null;
            }
        }
        connection = connections.find(protocol, outsideAddress, mapping.outsidePort, destination, destinationPort);
        if (connection == null) {
            connection = connections.add(mapping, destination, destinationPort, now);
        }
        last = connection;
        return connection;
    }

    /** An error of a host or router inside, about a packet of a connection: it quotes what nobody outside knows. */
    private boolean translateError(ByteBuf frame, int ip, int outsideAddress) {
        int quote = parseQuote(frame, ip);
        Connection connection = quote == NONE ? null : restored(frame, quote, outsideAddress);
        if (connection == null) {
            return false;
        }
        Mapping mapping = connection.mapping;
        rewriteDestination(frame, quote, mapping.outsideAddress, mapping.outsidePort, false);
        writeSource(frame, ip, mapping.outsideAddress);
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
            writeDestination(frame, ip, connection.mapping.insideAddress);
        } else if (isError(frame, ip)) {
            int quote = parseQuote(frame, ip);
            rewriteSource(frame, quote, connection.mapping.insideAddress, connection.mapping.insidePort, false);
            writeDestination(frame, ip, connection.mapping.insideAddress);
            updateIcmpChecksum(frame, ip);
        } else {
            parse(frame, ip, frame.writerIndex());
            rewriteDestination(
                    frame, ip, connection.mapping.insideAddress, connection.mapping.insidePort, isPartial(frame));
        }
    }

    /**
     * Takes a translation back, so that an error about the packet quotes what its sender has sent. Others stay as they
     * are.
     *
     * @param frame changed in place
     * @param ip the index of its IPv4 header
     * @param outsideAddress the address that the packet was sent to from outside; 0 if it came from inside
     */
    public void undo(ByteBuf frame, int ip, int outsideAddress) {
        if (!Ipv4Packets.isFirstFragment(frame, ip) || !parse(frame, ip, frame.writerIndex())) {
            return;
        }
        boolean fromOutside = outsideAddress != 0;
        Connection connection = fromOutside ? restored(frame, ip, outsideAddress) : translated(frame, ip);
        if (connection == null) {
            return;
        }
        Mapping mapping = connection.mapping;
        if (fromOutside) {
            rewriteDestination(frame, ip, mapping.outsideAddress, mapping.outsidePort, isPartial(frame));
        } else {
            rewriteSource(frame, ip, mapping.insideAddress, mapping.insidePort, isPartial(frame));
        }
    }

    /** Whether the checksum of what was parsed is partial, and not that of a packet inside it, as of a tunnel. */
    private boolean isPartial(ByteBuf frame) {
        return PacketSize.isChecksumPartial(frame, vnetHeaderSize)
                && frame.readerIndex() + vnetHeaderSize + VirtioNetHeader.checksumStart(frame, frame.readerIndex())
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
