/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;

import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the failure of a call on an open device means and what to do about it: one method a call, one branch a row of
 * the table in {@code docs/troubleshooting.md}. Opening the node is {@link NodeErrors}', attaching {@link
 * AttachErrors}', rtnetlink {@link LinkErrors}'.
 */
final class TapErrors {

    static final String TROUBLE = "This is not a failure that netty-tap knows; errno(3) lists what it may mean";

    private TapErrors() {}

    static TapException closed(String operation, String device) {
        return new TapFailure(operation)
                .device(device)
                .errno(Errno.EBADF.number())
                .because("the device is closed")
                .advise("Open it again with TapDevice.builder")
                .onCommandLine("Start the command again")
                .see("closed");
    }

    static TapException offload(String device, Set<TapOffload> wanted, Set<TapOffload> refused, SyscallException e) {
        if (e.is(Errno.EINVAL)) {
            Set<TapOffload> lacking = refused.isEmpty() ? wanted : refused;
            return TapFailure.of(e)
                    .device(device)
                    .because("this kernel does not know " + lacking + " of " + wanted)
                    .advise("Ask for OffloadRequest.BEST_AVAILABLE to get what there is; " + needs(lacking))
                    .onCommandLine("Ask for all offloads to get those that there are; " + needs(lacking))
                    .see("tunsetoffload-einval");
        }
        return unknown(e, device);
    }

    private static String needs(Set<TapOffload> offloads) {
        return offloads.stream()
                .map(offload -> offload + " came with Linux " + offload.since())
                .collect(Collectors.joining(", "));
    }

    static TapException offloadConflict(String device, Set<TapOffload> offloads, int headerSize, String conflict) {
        return new TapFailure("check offloads")
                .device(device)
                .because(conflict + " (asked for: " + offloads + ", header of " + headerSize + " bytes)")
                .advise("Leave the header size out to get the right one, or ask for fewer offloads")
                .see("offload-conflict");
    }

    static TapException mac(String device, Object mac, SyscallException e) {
        if (e.is(Errno.EADDRNOTAVAIL)) {
            return TapFailure.of(e)
                    .device(device)
                    .because(mac + " is not an address that one interface can have")
                    .advise(
                            "Use an individual (not group) address other than zero, for example MacAddress.randomLocal()")
                    .onCommandLine(
                            "Use an individual (not group) address other than zero, for example 02:00:00:00:00:01")
                    .see("mac-eaddrnotavail");
        }
        return deviceCall(device, e);
    }

    static TapException queue(String device, boolean attach, SyscallException e) {
        if (e.is(Errno.EINVAL)) {
            return TapFailure.of(e)
                    .device(device)
                    .because("the queue is " + (attach ? "attached" : "detached")
                            + " already, or the device has a single queue")
                    .advise("Ask TapQueue.isAttached(); only a multi-queue device lets its queues go and come")
                    .see("tunsetqueue-einval");
        }
        return deviceCall(device, e);
    }

    static TapException queueStaysDetached(String device) {
        return new TapFailure("TUNSETQUEUE")
                .device(device)
                .because("the queue stays detached, as it does where a classic filter was attached by somebody else")
                .advise("Call TapFilters.detach() first, and attach the filter again afterwards")
                .see("tunsetqueue-einval");
    }

    static TapException filter(String device, SyscallException e) {
        if (e.is(Errno.EINVAL) || e.is(Errno.EBADF) && e.operation().endsWith("EBPF")) {
            return TapFailure.of(e)
                    .device(device)
                    .because("the kernel takes no such filter here")
                    .advise(
                            "A classic program is made for Ethernet (`tcpdump -y EN10MB -ddd EXPRESSION`), an eBPF program"
                                    + " is of type socket filter and given by its descriptor; a macvtap link has no filters")
                    .see("filter");
        }
        return deviceCall(device, e);
    }

    static TapException owner(String device, String kind, int id, SyscallException e) {
        if (e.is(Errno.EINVAL)) {
            return TapFailure.of(e)
                    .device(device)
                    .because("there is no " + kind + " " + Integer.toUnsignedString(id) + " in this user namespace")
                    .advise("Choose one that this user namespace knows: `cat /proc/self/uid_map`")
                    .see("owner-einval");
        }
        return deviceCall(device, e);
    }

    /** An ioctl on an attached descriptor failed. */
    static TapException deviceCall(String device, SyscallException e) {
        if (e.is(Errno.EBADFD)) {
            return TapException.deviceGone(e.operation(), device);
        }
        if (e.is(Errno.EBADF)) {
            return closed(e.operation(), device);
        }
        return unknown(e, device);
    }

    static TapException unknown(SyscallException e, String device) {
        return TapFailure.of(e)
                .device(device)
                .because("the kernel refused it")
                .advise(TROUBLE)
                .see("other");
    }
}
