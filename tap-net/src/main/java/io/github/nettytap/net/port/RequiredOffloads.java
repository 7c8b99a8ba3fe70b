/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port;

import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;

import java.util.Set;

/**
 * Which offloads a frame requires of the port that gets it: read from the first two bytes of its virtio-net header.
 *
 * <p>A frame goes through a port as it is if {@code (required & ~negotiated) == 0}; {@link EgressBatch} segments and
 * completes it for any other. Source: virtio 1.2, section 5.1.6, and linux/virtio_net.h for USO and tunnels.
 */
public final class RequiredOffloads {

    /** What a frame with a partial checksum requires. */
    static final int CSUM = bit(TapOffload.CSUM);

    private static final int NEEDS_CSUM = 1;
    private static final int GSO_NONE = 0;
    private static final int GSO_TCPV4 = 1;
    private static final int GSO_TCPV6 = 4;
    private static final int GSO_UDP_L4 = 5;
    private static final int GSO_TUNNELS = 0x60;
    private static final int GSO_ECN = 0x80;

    /** No port has this: the frame is of a kind that nothing here knows. */
    private static final int UNKNOWN = 1 << 31;

    private RequiredOffloads() {}

    /**
     * What a port can be given that has negotiated these offloads.
     *
     * @param offloads what the port has negotiated
     * @return a bit for each
     */
    public static int negotiated(Set<TapOffload> offloads) {
        int bits = 0;
        for (TapOffload offload : offloads) {
            bits |= bit(offload);
        }
        return bits;
    }

    /**
     * What a frame requires.
     *
     * @param frame the frame, of which two bytes are read
     * @param index the absolute index of its virtio-net header
     * @return a bit for each offload, 0 for a plain frame; a frame of an unknown kind requires what no port has
     */
    public static int of(ByteBuf frame, int index) {
        int start = frame.getUnsignedShort(index);
        int flags = start >>> 8;
        int gso = start & 0xff;
        if (gso == GSO_NONE) {
            return (flags & NEEDS_CSUM) == 0 ? 0 : bit(TapOffload.CSUM);
        }
        return bit(TapOffload.CSUM) | ofGso(gso);
    }

    private static int ofGso(int gso) {
        int required = (gso & GSO_ECN) == 0 ? 0 : bit(TapOffload.TSO_ECN);
        required |= (gso & GSO_TUNNELS) == 0 ? 0 : bit(TapOffload.UDP_TUNNEL_GSO);
        return switch (gso & ~(GSO_ECN | GSO_TUNNELS)) {
            case GSO_TCPV4 -> required | bit(TapOffload.TSO4);
            case GSO_TCPV6 -> required | bit(TapOffload.TSO6);
            // USO6 is always granted together with USO4.
            case GSO_UDP_L4 -> required | bit(TapOffload.USO4);
            default -> UNKNOWN;
        };
    }

    private static int bit(TapOffload offload) {
        return 1 << offload.ordinal();
    }
}
