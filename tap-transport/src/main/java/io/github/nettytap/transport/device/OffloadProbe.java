/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Finds out by asking the kernel, never by its version, which offloads it grants. */
final class OffloadProbe {

    /** From the newest to the oldest: what may be lacking, in the groups that the kernel takes together. */
    private static final List<Set<TapOffload>> NEWEST_FIRST = List.of(
            Set.of(TapOffload.UDP_TUNNEL_GSO_CSUM),
            Set.of(TapOffload.UDP_TUNNEL_GSO),
            Set.of(TapOffload.USO4, TapOffload.USO6),
            Set.of(TapOffload.TSO_ECN),
            Set.of(TapOffload.TSO4, TapOffload.TSO6),
            Set.of(TapOffload.CSUM));

    private OffloadProbe() {}

    /** Sets the offloads and returns what is on. A refused call leaves the device as it was. */
    static Set<TapOffload> apply(TapFile file, String device, OffloadRequest request) throws TapException {
        Set<TapOffload> wanted = request.offloads();
        SyscallException refusal = set(file, wanted);
        if (refusal == null) {
            return wanted;
        }
        if (!refusal.is(Errno.EINVAL)) {
            throw TapErrors.deviceCall(device, refusal);
        }
        Set<TapOffload> granted = largestPart(file, device, wanted, refusal);
        if (request.isExact()) {
            EnumSet<TapOffload> refused = EnumSet.noneOf(TapOffload.class);
            refused.addAll(wanted);
            refused.removeAll(granted);
            throw TapErrors.offload(device, wanted, refused, refusal);
        }
        return granted;
    }

    private static Set<TapOffload> largestPart(
            TapFile file, String device, Set<TapOffload> wanted, SyscallException first) throws TapException {
        EnumSet<TapOffload> candidate = EnumSet.noneOf(TapOffload.class);
        candidate.addAll(wanted);
        SyscallException refusal = first;
        for (Set<TapOffload> group : NEWEST_FIRST) {
            if (!candidate.removeAll(group)) {
                continue;
            }
            refusal = set(file, candidate);
            if (refusal == null) {
                return Collections.unmodifiableSet(candidate);
            }
            if (!refusal.is(Errno.EINVAL)) {
                break;
            }
        }
        throw TapErrors.deviceCall(device, refusal);
    }

    private static SyscallException set(TapFile file, Set<TapOffload> offloads) {
        try {
            file.setOffload(TapOffload.mask(offloads));
            return null;
        } catch (SyscallException e) {
            return e;
        }
    }
}
