/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.tunnel;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.Wire;
import io.netty.buffer.ByteBuf;

/**
 * A number for the flow that a frame belongs to, equal for all frames of the flow: what the source port of a tunnel's
 * datagram is chosen by, so that routers and network cards, which see the outer headers alone, spread flows over paths
 * and queues and keep each in order (RFC 7348, section 5).
 *
 * <p>Of an IP packet, it is of the addresses, the protocol and, for TCP, UDP, SCTP and others with ports in their
 * place, the ports; but all fragments of a packet are without ports, since only the first has them. Of any other frame,
 * it is of the MAC addresses.
 */
public final class FlowHash {

    private static final int PROTOCOL_UDP_LITE = 136;
    private static final int PROTOCOL_SCTP = 132;
    private static final int PORTS = 4;
    private static final long MULTIPLIER = 0x9e37_79b9_7f4a_7c15L; // 2^64 / golden ratio

    private FlowHash() {}

    /**
     * Takes the hash of a frame of any length and content.
     *
     * @param buffer the buffer
     * @param index the index of the first byte of the Ethernet header
     * @param limit the index behind the last byte of the frame
     * @return 32 well-mixed bits; zero for what is shorter than an Ethernet header
     */
    public static int of(ByteBuf buffer, int index, int limit) {
        if (EthernetHeader.check(index, limit) == Wire.MALFORMED) {
            return 0;
        }
        int found = EthernetHeader.network(buffer, index, limit);
        if (found != Wire.MALFORMED) {
            int network = index + EthernetHeader.networkOffset(found);
            int type = EthernetHeader.networkType(found);
            if (type == EthernetHeader.TYPE_IPV4 && Ipv4Header.check(buffer, network, limit) != Wire.MALFORMED) {
                return ipv4(buffer, network, limit);
            }
            if (type == EthernetHeader.TYPE_IPV6 && Ipv6Header.check(buffer, network, limit) != Wire.MALFORMED) {
                return ipv6(buffer, network, limit);
            }
        }
        return finish(mix(EthernetHeader.destination(buffer, index), EthernetHeader.source(buffer, index)));
    }

    private static int ipv4(ByteBuf buffer, int network, int limit) {
        int protocol = Ipv4Header.protocol(buffer, network);
        long hash = mix(buffer.getLong(network + 12), protocol); // both addresses
        if (!Ipv4Header.isFragment(buffer, network)) {
            hash = ports(hash, buffer, network + Ipv4Header.headerLength(buffer, network), limit, protocol);
        }
        return finish(hash);
    }

    private static int ipv6(ByteBuf buffer, int network, int limit) {
        int source = Ipv6Header.sourceIndex(network);
        long hash = 0;
        for (int i = 0; i < 32; i += Long.BYTES) { // both addresses
            hash = mix(hash, buffer.getLong(source + i));
        }
        // A fragment header ends the walk: no ports of any fragment, the first one included.
        int found = Ipv6Header.transport(buffer, network, limit);
        if (found != Wire.MALFORMED) {
            int protocol = Ipv6Header.transportProtocol(found);
            hash = ports(mix(hash, protocol), buffer, network + Ipv6Header.transportOffset(found), limit, protocol);
        }
        return finish(hash);
    }

    private static long ports(long hash, ByteBuf buffer, int transport, int limit, int protocol) {
        boolean has = protocol == Ipv4Header.PROTOCOL_TCP
                || protocol == Ipv4Header.PROTOCOL_UDP
                || protocol == PROTOCOL_SCTP
                || protocol == PROTOCOL_UDP_LITE;
        return has && limit - transport >= PORTS ? mix(hash, buffer.getInt(transport)) : hash;
    }

    private static long mix(long hash, long value) {
        long mixed = (hash ^ value) * MULTIPLIER;
        return mixed ^ mixed >>> 32;
    }

    private static int finish(long hash) {
        long mixed = hash * MULTIPLIER;
        return (int) (mixed >>> 32);
    }
}
