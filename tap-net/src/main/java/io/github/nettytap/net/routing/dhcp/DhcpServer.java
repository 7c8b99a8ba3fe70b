/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dhcp;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.Wire;
import io.github.nettytap.net.routing.dns.HostNames;
import io.github.nettytap.net.routing.packet.DomainNames;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.packet.Ipv4Packets;
import io.github.nettytap.net.routing.packet.PacketSize;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.buffer.ByteBuf;

import java.net.Inet4Address;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Leases addresses to the hosts of one link: RFC 2131 and RFC 2132, without relays.
 *
 * <ul>
 *   <li>A client is known by its client identifier, or else its MAC address; some always get the same address.
 *   <li>Before an address is offered to somebody new, whoever has it already is asked for by ARP (RFC 2131, section
 *       2.2).
 *   <li>Who is another server's client hears nothing, whether it refuses our offer, or comes back with an address of
 *       its own while it has no lease of ours (RFC 2131, section 4.3.2).
 *   <li>Leases outlive the router in a file, if there is one.
 * </ul>
 *
 * <p>Used on the event loop of the router. Each message costs a bounded number of steps, however large the pool.
 */
public final class DhcpServer {

    public static final int SERVER_PORT = 67;
    private static final int CLIENT_PORT = 68;

    private static final int DISCOVER = 1;
    private static final int OFFER = 2;
    private static final int REQUEST = 3;
    private static final int DECLINE = 4;
    private static final int ACK = 5;
    private static final int NAK = 6;
    private static final int RELEASE = 7;
    private static final int INFORM = 8;

    private static final int OPTION_MTU = 26;
    private static final int OPTION_LEASE_TIME = 51;

    /** RFC 951: what old clients expect at least. */
    private static final int LEAST_LENGTH = 300;

    private static final int BROADCAST = 0xffff_ffff;

    private final RouterPort port;
    private final DhcpPool pool;
    private final DhcpLeases leases;
    private final HostNames names;
    private final DhcpLeaseFile file;
    private final DhcpProbes probes;
    private final Output output;
    private final AtomicLong refused = new AtomicLong();
    private final int own;
    private final int mask;

    /**
     * A server for the hosts behind a port, which may be called as they like.
     *
     * @param network the network of the leased addresses, with the router's own
     * @param clock milliseconds that only grow
     * @param file where leases are kept, owned by this server from now on; null for nowhere
     */
    public DhcpServer(
            RouterPort port, DhcpPool pool, Cidr network, Output output, LongSupplier clock, DhcpLeaseFile file) {
        this(port, pool, network, output, clock, file, new HostNames(clock));
    }

    /**
     * A server for the hosts behind a port.
     *
     * @param network the network of the leased addresses, with the router's own
     * @param clock milliseconds that only grow
     * @param file where leases are kept, owned by this server from now on; null for nowhere
     * @param names where the names of clients go
     */
    public DhcpServer(
            RouterPort port,
            DhcpPool pool,
            Cidr network,
            Output output,
            LongSupplier clock,
            DhcpLeaseFile file,
            HostNames names) {
        this.names = names;
        this.port = port;
        this.pool = pool;
        this.output = output;
        this.file = file;
        leases = new DhcpLeases(pool, clock, file == null ? (address, client, millis) -> {} : file::record);
        probes = new DhcpProbes(port, output, clock);
        own = (int) IpAddress.low(network.address());
        mask = network.prefixLength() == 0 ? 0 : -1 << Integer.SIZE - network.prefixLength();
        if (file != null) {
            long seconds = System.currentTimeMillis() / 1_000;
            for (DhcpLeaseFile.Line line : file.lines()) {
                restore(line, (line.endSeconds() - seconds) * 1_000);
            }
        }
    }

