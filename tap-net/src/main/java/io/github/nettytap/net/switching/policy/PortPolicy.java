/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.policy;

import io.github.nettytap.codec.wire.MacAddress;

import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What a port may do, and what is done for it.
 *
 * <pre>{@code
 *   PortPolicy.DEFAULT.withVlans(PortVlans.access(10)).withMacLimit(2).withSticky(true)
 * }</pre>
 *
 * @param vlans its VLANs
 * @param isolated whether it talks only to ports that are not isolated
 * @param macLimit how many stations may be behind it, static ones not counted; 0 for any number
 * @param sticky whether a station once heard here stays: it neither ages nor moves
 * @param stations stations that are known without having been heard
 * @param stormLimit how many frames from here may be flooded in a second (broadcast, multicast, unknown destination); 0
 *     for any number
 * @param sources the addresses that frames may come from; any if there are none
 * @param mirroring whether its traffic is copied, or it gets the copies
 * @param coalesce whether frames that go out here are joined into GSO frames, where the other side takes them
 */
public record PortPolicy(
        PortVlans vlans,
        boolean isolated,
        int macLimit,
        boolean sticky,
        List<StaticFdbEntry> stations,
        int stormLimit,
        Set<MacAddress> sources,
        Mirroring mirroring,
        boolean coalesce) {

    /** The greatest {@link #macLimit}. */
    public static final int MAX_MAC_LIMIT = 65_536;

    /** A port that forwards everything untouched. */
    public static final PortPolicy DEFAULT =
            new PortPolicy(PortVlans.TRANSPARENT, false, 0, false, List.of(), 0, Set.of(), Mirroring.NONE, false);

    /** Checks each setting, and that they go together. */
    public PortPolicy {
        Objects.requireNonNull(vlans, "vlans");
        Objects.requireNonNull(mirroring, "mirroring");
        stations = List.copyOf(stations);
        sources = Set.copyOf(sources);
        if (macLimit < 0 || macLimit > MAX_MAC_LIMIT) {
            throw new IllegalArgumentException(
                    "no such limit of stations: mac-limit=" + macLimit + " (expected: 1 to 65536, or 0 for no limit)");
        }
        if (stormLimit < 0) {
            throw new IllegalArgumentException("no such limit of flooded frames a second: storm=" + stormLimit
                    + " (expected: 1 or more, or 0 for no limit)");
        }
        for (StaticFdbEntry station : stations) {
            checkCarried(vlans, station);
        }
        for (MacAddress source : sources) {
            if (source.isGroup()) {
                throw new IllegalArgumentException(
                        "no frame may come from a group: mac=" + source + " (expected: the address of a station)");
            }
        }
    }

    private static void checkCarried(PortVlans vlans, StaticFdbEntry station) {
        if (station.vlan() == 0 && vlans.isTrunk() && vlans.untagged() == 0) {
            throw new IllegalArgumentException("static station without a VLAN on a trunk without a native one: static="
                    + station.mac() + " (expected: one of the VLANs of " + vlans + ")");
        }
        if (station.vlan() != 0 && !vlans.carries(station.vlan())) {
            throw new IllegalArgumentException("static station in a VLAN that the port does not carry: static="
                    + station.mac() + ", vlan=" + station.vlan() + " (expected: " + vlans + ")");
        }
    }

    /** This policy with other VLANs. */
    public PortPolicy withVlans(PortVlans other) {
        return new PortPolicy(other, isolated, macLimit, sticky, stations, stormLimit, sources, mirroring, coalesce);
    }

    /** This policy with isolation, or without. */
    public PortPolicy withIsolated(boolean on) {
        return new PortPolicy(vlans, on, macLimit, sticky, stations, stormLimit, sources, mirroring, coalesce);
    }

    /** This policy with another limit of stations. */
    public PortPolicy withMacLimit(int limit) {
        return new PortPolicy(vlans, isolated, limit, sticky, stations, stormLimit, sources, mirroring, coalesce);
    }

    /** This policy with stations that stay, or without. */
    public PortPolicy withSticky(boolean on) {
        return new PortPolicy(vlans, isolated, macLimit, on, stations, stormLimit, sources, mirroring, coalesce);
    }

    /** This policy with other static stations. */
    public PortPolicy withStations(List<StaticFdbEntry> other) {
        return new PortPolicy(vlans, isolated, macLimit, sticky, other, stormLimit, sources, mirroring, coalesce);
    }

    /** This policy with another limit of flooded frames a second. */
    public PortPolicy withStormLimit(int limit) {
        return new PortPolicy(vlans, isolated, macLimit, sticky, stations, limit, sources, mirroring, coalesce);
    }

    /** This policy with other addresses that frames may come from. */
    public PortPolicy withSources(Set<MacAddress> other) {
        return new PortPolicy(vlans, isolated, macLimit, sticky, stations, stormLimit, other, mirroring, coalesce);
    }

    /** This policy with another part in mirroring. */
    public PortPolicy withMirroring(Mirroring other) {
        return new PortPolicy(vlans, isolated, macLimit, sticky, stations, stormLimit, sources, other, coalesce);
    }

    /** This policy with frames joined on their way out, or not. */
    public PortPolicy withCoalesce(boolean on) {
        return new PortPolicy(vlans, isolated, macLimit, sticky, stations, stormLimit, sources, mirroring, on);
    }
}
