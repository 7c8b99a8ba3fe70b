/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.codec.wire.VnetHeader;

import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Work that the kernel may leave to the reader of a TAP: frames that it hands over then carry a virtio-net header which
 * says what is still to be done.
 *
 * <p>An offload governs only what the kernel <em>sends to us</em>. Frames written to the TAP may use checksum and
 * segmentation requests whenever the header is on.
 *
 * <p>Source: linux/if_tun.h, {@code TUN_F_*}; the rules are those of the driver's {@code set_offload}.
 */
public enum TapOffload {

    /** Frames may come with a checksum that is still to be completed. */
    CSUM(0x01, "2.6.27"),
    /** TCP over IPv4 may come as one frame of many segments. Needs {@link #CSUM}. */
    TSO4(0x02, "2.6.27", "CSUM"),
    /** TCP over IPv6 may come as one frame of many segments. Needs {@link #CSUM}. */
    TSO6(0x04, "2.6.27", "CSUM"),
    /** Such TCP frames may carry ECN's CWR bit. Needs {@link #TSO4} or {@link #TSO6} too. */
    TSO_ECN(0x08, "2.6.27", "CSUM"),
    /** UDP over IPv4 may come as one frame of many datagrams. Needs {@link #CSUM} and {@link #USO6}. */
    USO4(0x20, "6.2", "CSUM", "USO6"),
    /** UDP over IPv6 may come as one frame of many datagrams. Needs {@link #CSUM} and {@link #USO4}. */
    USO6(0x40, "6.2", "CSUM", "USO4"),
    /** Segments inside a UDP tunnel may come as one frame. Needs one of TSO and USO too. */
    UDP_TUNNEL_GSO(0x80, "6.17", "CSUM"),
    /** The outer UDP checksum of such frames may be incomplete. Needs {@link #UDP_TUNNEL_GSO}. */
    UDP_TUNNEL_GSO_CSUM(0x100, "6.17", "CSUM", "UDP_TUNNEL_GSO");

    /** No offload: every frame comes complete and at most MTU-sized. */
    public static final Set<TapOffload> NONE = Collections.unmodifiableSet(EnumSet.noneOf(TapOffload.class));

    /**
     * All but the tunnel offloads: checksum, TSO with ECN, and USO. As any set it is taken by the letter; for as much
     * of it as the kernel has ask for {@link OffloadRequest#BEST_AVAILABLE}.
     */
    public static final Set<TapOffload> ALL = Collections.unmodifiableSet(EnumSet.range(CSUM, USO6));

    /** The header size from which on the driver can describe frames inside a tunnel. */
    static final int TUNNEL_HEADER_SIZE = 24;

    private static final int DEFAULT_HEADER_SIZE = 12;

    private final int bit;
    private final String since;
    private final List<String> companions;

    TapOffload(int bit, String since, String... companions) {
        this.bit = bit;
        this.since = since;
        this.companions = List.of(companions);
    }

    /**
     * The offloads without which the kernel refuses this one.
     *
     * @return what must be in the same set in any case
     */
    public Set<TapOffload> companions() {
        EnumSet<TapOffload> set = EnumSet.noneOf(TapOffload.class);
        companions.forEach(name -> set.add(valueOf(name)));
        return Collections.unmodifiableSet(set);
    }

    /**
     * The Linux release that brought this offload. Distributions port such things back, so whether it is there is found
     * out by asking the kernel, never by its version.
     *
     * @return for example {@code 6.2}
     */
    public String since() {
        return since;
    }

    /**
     * The size of virtio-net header that this offload needs at least.
     *
     * @return 24 for the tunnel offloads, else 10
     */
    public int minimumHeaderSize() {
        return this == UDP_TUNNEL_GSO || this == UDP_TUNNEL_GSO_CSUM ? TUNNEL_HEADER_SIZE : 10;
    }

    /**
     * The virtio-net header that a device with these offloads gets unless another is set.
     *
     * @param offloads the offloads to ask for
     * @return none without offloads, else the smallest of virtio 1.0 that they need
     */
    public static VnetHeader headerFor(Collection<TapOffload> offloads) {
        return VnetHeader.ofLength(headerSizeFor(offloads));
    }

    /** The length of that header. */
    static int headerSizeFor(Collection<TapOffload> offloads) {
        if (offloads.isEmpty()) {
            return 0;
        }
        return offloads.stream().anyMatch(o -> o.minimumHeaderSize() > DEFAULT_HEADER_SIZE)
                ? TUNNEL_HEADER_SIZE
                : DEFAULT_HEADER_SIZE;
    }

    /** The argument of TUNSETOFFLOAD. */
    static int mask(Collection<TapOffload> offloads) {
        int mask = 0;
        for (TapOffload offload : offloads) {
            mask |= offload.bit;
        }
        return mask;
    }

    static Set<TapOffload> ofMask(int mask) {
        EnumSet<TapOffload> offloads = EnumSet.noneOf(TapOffload.class);
        for (TapOffload offload : values()) {
            if ((mask & offload.bit) != 0) {
                offloads.add(offload);
            }
        }
        return Collections.unmodifiableSet(offloads);
    }

    /** Why the kernel would refuse this set, or lose frames with this header; empty if neither. */
    static String conflict(Set<TapOffload> offloads, int vnetHeaderSize) {
        if (offloads.isEmpty()) {
            return "";
        }
        if (vnetHeaderSize == 0) {
            return "without a virtio-net header nothing would tell which frames are incomplete";
        }
        for (TapOffload offload : offloads) {
            Set<TapOffload> missing = new TreeSet<>(offload.companions());
            missing.removeAll(offloads);
            if (!missing.isEmpty()) {
                return offload + " needs " + missing.iterator().next();
            }
        }
        boolean tso = offloads.contains(TSO4) || offloads.contains(TSO6);
        if (offloads.contains(TSO_ECN) && !tso) {
            return "TSO_ECN needs TSO4 or TSO6";
        }
        if (offloads.contains(UDP_TUNNEL_GSO) && !tso && !offloads.contains(USO4)) {
            return "UDP_TUNNEL_GSO needs a plain TSO or USO offload beside it";
        }
        if (offloads.contains(UDP_TUNNEL_GSO) && vnetHeaderSize < TUNNEL_HEADER_SIZE) {
            // Seen on Linux 6.18: reads of such traffic fail with EFAULT and the frames are lost.
            return "UDP_TUNNEL_GSO needs a virtio-net header of 24 bytes; with a smaller one the kernel loses frames";
        }
        return "";
    }
}