    private void restore(DhcpLeaseFile.Line line, long millis) {
        boolean isRestored = leases.restore(line.address(), line.client(), millis);
        if (isRestored && millis > 0 && line.name() != null) {
            long most = Math.min(millis, pool.leaseTime().toMillis());
            names.leased(line.address(), line.client().toString(), most, line.name(), pool.domain());
        }
    }

    /** How many addresses the pool has. */
    public int size() {
        return pool.size();
    }

    /** How many messages of clients found no address left. Any thread may ask. */
    public long refused() {
        return refused.get();
    }

    /** How many addresses of the pool are leased, those of configured clients not counted. Any thread may ask. */
    public int leased() {
        return leases.leased();
    }

    /** To be called a few times a second: offers what nobody has claimed when asked. */
    public void tick() {
        for (DhcpProbes.Probe probe = probes.pollDone(); probe != null; probe = probes.pollDone()) {
            try {
                reply(probe.request, probe.message, probe.end, OFFER, probe.address);
            } finally {
                probe.request.release();
            }
        }
    }

    /** Ends what waits, and writes what is to be kept. Waits for the disk. */
    public void close() {
        probes.close();
        if (file != null) {
            file.close();
        }
    }

    /** A host of the link has said by ARP that it has an address. */
    public void heard(int address, long mac) {
        DhcpProbes.Probe probe = probes.claimed(address, mac);
        if (probe == null) {
            return;
        }
        // Somebody has it who did not ask us. The client is offered another.
        try {
            leases.decline(probe.client, address);
            discover(probe.request, probe.message, probe.end, probe.client, probe.mac, 0);
        } finally {
            probe.request.release();
        }
    }

    /**
     * Takes a UDP packet for the port of DHCP servers.
     *
     * @param frame still the caller's
     * @param ip the index of its IPv4 header
     */
    public void receive(ByteBuf frame, int ip) {
        PacketSize.completeChecksum(frame, output.vnetHeaderSize());
        int udp = ip + Ipv4Header.headerLength(frame, ip);
        int limit = frame.writerIndex();
        if (UdpHeader.check(frame, udp, limit) == Wire.MALFORMED || !isChecksumValid(frame, ip, udp)) {
            return;
        }
        int message = udp + UdpHeader.LENGTH;
        int end = udp + UdpHeader.length(frame, udp);
        if (!DhcpMessage.isRequest(frame, message, end)) {
            return;
        }
        int type = DhcpMessage.octetOption(frame, message, end, DhcpMessage.OPTION_TYPE);
        long mac = MacAddress.read(frame, message + DhcpMessage.CLIENT_MAC);
        int server = DhcpMessage.intOption(frame, message, end, DhcpMessage.OPTION_SERVER);
        if (MacAddress.isGroup(mac)) {
            return; // The answer would go to all of them.
        }
        ClientId client = DhcpMessage.client(frame, message, end);
        int current = frame.getInt(message + DhcpMessage.CLIENT_ADDRESS);
        int wished = DhcpMessage.intOption(frame, message, end, DhcpMessage.OPTION_REQUESTED);
        boolean isOurs = server == 0 || server == own;
        switch (type) {
            case DISCOVER -> discover(frame, message, end, client, mac, wished);
            case REQUEST -> {
                if (isOurs) {
                    boolean isToUs = Ipv4Header.destination(frame, ip) == own;
                    request(frame, message, end, client, mac, wished, server == own, isToUs);
                } else {
                    // It has taken the offer of another server.
                    probes.cancel(client);
                    leases.withdraw(client);
                }
            }
            case DECLINE -> {
                if (isOurs) {
                    leases.decline(client, wished);
                    names.ended(wished, client.toString());
                }
            }
            case RELEASE -> {
                if (isOurs) {
                    leases.release(client, current);
                    names.ended(current, client.toString());
                }
            }
            case INFORM -> {
                if (current != 0) {
                    reply(frame, message, end, ACK, 0);
                }
            }
            default -> {
                // No message of a client.
            }
        }
    }

