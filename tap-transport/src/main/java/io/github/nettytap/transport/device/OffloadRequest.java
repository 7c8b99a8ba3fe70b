/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;

/**
 * Which offloads a device is asked for: exactly these, or the best that the kernel grants. What came of it tells {@link
 * TapDevice#offloads()}. Immutable.
 */
public final class OffloadRequest {

    /** No offload: every frame comes complete and at most MTU-sized. */
    public static final OffloadRequest NONE = new OffloadRequest(TapOffload.NONE, true);

    /**
     * The best available of checksum, TSO with ECN, and USO: the largest part of {@link TapOffload#ALL} that the kernel
     * grants when asked, never by its version.
     */
    public static final OffloadRequest BEST_AVAILABLE = new OffloadRequest(TapOffload.ALL, false);

    private final Set<TapOffload> offloads;
    private final boolean exact;

    private OffloadRequest(Set<TapOffload> offloads, boolean exact) {
        this.offloads = offloads;
        this.exact = exact;
    }

    /**
     * Asks for these offloads by the letter: the request is refused if a part of it is not available.
     *
     * @param offloads the offloads, empty for none
     * @return the request
     */
    public static OffloadRequest exactly(Collection<TapOffload> offloads) {
        EnumSet<TapOffload> copy = EnumSet.noneOf(TapOffload.class);
        copy.addAll(offloads);
        return new OffloadRequest(Collections.unmodifiableSet(copy), true);
    }

    /**
     * Asks for these offloads by the letter: the request is refused if a part of it is not available.
     *
     * @param offloads the offloads, none to switch all off
     * @return the request
     */
    public static OffloadRequest exactly(TapOffload... offloads) {
        return exactly(Arrays.asList(offloads));
    }

    /**
     * The offloads that are wanted.
     *
     * @return an unmodifiable set
     */
    public Set<TapOffload> offloads() {
        return offloads;
    }

    /**
     * Whether all of them are wanted, or as many as there are.
     *
     * @return true for all or nothing
     */
    public boolean isExact() {
        return exact;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof OffloadRequest
                && ((OffloadRequest) other).exact == exact
                && ((OffloadRequest) other).offloads.equals(offloads);
    }

    @Override
    public int hashCode() {
        return Objects.hash(offloads, exact);
    }

    @Override
    public String toString() {
        return (exact ? "" : "best available of ") + offloads;
    }
}
