/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.filter;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.Wire;
import io.netty.buffer.ByteBuf;

import java.util.BitSet;

/**
 * Which frames may pass, by destination, source and VLAN. Immutable; {@link #verdict} is a pure function.
 *
 * <p>A frame is judged in this order:
 * <ol>
 *   <li>Its VLAN must be listed, if any is. The VLAN is that of the outermost tag; a frame without a tag, or with a
 *       priority tag (VLAN 0), is untagged.
 *   <li>Its source must be listed, if any is, and must not be a group address.
 *   <li>Its destination must be listed or wanted by a broader rule: broadcast, all-multicast, promiscuous.
 * </ol>
 *
 * <p>Addresses are listed for all VLANs, or for one. Each list is a table of plain numbers that holds millions.
 */
public final class MacRules {

    /** Everything passes that has an Ethernet header. */
    public static final MacRules ALL = builder().promiscuous(true).build();

    private static final int VLAN_MASK = 0xfff;
    private static final int VLANS = 4096;

    private final AddressTable unicasts;
    private final AddressTable groups;
    private final AddressTable sources;
    /** A bit for each VLAN, null if all may pass. */
    private final long[] vlans;

    private final boolean broadcast;
    private final boolean allMulticast;
    private final boolean promiscuous;
    private final boolean perVlan;

    private MacRules(Builder builder) {
        unicasts = new AddressTable(builder.unicasts);
        groups = new AddressTable(builder.groups);
        sources = builder.sources == null ? null : new AddressTable(builder.sources);
        vlans = builder.vlans == null ? null : builder.vlans.clone();
        broadcast = builder.broadcast;
        allMulticast = builder.allMulticast;
        promiscuous = builder.promiscuous;
        perVlan = builder.perVlan;
    }