    private void discover(ByteBuf frame, int message, int end, ClientId client, long mac, int wished) {
        int fixed = pool.fixedAddress(mac);
        if (fixed != 0) {
            reply(frame, message, end, OFFER, fixed);
            return;
        }
        int had = leases.addressOf(client);
        int offered = leases.offer(client, wished);
        if (offered == 0) {
            refused.lazySet(refused.get() + 1);
            return;
        }
        // Who comes back to its address is there itself; and who asks too often waits for nobody.
        boolean isAsked = offered != had && probes.ask(frame, message, end, client, mac, offered);
        if (!isAsked && !probes.isAsking(client)) {
            reply(frame, message, end, OFFER, offered);
        }
    }

    /** RFC 2131, section 4.3.2: what the client is at is told by what it leaves out. */
    private void request(
            ByteBuf frame,
            int message,
            int end,
            ClientId client,
            long mac,
            int wished,
            boolean isSelecting,
            boolean isToUs) {
        int current = frame.getInt(message + DhcpMessage.CLIENT_ADDRESS);
        int address = wished != 0 ? wished : current;
        if (address == 0) {
            return;
        }
        boolean isKnown = leases.isLeased(client) || leases.addressOf(client) == address;
        boolean isRenewing = current != 0 && isToUs;
        // A client that has just started or lost its server, and has no lease of ours, is somebody else's: an offer
        // that
        // it did not take, or a lease that is over, says nothing against the address that it has.
        boolean isStranger = !isKnown && !isSelecting && !isRenewing;
        int fixed = pool.fixedAddress(mac);
        if (fixed != 0) {
            if (address == fixed) {
                name(frame, message, end, client, address);
            }
            reply(frame, message, end, address == fixed ? ACK : NAK, address == fixed ? address : 0);
        } else if (((address ^ own) & mask) != 0) {
            reply(frame, message, end, NAK, 0);
        } else if (isStranger) {
            return;
        } else if (leases.lease(client, address, isSelecting)) {
            String name = name(frame, message, end, client, address);
            if (file != null && name != null) {
                file.name(address, name);
            }
            reply(frame, message, end, ACK, address);
        } else {
            reply(frame, message, end, NAK, 0);
        }
    }

    /** The client is found by what it says it is called, if nobody else is; returns that, or null. */
    private String name(ByteBuf frame, int message, int end, ClientId client, int address) {
        String wish = DhcpMessage.hostName(frame, message, end);
        return names.leased(address, client.toString(), pool.leaseTime().toMillis(), wish, pool.domain());
    }

    private static boolean isChecksumValid(ByteBuf frame, int ip, int udp) {
        int length = UdpHeader.length(frame, udp);
        int pseudo = InternetChecksum.pseudoHeaderV4(frame, ip, Ipv4Header.PROTOCOL_UDP, length);
        return UdpHeader.checksum(frame, udp) == 0 || InternetChecksum.sum(frame, udp, length, pseudo) == 0xffff;
    }

