/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.codec.wire.MacAddress;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Destination addresses whose frames the kernel hands over, as the filter of a network card: all others it drops before
 * they cost a system call.
 *
 * <p>The kernel compares eight addresses exactly and all further ones by a hash of 64 buckets, so some other group
 * addresses may pass; and it hashes group addresses only, so at most eight individual ones fit. Broadcast frames, ARP
 * among them, pass only if {@link MacAddress#BROADCAST} is listed or all multicast passes.
 */
public final class MacReceiveFilter {

    private static final int MAX_INDIVIDUAL = 8;
    private static final int MAX_ADDRESSES = 0xffff;

    private final List<MacAddress> addresses;
    private final boolean allMulticast;

    private MacReceiveFilter(List<MacAddress> addresses, boolean allMulticast) {
        this.addresses = addresses;
        this.allMulticast = allMulticast;
    }

    /**
     * Lets frames to these addresses pass.
     *
     * @param addresses one or more addresses, at most eight of them individual ones
     * @return the filter
     * @throws IllegalArgumentException if there are none or too many
     */
    public static MacReceiveFilter of(Collection<MacAddress> addresses) {
        Set<MacAddress> distinct = new LinkedHashSet<>(addresses);
        List<MacAddress> ordered = new ArrayList<>();
        // The kernel gives up on the whole filter, and succeeds, if it meets an individual address after the first
        // eight.
        distinct.stream().filter(address -> !address.isGroup()).forEach(ordered::add);
        int individual = ordered.size();
        distinct.stream().filter(MacAddress::isGroup).forEach(ordered::add);
        if (ordered.isEmpty() || ordered.size() > MAX_ADDRESSES || individual > MAX_INDIVIDUAL) {
            throw new IllegalArgumentException(
                    "addresses do not fit a MAC filter: individual=" + individual + ", group="
                            + (ordered.size() - individual) + " (expected: 1 to 65535, at most 8 of them individual)");
        }
        return new MacReceiveFilter(List.copyOf(ordered), false);
    }

    /**
     * Lets frames to these addresses pass.
     *
     * @param addresses one or more addresses, at most eight of them individual ones
     * @return the filter
     * @throws IllegalArgumentException if there are none or too many
     */
    public static MacReceiveFilter of(MacAddress... addresses) {
        return of(Arrays.asList(addresses));
    }

    /**
     * The same filter that lets all multicast and broadcast frames pass besides.
     *
     * @return the filter with it
     */
    public MacReceiveFilter withAllMulticast() {
        return new MacReceiveFilter(addresses, true);
    }

    /**
     * The addresses.
     *
     * @return individual ones first
     */
    public List<MacAddress> addresses() {
        return addresses;
    }

    /**
     * Whether all multicast and broadcast frames pass.
     *
     * @return true if so
     */
    public boolean isAllMulticast() {
        return allMulticast;
    }

    @Override
    public String toString() {
        return "MacReceiveFilter(" + addresses + (allMulticast ? ", all multicast" : "") + ")";
    }
}