    /**
     * Begins with no address listed, as a card that was just reset: broadcast passes, every source and VLAN may.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Begins with these rules, to make others from them.
     *
     * @return a builder
     */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.unicasts = new AddressTable(unicasts);
        builder.groups = new AddressTable(groups);
        builder.sources = sources == null ? null : new AddressTable(sources);
        builder.vlans = vlans == null ? null : vlans.clone();
        builder.broadcast = broadcast;
        builder.allMulticast = allMulticast;
        builder.promiscuous = promiscuous;
        builder.perVlan = perVlan;
        return builder;
    }

    /**
     * Judges a frame. Allocates nothing, changes nothing.
     *
     * @param buffer holds the frame
     * @param index the index of its Ethernet header
     * @param limit the index behind its last byte
     * @return what to do with it, and why
     */
    public MacVerdict verdict(ByteBuf buffer, int index, int limit) {
        if (EthernetHeader.check(index, limit) == Wire.MALFORMED) {
            return MacVerdict.DROP_MALFORMED;
        }
        int vlan = 0;
        if (perVlan && EthernetHeader.isTag(EthernetHeader.type(buffer, index))) {
            if (limit - index < EthernetHeader.LENGTH + EthernetHeader.TAG_LENGTH) {
                return MacVerdict.DROP_MALFORMED;
            }
            vlan = EthernetHeader.tagControl(buffer, index) & VLAN_MASK;
        }
        if (vlans != null && (vlans[vlan >>> 6] & 1L << vlan) == 0) {
            return MacVerdict.DROP_VLAN;
        }
        if (sources != null) {
            long source = EthernetHeader.source(buffer, index);
            if (MacAddress.isGroup(source)) {
                return MacVerdict.DROP_GROUP_SOURCE;
            }
            if (!isListed(sources, vlan, source)) {
                return MacVerdict.DROP_SOURCE;
            }
        }
        long destination = EthernetHeader.destination(buffer, index);
        return MacAddress.isGroup(destination) ? groupVerdict(vlan, destination) : unicastVerdict(vlan, destination);
    }

    private MacVerdict unicastVerdict(int vlan, long destination) {
        if (isListed(unicasts, vlan, destination)) {
            return MacVerdict.ACCEPT_UNICAST;
        }
        return promiscuous ? MacVerdict.ACCEPT_PROMISCUOUS : MacVerdict.DROP_UNICAST;
    }

    private MacVerdict groupVerdict(int vlan, long destination) {
        if (destination == MacAddress.BROADCAST.value()) {
            return broadcast || promiscuous ? MacVerdict.ACCEPT_BROADCAST : MacVerdict.DROP_BROADCAST;
        }
        if (isListed(groups, vlan, destination)) {
            return MacVerdict.ACCEPT_GROUP;
        }
        return allMulticast || promiscuous ? MacVerdict.ACCEPT_ALL_MULTICAST : MacVerdict.DROP_GROUP;
    }

    private boolean isListed(AddressTable table, int vlan, long address) {
        return table.contains(AddressTable.key(AddressTable.ANY_VLAN, address))
                || perVlan && table.contains(AddressTable.key(vlan, address));
    }

    /**
     * How many addresses are listed, each once for each VLAN that it is listed for.
     *
     * @return the number of destinations and sources
     */
    public int addressCount() {
        return unicasts.size() + groups.size() + (sources == null ? 0 : sources.size());
    }

    @Override
    public String toString() {
        return "MacRules(unicasts=" + unicasts.size()
                + ", groups=" + groups.size()
                + ", sources=" + (sources == null ? "any" : sources.size())
                + ", vlans="
                + (vlans == null ? "any" : BitSet.valueOf(vlans).cardinality())
                + ", broadcast=" + broadcast
                + ", allMulticast=" + allMulticast
                + ", promiscuous=" + promiscuous + ')';
    }

    /** Rules in the making. For one thread. */
    public static final class Builder {

        private AddressTable unicasts = new AddressTable();
        private AddressTable groups = new AddressTable();
        private AddressTable sources;
        private long[] vlans;
        private boolean broadcast = true;
        private boolean allMulticast;
        private boolean promiscuous;
        private boolean perVlan;

        private Builder() {}

        /**
         * Accepts frames to an address, unicast or multicast, in any VLAN.
         *
         * @param address the 48-bit number of the address
         * @return this
         * @throws IllegalArgumentException if the number has more bits
         */
        public Builder destination(long address) {
            return destination(AddressTable.ANY_VLAN, checked(address));
        }

        /**
         * Accepts frames to an address, unicast or multicast, in any VLAN.
         *
         * @param address the address
         * @return this
         */
        public Builder destination(MacAddress address) {
            return destination(address.value());
        }

        /**
         * Accepts frames to an address, unicast or multicast, in one VLAN.
         *
         * @param address the address
         * @param vlan the VLAN, 0 for untagged frames
         * @return this
         * @throws IllegalArgumentException if there is no such VLAN
         */
        public Builder destination(MacAddress address, int vlan) {
            perVlan = true;
            return destination(checked(vlan), address.value());
        }

        private Builder destination(int vlan, long address) {
            (MacAddress.isGroup(address) ? groups : unicasts).add(AddressTable.key(vlan, address));
            return this;
        }

        /**
         * Lists a source for any VLAN. Once a source is listed, those that are not are refused.
         *
         * @param address the 48-bit number of the address
         * @return this
         * @throws IllegalArgumentException if the number has more bits, or is a group address
         */
        public Builder source(long address) {
            return source(AddressTable.ANY_VLAN, checked(address));
        }

        /**
         * Lists a source for any VLAN. Once a source is listed, those that are not are refused.
         *
         * @param address the address
         * @return this
         * @throws IllegalArgumentException if it is a group address
         */
        public Builder source(MacAddress address) {
            return source(address.value());
        }

        /**
         * Lists a source for one VLAN. Once a source is listed, those that are not are refused.
         *
         * @param address the address
         * @param vlan the VLAN, 0 for untagged frames
         * @return this
         * @throws IllegalArgumentException if it is a group address, or there is no such VLAN
         */
        public Builder source(MacAddress address, int vlan) {
            perVlan = true;
            return source(checked(vlan), address.value());
        }

        private Builder source(int vlan, long address) {
            if (MacAddress.isGroup(address)) {
                throw new IllegalArgumentException(
                        "source is a group address: address=" + MacAddress.of(address) + " (expected: unicast)");
            }
            checkSources();
            sources.add(AddressTable.key(vlan, address));
            return this;
        }

        /**
         * Checks sources even while none is listed: then no frame passes.
         *
         * @return this
         */
        public Builder checkSources() {
            if (sources == null) {
                sources = new AddressTable();
            }
            return this;
        }

        /**
         * Lists a VLAN. Once one is listed, frames of others are refused.
         *
         * @param vlan the VLAN, 0 for untagged frames
         * @return this
         * @throws IllegalArgumentException if there is no such VLAN
         */
        public Builder vlan(int vlan) {
            perVlan = true;
            if (vlans == null) {
                vlans = new long[VLANS / Long.SIZE];
            }
            vlans[checked(vlan) >>> 6] |= 1L << vlan;
            return this;
        }

        /**
         * Says whether frames to the broadcast address are wanted; at first they are.
         *
         * @param wanted true to accept them
         * @return this
         */
        public Builder broadcast(boolean wanted) {
            broadcast = wanted;
            return this;
        }

        /**
         * Says whether frames to every multicast group are wanted.
         *
         * @param wanted true to accept them
         * @return this
         */
        public Builder allMulticast(boolean wanted) {
            allMulticast = wanted;
            return this;
        }

        /**
         * Says whether frames to every destination are wanted. Sources and VLANs are checked all the same.
         *
         * @param wanted true to accept them
         * @return this
         */
        public Builder promiscuous(boolean wanted) {
            promiscuous = wanted;
            return this;
        }

        /**
         * Makes the rules. The builder can go on to make others.
         *
         * @return new rules
         */
        public MacRules build() {
            return new MacRules(this);
        }

        private static long checked(long address) {
            return MacAddress.of(address).value();
        }

        private static int checked(int vlan) {
            if (vlan < 0 || vlan >= AddressTable.ANY_VLAN) {
                throw new IllegalArgumentException(
                        "VLAN out of range: vlan=" + vlan + " (expected: 1..4094, or 0 for untagged)");
            }
            return vlan;
        }
    }
}
