/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.EthtoolFeatures;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.Sockets;

import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Asks the kernel which offloads are in force, since the driver has no ioctl that tells. */
final class ActiveOffloads {

    /** The features that each offload switches on (the driver's {@code set_offload}; names as in net/ethtool). */
    private static final Map<TapOffload, String> FEATURES = Map.of(
            TapOffload.CSUM, "tx-checksum-ip-generic",
            TapOffload.TSO4, "tx-tcp-segmentation",
            TapOffload.TSO6, "tx-tcp6-segmentation",
            TapOffload.TSO_ECN, "tx-tcp-ecn-segmentation",
            TapOffload.USO4, "tx-udp-segmentation",
            TapOffload.USO6, "tx-udp-segmentation",
            TapOffload.UDP_TUNNEL_GSO, "tx-udp_tnl-segmentation",
            TapOffload.UDP_TUNNEL_GSO_CSUM, "tx-udp_tnl-csum-segmentation");

    private ActiveOffloads() {}

    /** For an interface in the network namespace of the calling thread. */
    static Set<TapOffload> read(LibC libc, String device) throws SyscallException {
        int socket = libc.socket(Sockets.AF_UNIX, Sockets.SOCK_DGRAM | Sockets.SOCK_CLOEXEC, 0);
        if (socket < 0) {
            throw new SyscallException("socket", socket);
        }
        try {
            Set<String> features = new HashSet<>();
            int result = EthtoolFeatures.readActive(libc, socket, device, features);
            if (result < 0) {
                throw new SyscallException("SIOCETHTOOL", result);
            }
            EnumSet<TapOffload> offloads = EnumSet.noneOf(TapOffload.class);
            for (TapOffload offload : TapOffload.values()) {
                if (features.contains(FEATURES.get(offload))) {
                    offloads.add(offload);
                }
            }
            return Collections.unmodifiableSet(offloads);
        } finally {
            libc.close(socket);
        }
    }
}