    private void reply(ByteBuf request, int message, int requestEnd, int type, int address) {
        // RFC 6842: who names itself is answered by that name.
        ByteBuf identifier = DhcpMessage.clientIdentifier(request, message, requestEnd);
        int names = pool.domain() == null ? 0 : 2 + pool.domain().length();
        names += pool.search().isEmpty() ? 0 : 2 + DomainNames.encodedLength(pool.search());
        int room = DhcpMessage.OPTIONS + 64 + 4 * pool.nameServers().size() + names + identifier.readableBytes();
        ByteBuf frame = output.newFrame(
                port,
                EthernetHeader.TYPE_IPV4,
                Ipv4Header.MIN_LENGTH + UdpHeader.LENGTH + Math.max(LEAST_LENGTH, room));
        int ip = output.ipIndex(frame);
        int udp = ip + Ipv4Header.MIN_LENGTH;
        int answer = udp + UdpHeader.LENGTH;
        frame.setZero(answer, frame.writerIndex() - answer);
        DhcpMessage.writeReply(frame, answer, request, message, address);
        if (type == NAK) {
            frame.setInt(answer + DhcpMessage.CLIENT_ADDRESS, 0); // RFC 2131, table 3.
        }
        int end = writeOptions(frame, answer + DhcpMessage.OPTIONS, type, address);
        frame.setBytes(end, identifier, identifier.readerIndex(), identifier.readableBytes());
        frame.setByte(end + identifier.readableBytes(), DhcpMessage.OPTION_END);

        long client = MacAddress.read(request, message + DhcpMessage.CLIENT_MAC);
        int current = request.getInt(message + DhcpMessage.CLIENT_ADDRESS);
        int destination = type == NAK ? BROADCAST : current != 0 ? current : address;
        boolean isToAll = destination == BROADCAST || current == 0 && DhcpMessage.wantsBroadcast(request, message);
        if (isToAll) {
            destination = BROADCAST;
        }
        int length = frame.writerIndex() - udp;
        Ipv4Packets.write(frame, ip, Ipv4Header.MIN_LENGTH + length, Ipv4Header.PROTOCOL_UDP, own, destination);
        UdpHeader.sourcePort(frame, udp, SERVER_PORT);
        UdpHeader.destinationPort(frame, udp, CLIENT_PORT);
        UdpHeader.length(frame, udp, length);
        UdpHeader.checksum(frame, udp, 0);
        int pseudo = InternetChecksum.pseudoHeaderV4(frame, ip, Ipv4Header.PROTOCOL_UDP, length);
        int sum = InternetChecksum.sum(frame, udp, length, pseudo);
        UdpHeader.checksum(frame, udp, InternetChecksum.udp(InternetChecksum.complement(sum)));
        output.send(frame, port, isToAll ? MacAddress.BROADCAST.value() : client);
    }

    private int writeOptions(ByteBuf frame, int index, int type, int address) {
        frame.setByte(index, DhcpMessage.OPTION_TYPE).setByte(index + 1, 1).setByte(index + 2, type);
        int end = DhcpMessage.writeInt(frame, index + 3, DhcpMessage.OPTION_SERVER, own);
        if (type != NAK) {
            if (address != 0) {
                end = DhcpMessage.writeInt(
                        frame, end, OPTION_LEASE_TIME, (int) pool.leaseTime().toSeconds());
            }
            end = DhcpMessage.writeInt(frame, end, DhcpMessage.OPTION_MASK, mask);
            end = DhcpMessage.writeInt(frame, end, DhcpMessage.OPTION_ROUTER, own);
            frame.setByte(end, OPTION_MTU).setByte(end + 1, Short.BYTES).setShort(end + 2, port.mtu());
            end += 4;
            List<Inet4Address> servers = pool.nameServers();
            if (!servers.isEmpty()) {
                frame.setByte(end, DhcpMessage.OPTION_NAME_SERVERS).setByte(end + 1, servers.size() * Integer.BYTES);
                end += 2;
                for (Inet4Address server : servers) {
                    frame.setInt(end, (int) IpAddress.low(server));
                    end += Integer.BYTES;
                }
            }
            end = writeNames(frame, end);
        }
        return end;
    }

    private int writeNames(ByteBuf frame, int index) {
        int end = index;
        if (pool.domain() != null) {
            frame.setByte(end, DhcpMessage.OPTION_DOMAIN)
                    .setByte(end + 1, pool.domain().length());
            frame.setCharSequence(end + 2, pool.domain(), StandardCharsets.US_ASCII);
            end += 2 + pool.domain().length();
        }
        if (!pool.search().isEmpty()) {
            frame.setByte(end, DhcpMessage.OPTION_SEARCH).setByte(end + 1, DomainNames.encodedLength(pool.search()));
            end = DomainNames.write(frame, end + 2, pool.search());
        }
        return end;
    }
}
