/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.forwarding;

import io.github.nettytap.codec.offload.Segmentation;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.wire.Icmpv4Header;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Wire;
import io.github.nettytap.net.routing.nat.Connection;
import io.github.nettytap.net.routing.nat.SourceNat;
import io.github.nettytap.net.routing.neighbor.NextHops;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.packet.Ipv4Packets;
import io.github.nettytap.net.routing.packet.PacketSize;
import io.github.nettytap.net.routing.packet.RecordRoute;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.net.routing.table.Route;
import io.github.nettytap.net.routing.table.Routes;
import io.netty.buffer.ByteBuf;

/** The way of an IPv4 packet through the router: RFC 1812, section 5. */
public final class Ipv4Forwarding {

    private static final int CODE_TTL_EXCEEDED = 0;

    /** The pointer is the first octet of what the header of the error ends with. */
    private static final int POINTER_SHIFT = 24;

    private final Output output;
    private final Routes routes;
    private final NextHops nextHops;
    private final IcmpErrors errors;
    private final Ipv4Fragments fragments;
    private final LocalIpv4 local;
    private final SourceNat nat;

    public Ipv4Forwarding(
            Output output, Routes routes, NextHops nextHops, IcmpErrors errors, LocalIpv4 local, SourceNat nat) {
        this.output = output;
        this.routes = routes;
        this.nextHops = nextHops;
        this.errors = errors;
        this.local = local;
        this.nat = nat;
        fragments = new Ipv4Fragments(output);
    }

    /**
     * Takes a frame of type IPv4.
     *
     * @param frame owned by this method
     * @param from the port that it came in through
     * @param isToGroup whether its destination MAC address is a group
     */
    public void receive(ByteBuf frame, RouterPort from, boolean isToGroup) {
        int ip = output.ipIndex(frame);
        int headerLength = Ipv4Header.check(frame, ip, frame.writerIndex());
        if (headerLength == Wire.MALFORMED || InternetChecksum.sum(frame, ip, headerLength) != 0xffff) {
            drop(frame, from, RouterCounter.MALFORMED);
            return;
        }
        if (!PacketSize.trim(frame, ip + Ipv4Header.totalLength(frame, ip), output.vnetHeaderSize())) {
            drop(frame, from, RouterCounter.MALFORMED);
            return;
        }
        int source = Ipv4Header.source(frame, ip);
        Connection connection = from.translates() ? ofOutside(frame, ip, isToGroup) : null;
        int destination = connection == null ? Ipv4Header.destination(frame, ip) : connection.insideAddress();
        Route route = routes.find(destination);
        if (route == null) {
            if (!isToGroup && !isMartian(source) && isReversePath(from, source)) {
                errors.sendIpv4(
                        frame, from, Icmpv4Header.DESTINATION_UNREACHABLE, Icmpv4Header.CODE_NET_UNREACHABLE, 0);
            }
            drop(frame, from, RouterCounter.NO_ROUTE);
            return;
        }
        switch (route.kind()) {
            case LOCAL -> receiveLocal(frame, ip, from, isToGroup, route);
            case GROUP -> local.receive(frame, from, true);
            case NEVER -> drop(frame, from, RouterCounter.MARTIAN);
            default -> {
                // RFC 1812, section 5.3.4: what all hosts of a link got, none of them forwards.
                if (isToGroup || isMartian(source) || !isReversePath(from, source)) {
                    drop(frame, from, RouterCounter.MARTIAN);
                } else if (from.translates()
                        && connection == null
                        && !route.port().translates()) {
                    // Behind NAT nobody is spoken to who has not spoken first, whoever knows the way.
                    drop(frame, from, RouterCounter.FILTERED);
                } else {
                    forward(frame, ip, from, route, connection, 0);
                }
            }
        }
    }

    /** The connection of a packet from outside, which it may begin if its port is forwarded; null if there is none. */
    private Connection ofOutside(ByteBuf frame, int ip, boolean isToGroup) {
        Connection connection = nat.ofReply(frame, ip);
        return connection != null || isToGroup || isMartian(Ipv4Header.source(frame, ip))
                ? connection
                : nat.ofForward(frame, ip);
    }

    /** For the router, or by way of its address outside for a host inside. */
    private void receiveLocal(ByteBuf frame, int ip, RouterPort from, boolean isToGroup, Route route) {
        int source = Ipv4Header.source(frame, ip);
        // A host without an address may ask for one.
        if (source != 0 && (isMartian(source) || !isReversePath(from, source))) {
            drop(frame, from, RouterCounter.MARTIAN);
            return;
        }
        if (route.port().translates() && !from.translates() && !isToGroup) {
            int target = nat.hairpinTarget(frame, ip);
            Route inside = target == 0 ? null : routes.find(target);
            if (inside != null && inside.kind() == Route.Kind.FORWARD) {
                forward(frame, ip, from, inside, null, Ipv4Header.destination(frame, ip));
                return;
            }
        }
        local.receive(frame, from, isToGroup);
    }

