/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.policy;

import java.util.Set;

/**
 * What holds for the whole switch.
 *
 * @param fdbCapacity how many MAC addresses it can know
 * @param ageingSeconds after what time of silence an address is forgotten
 * @param snooping whether multicast goes only where IGMP and MLD say that somebody listens
 * @param forwarded protocols of neighbors that are forwarded although their groups are reserved
 * @param groupMembers with snooping, how many memberships it can know: one a port and group
 * @param groupMembersPerPort how many of them a port may have
 */
public record SwitchSettings(
        int fdbCapacity,
        int ageingSeconds,
        boolean snooping,
        Set<ReservedGroup> forwarded,
        int groupMembers,
        int groupMembersPerPort) {

    /**
     * Room for 8192 addresses, which are forgotten after 300 seconds (IEEE Std 802.1D-2004, table 7-5); no snooping.
     */
    public static final SwitchSettings DEFAULT = new SwitchSettings(8192, 300, false);

    /**
     * The largest {@link #fdbCapacity} that any heap has room for; what fits this one is checked when the table is
     * made.
     */
    public static final int MAX_FDB_CAPACITY = 1 << 24;

    /** The most {@link #groupMembers}. */
    public static final int MAX_GROUP_MEMBERS = 1 << 20;

    private static final int DEFAULT_MEMBERS = 16_384;
    private static final int DEFAULT_MEMBERS_PER_PORT = 1_024;

    /** IEEE Std 802.1D-2004, table 7-5. */
    private static final int MAX_AGEING = 1_000_000;

    /**
     * Checks the ranges.
     *
     * @param fdbCapacity how many MAC addresses it can know
     * @param ageingSeconds after what time of silence an address is forgotten
     * @param snooping whether multicast goes only where IGMP and MLD say that somebody listens
     * @param forwarded protocols of neighbors that are forwarded although their groups are reserved
     * @param groupMembers with snooping, how many memberships it can know
     * @param groupMembersPerPort how many of them a port may have
     * @throws IllegalArgumentException if one is out of range, or they do not go together
     */
    public SwitchSettings {
        forwarded = Set.copyOf(forwarded);
        if (fdbCapacity < 1 || fdbCapacity > MAX_FDB_CAPACITY) {
            throw new IllegalArgumentException("no such size of the FDB: fdb-capacity=" + fdbCapacity
                    + " (expected: 1 to " + MAX_FDB_CAPACITY + ")");
        }
        if (ageingSeconds < 1 || ageingSeconds > MAX_AGEING) {
            throw new IllegalArgumentException(
                    "no such ageing time: seconds=" + ageingSeconds + " (expected: 1 to 1000000)");
        }
        if (groupMembers < 1 || groupMembers > MAX_GROUP_MEMBERS) {
            throw new IllegalArgumentException("no such number of memberships: group-members=" + groupMembers
                    + " (expected: 1 to " + MAX_GROUP_MEMBERS + ")");
        }
        if (groupMembersPerPort < 1 || groupMembersPerPort > groupMembers) {
            throw new IllegalArgumentException("no such number of memberships of a port: group-members-per-port="
                    + groupMembersPerPort + " (expected: 1 to " + groupMembers + ", which the switch has in all)");
        }
    }

    /**
     * Settings with defaults for the rest: no reserved group is forwarded, 16,384 memberships, 1,024 a port.
     *
     * @param fdbCapacity how many MAC addresses it can know
     * @param ageingSeconds after what time of silence an address is forgotten
     * @param snooping whether multicast goes only where somebody listens
     */
    public SwitchSettings(int fdbCapacity, int ageingSeconds, boolean snooping) {
        this(fdbCapacity, ageingSeconds, snooping, Set.of(), DEFAULT_MEMBERS, DEFAULT_MEMBERS_PER_PORT);
    }

    /**
     * These settings with another size of the FDB.
     *
     * @param number how many MAC addresses it can know
     * @return new settings
     */
    public SwitchSettings withFdbCapacity(int number) {
        return new SwitchSettings(number, ageingSeconds, snooping, forwarded, groupMembers, groupMembersPerPort);
    }

    /**
     * These settings with another ageing time.
     *
     * @param seconds after what time of silence an address is forgotten
     * @return new settings
     */
    public SwitchSettings withAgeingSeconds(int seconds) {
        return new SwitchSettings(fdbCapacity, seconds, snooping, forwarded, groupMembers, groupMembersPerPort);
    }

    /**
     * These settings with snooping, or without.
     *
     * @param on whether multicast goes only where somebody listens
     * @return new settings
     */
    public SwitchSettings withSnooping(boolean on) {
        return new SwitchSettings(fdbCapacity, ageingSeconds, on, forwarded, groupMembers, groupMembersPerPort);
    }

    /**
     * These settings with other reserved groups forwarded.
     *
     * @param groups their protocols
     * @return new settings
     */
    public SwitchSettings withForwarded(Set<ReservedGroup> groups) {
        return new SwitchSettings(fdbCapacity, ageingSeconds, snooping, groups, groupMembers, groupMembersPerPort);
    }

    /**
     * These settings with room for other numbers of memberships.
     *
     * @param all how many there are at most: one a port and group
     * @param perPort how many of them a port may have
     * @return new settings
     */
    public SwitchSettings withGroupMembers(int all, int perPort) {
        return new SwitchSettings(fdbCapacity, ageingSeconds, snooping, forwarded, all, perPort);
    }
}
