/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.policy;

import io.github.nettytap.codec.wire.MacAddress;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What a port may do, and what is done for it.
 *
 * <pre>{@code
 *   PortPolicy.builder().vlans(PortVlans.access(10)).macLimit(2).sticky(true).build()
 * }</pre>
 *
 * @param vlans its VLANs
 * @param isolated whether it talks only to ports that are not isolated
 * @param macLimit how many MAC addresses may be behind it, static ones not counted; 0 for any number
 * @param sticky whether an address once heard here stays: it neither ages nor moves
 * @param staticEntries addresses that are known to be here without having been heard
 * @param stormLimit how many frames from here may be flooded in a second (broadcast, multicast, unknown destination); 0
 *     for any number
 * @param sources the addresses that frames may come from; any if there are none
 * @param mirroring whether its traffic is copied, or it gets the copies
 * @param coalescing whether frames that go out here are coalesced into GSO frames
 * @param multicastRouter whether it leads to a multicast router, heard or not: with snooping, it gets all multicast
 */
public record PortPolicy(
        PortVlans vlans,
        boolean isolated,
        int macLimit,
        boolean sticky,
        List<StaticFdbEntry> staticEntries,
        int stormLimit,
        Set<MacAddress> sources,
        Mirroring mirroring,
        Coalescing coalescing,
        boolean multicastRouter) {

    /** The greatest {@link #macLimit}. */
    public static final int MAX_MAC_LIMIT = 65_536;

    /** A port that forwards everything untouched. */
    public static final PortPolicy DEFAULT = builder().build();

    /**
     * Checks each setting, and that they go together.
     *
     * @param vlans its VLANs
     * @param isolated whether it talks only to ports that are not isolated
     * @param macLimit how many MAC addresses may be behind it, static ones not counted
     * @param sticky whether an address once heard here stays
     * @param staticEntries addresses that are known to be here without having been heard
     * @param stormLimit how many frames from here may be flooded in a second
     * @param sources the addresses that frames may come from
     * @param mirroring whether its traffic is copied, or it gets the copies
     * @param coalescing whether frames that go out here are coalesced into GSO frames
     * @param multicastRouter whether it leads to a multicast router, heard or not
     * @throws IllegalArgumentException if one is out of range, or they do not go together
     */
    public PortPolicy {
        Objects.requireNonNull(vlans, "vlans");
        Objects.requireNonNull(mirroring, "mirroring");
        Objects.requireNonNull(coalescing, "coalescing");
        staticEntries = List.copyOf(staticEntries);
        sources = Set.copyOf(sources);
        if (macLimit < 0 || macLimit > MAX_MAC_LIMIT) {
            throw new IllegalArgumentException("no such limit of MAC addresses: mac-limit=" + macLimit
                    + " (expected: 1 to 65536, or 0 for no limit)");
        }
        if (stormLimit < 0) {
            throw new IllegalArgumentException("no such limit of flooded frames a second: storm=" + stormLimit
                    + " (expected: 1 or more, or 0 for no limit)");
        }
        for (StaticFdbEntry entry : staticEntries) {
            checkCarried(vlans, entry);
        }
        for (MacAddress source : sources) {
            if (source.isGroup()) {
                throw new IllegalArgumentException(
                        "no frame may come from a group: mac=" + source + " (expected: the address of a host)");
            }
        }
    }

    private static void checkCarried(PortVlans vlans, StaticFdbEntry entry) {
        if (entry.vlan() == 0 && vlans.isTrunk() && vlans.untagged() == 0) {
            throw new IllegalArgumentException("static entry without a VLAN on a trunk without a native one: static="
                    + entry.mac() + " (expected: one of the VLANs of " + vlans + ")");
        }
        if (entry.vlan() != 0 && !vlans.carries(entry.vlan())) {
            throw new IllegalArgumentException("static entry in a VLAN that the port does not carry: static="
                    + entry.mac() + ", vlan=" + entry.vlan() + " (expected: " + vlans + ")");
        }
    }

    /**
     * Begins with what {@link #DEFAULT} says.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Begins with what this policy says.
     *
     * @return a new builder
     */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.vlans = vlans;
        builder.isolated = isolated;
        builder.macLimit = macLimit;
        builder.sticky = sticky;
        builder.staticEntries.addAll(staticEntries);
        builder.stormLimit = stormLimit;
        builder.sources.addAll(sources);
        builder.mirroring = mirroring;
        builder.coalescing = coalescing;
        builder.multicastRouter = multicastRouter;
        return builder;
    }

    /** Collects settings; {@link #build()} checks them. */
    public static final class Builder {

        private PortVlans vlans = PortVlans.TRANSPARENT;
        private boolean isolated;
        private int macLimit;
        private boolean sticky;
        private final List<StaticFdbEntry> staticEntries = new ArrayList<>();
        private int stormLimit;
        private final Set<MacAddress> sources = new LinkedHashSet<>();
        private Mirroring mirroring = Mirroring.NONE;
        private Coalescing coalescing = Coalescing.AUTO;
        private boolean multicastRouter;

        private Builder() {}

        /**
         * Sets the VLANs.
         *
         * @param vlans transparent unless set
         * @return this
         */
        public Builder vlans(PortVlans vlans) {
            this.vlans = vlans;
            return this;
        }

        /**
         * Sets whether the port talks only to ports that are not isolated.
         *
         * @param on false unless set
         * @return this
         */
        public Builder isolated(boolean on) {
            isolated = on;
            return this;
        }

        /**
         * Limits the MAC addresses behind the port.
         *
         * @param limit how many, static ones not counted; 0, the default, for any number
         * @return this
         */
        public Builder macLimit(int limit) {
            macLimit = limit;
            return this;
        }

        /**
         * Sets whether an address once heard here neither ages nor moves.
         *
         * @param on false unless set
         * @return this
         */
        public Builder sticky(boolean on) {
            sticky = on;
            return this;
        }

        /**
         * Adds an address that is here, heard or not.
         *
         * @param entry the address and its VLAN
         * @return this
         */
        public Builder staticEntry(StaticFdbEntry entry) {
            staticEntries.add(entry);
            return this;
        }

        /**
         * Sets the addresses that are here, heard or not.
         *
         * @param entries in place of those that were set before
         * @return this
         */
        public Builder staticEntries(Collection<StaticFdbEntry> entries) {
            staticEntries.clear();
            staticEntries.addAll(entries);
            return this;
        }

        /**
         * Limits the frames from here that are flooded.
         *
         * @param limit how many in a second; 0, the default, for any number
         * @return this
         */
        public Builder stormLimit(int limit) {
            stormLimit = limit;
            return this;
        }

        /**
         * Adds an address that frames may come from; with the first, all others may not.
         *
         * @param address the address of a host
         * @return this
         */
        public Builder source(MacAddress address) {
            sources.add(address);
            return this;
        }

        /**
         * Sets the addresses that frames may come from.
         *
         * @param addresses in place of those that were set before; any, if there are none
         * @return this
         */
        public Builder sources(Collection<MacAddress> addresses) {
            sources.clear();
            sources.addAll(addresses);
            return this;
        }

        /**
         * Sets the part in mirroring.
         *
         * @param mirroring none unless set
         * @return this
         */
        public Builder mirroring(Mirroring mirroring) {
            this.mirroring = mirroring;
            return this;
        }

        /**
         * Sets whether frames that go out here are coalesced into GSO frames.
         *
         * @param coalescing {@link Coalescing#AUTO} unless set
         * @return this
         */
        public Builder coalescing(Coalescing coalescing) {
            this.coalescing = coalescing;
            return this;
        }

        /**
         * Sets whether the port leads to a multicast router, heard or not.
         *
         * @param on false unless set
         * @return this
         */
        public Builder multicastRouter(boolean on) {
            multicastRouter = on;
            return this;
        }

        /**
         * Makes the policy.
         *
         * @return a new policy
         * @throws IllegalArgumentException if settings are out of range or do not go together
         */
        public PortPolicy build() {
            return new PortPolicy(
                    vlans,
                    isolated,
                    macLimit,
                    sticky,
                    staticEntries,
                    stormLimit,
                    sources,
                    mirroring,
                    coalescing,
                    multicastRouter);
        }
    }
}