    /**
     * An error quotes the packet as its sender has sent it; hence addresses are rewritten once nothing can go wrong.
     *
     * @param connection of which the packet is an answer from outside, or null
     * @param hairpin the address outside by which a host inside is spoken to from inside, or 0
     */
    private void forward(ByteBuf frame, int ip, RouterPort from, Route route, Connection connection, int hairpin) {
        int timeToLive = Ipv4Header.timeToLive(frame, ip);
        if (timeToLive <= 1) {
            errors.sendIpv4(frame, from, Icmpv4Header.TIME_EXCEEDED, CODE_TTL_EXCEEDED, 0);
            drop(frame, from, RouterCounter.TTL_EXPIRED);
            return;
        }
        if (PacketSize.onWire(frame, output.vnetHeaderSize()) <= route.port().mtu()) {
            if (rewrite(frame, ip, from, route.port(), connection, hairpin)) {
                from.increment(RouterCounter.FORWARDED);
                send(frame, from, route);
            }
        } else if ((Ipv4Header.fragment(frame, ip) & Ipv4Header.DONT_FRAGMENT) != 0) {
            errors.sendIpv4(
                    frame,
                    from,
                    Icmpv4Header.DESTINATION_UNREACHABLE,
                    Icmpv4Header.CODE_FRAGMENTATION_NEEDED,
                    route.port().mtu());
            drop(frame, from, RouterCounter.TOO_BIG);
        } else if (rewrite(frame, ip, from, route.port(), connection, hairpin)) {
            sendFragments(frame, from, route);
        }
    }

    /** All that changes in a packet that is forwarded; false if it cannot be, and is gone. */
    private boolean rewrite(ByteBuf frame, int ip, RouterPort from, RouterPort to, Connection connection, int hairpin) {
        int headerLength = Ipv4Header.headerLength(frame, ip);
        if (headerLength > Ipv4Header.MIN_LENGTH) {
            int own = to.addresses().source(Ipv4Header.destination(frame, ip));
            int problem = RecordRoute.record(frame, ip, headerLength, own);
            if (problem != RecordRoute.NO_PROBLEM) {
                errors.sendIpv4(frame, from, Icmpv4Header.PARAMETER_PROBLEM, 0, problem << POINTER_SHIFT);
                drop(frame, from, RouterCounter.MALFORMED);
                return false;
            }
        }
        if (connection != null) {
            nat.restore(frame, ip, connection);
        } else if (hairpin != 0) {
            if (!translate(frame, ip, from, hairpin)) {
                return false;
            }
            Connection inwards = nat.ofReply(frame, ip);
            if (inwards == null) {
                inwards = nat.ofForward(frame, ip);
            }
            if (inwards == null) {
                drop(frame, from, RouterCounter.FILTERED);
                return false;
            }
            nat.restore(frame, ip, inwards);
        } else if (to.translates() && !from.translates()) {
            if (!to.addresses().hasIpv4()) {
                drop(frame, from, RouterCounter.NOT_TRANSLATABLE);
                return false;
            }
            if (!translate(frame, ip, from, to.addresses().source(Ipv4Header.destination(frame, ip)))) {
                return false;
            }
        }
        Ipv4Packets.timeToLive(frame, ip, Ipv4Header.timeToLive(frame, ip) - 1);
        return true;
    }

    private boolean translate(ByteBuf frame, int ip, RouterPort from, int outsideAddress) {
        SourceNat.Translation translation = nat.translate(frame, ip, outsideAddress);
        if (translation == SourceNat.Translation.DONE) {
            return true;
        }
        if (translation == SourceNat.Translation.FULL) {
            errors.sendIpv4(
                    frame,
                    from,
                    Icmpv4Header.DESTINATION_UNREACHABLE,
                    Icmpv4Header.CODE_ADMINISTRATIVELY_PROHIBITED,
                    0);
        }
        drop(frame, from, RouterCounter.NOT_TRANSLATABLE);
        return false;
    }

    private void send(ByteBuf frame, RouterPort from, Route route) {
        if (route.hasGateway()) {
            nextHops.send(frame, from, route.port(), route.gatewayHigh(), route.gatewayLow());
        } else {
            int destination = Ipv4Header.destination(frame, output.ipIndex(frame));
            nextHops.send(frame, from, route.port(), 0, IpAddress.mapped(destination));
        }
    }

    /** A GSO frame becomes packets first, then each of those fragments. */
    private void sendFragments(ByteBuf frame, RouterPort from, Route route) {
        int header = output.vnetHeaderSize();
        try {
            FrameVerdict verdict =
                    Segmentation.segment(frame, header, header, from.channel().alloc(), packet -> {
                        try {
                            fragments.cut(packet, route.port(), fragment -> send(fragment, from, route));
                        } finally {
                            packet.release();
                        }
                    });
            from.increment(verdict == FrameVerdict.WELL_FORMED ? RouterCounter.FRAGMENTED : RouterCounter.MALFORMED);
        } finally {
            frame.release();
        }
    }

    /**
     * Groups and reserved, this network, loopback, own addresses and those of all hosts of a network: RFC 1812, 5.3.7.
     */
    private boolean isMartian(int source) {
        int network = source >>> 24;
        return network >= 224 || network == 0 || network == 127 || routes.isNotSource(source);
    }

    /**
     * Whether an answer would leave by the port that the packet came in through, if that is asked for: RFC 3704, 2.2.
     */
    private boolean isReversePath(RouterPort from, int source) {
        if (!from.checksReversePath()) {
            return true;
        }
        Route back = routes.find(source);
        return back != null && back.kind() == Route.Kind.FORWARD && back.port() == from;
    }

    private static void drop(ByteBuf frame, RouterPort from, RouterCounter reason) {
        from.increment(reason);
        frame.release();
    }
}
