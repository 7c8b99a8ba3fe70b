/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.TunLink;

import java.util.List;
import java.util.stream.Collectors;

/** What it means that an interface cannot be made or attached to, and what to do about it. */
final class AttachErrors {

    private AttachErrors() {}

    static TapException invalidName(String name, String fault) {
        return new TapFailure("check interface name")
                .device(name)
                .because(fault)
                .advise("A name has 1 to 15 bytes, without `/`, `:` and white space, and is not `.`, `..`, `all` or"
                        + " `default`; `tap%d` lets the kernel choose the number")
                .see("interface-name");
    }

    static TapException invalidSetting(String device, String reason, String advice) {
        return new TapFailure("check settings")
                .device(device)
                .because(reason)
                .advise(advice)
                .see("settings");
    }

    static TapException notKept(String device, String setting, Object wanted, Object real) {
        return new TapFailure("read back " + setting)
                .device(device)
                .because("it became " + real + " instead of " + wanted)
                .advise(
                        "Look who else sets it: a network manager that takes new interfaces over is told to leave this one"
                                + " alone")
                .see("not-kept");
    }

    static TapException nothingToAttachTo(String device) {
        String command = "Make it: `sudo ip tuntap add " + device + " mode tap user " + userName() + "`";
        return new TapFailure("find link")
                .device(device)
                .errno(Errno.ENODEV.number())
                .because("there is no interface of that name to attach to")
                .advise(command + "; or leave existing() out to have it created")
                .onCommandLine(command)
                .see("attach-enodev");
    }

    private static String userName() {
        return System.getProperty("user.name");
    }

    /**
     * TUNSETIFF failed.
     *
     * @param before the interface of that name before the call, or null
     */
    static TapException attach(TapDeviceBuilder settings, String device, SyscallException e, Link before) {
        if (e.is(Errno.EPERM)) {
            return forbidden(device, e);
        }
        if (e.is(Errno.EBUSY)) {
            return busy(settings, device, e, before);
        }
        if (e.is(Errno.EINVAL)) {
            return invalid(settings, device, e, before);
        }
        if (e.is(Errno.E2BIG)) {
            return tooManyQueues(device, e);
        }
        return TapErrors.unknown(e, device);
    }

    /** TUNSETIFF failed for a further queue of an interface that we hold. */
    static TapException attachMore(String device, boolean multiQueue, SyscallException e) {
        if (e.is(Errno.EPERM)) {
            return forbidden(device, e);
        }
        if (e.is(Errno.E2BIG)) {
            return tooManyQueues(device, e);
        }
        if (e.is(Errno.EBUSY) && !multiQueue) {
            return TapFailure.of(e)
                    .device(device)
                    .because("the interface has a single queue")
                    .advise("Open it with multiQueue(true), so that queues can be added")
                    .onCommandLine("Make it with several: `ip tuntap add " + device + " mode tap multi_queue`")
                    .see("tunsetiff-ebusy");
        }
        return TapErrors.unknown(e, device);
    }

    private static TapException forbidden(String device, SyscallException e) {
        return TapFailure.of(e)
                .device(device)
                .because("making or attaching to an interface needs CAP_NET_ADMIN in this network namespace, or an"
                        + " interface that belongs to this user")
                .advise(
                        "Four ways out: run inside a namespace of your own (`unshare -Urn COMMAND`); have the interface made"
                                + " for you once (`sudo ip tuntap add " + (device.indexOf('%') >= 0 ? "tap0" : device)
                                + " mode tap user " + userName()
                                + "`); give the capability to a private copy of the java launcher (`setcap cap_net_admin+ep`); or"
                                + " receive an open descriptor from a privileged process")
                .see("tunsetiff-eperm");
    }

    private static TapException tooManyQueues(String device, SyscallException e) {
        return TapFailure.of(e)
                .device(device)
                .because("the interface has its 256 queues, the kernel's limit")
                .advise("Ask for fewer; one queue for each event loop is enough")
                .see("tunsetiff-e2big");
    }

    private static TapException busy(TapDeviceBuilder settings, String device, SyscallException e, Link before) {
        TapFailure failure = TapFailure.of(e).device(device);
        String anchor = "tunsetiff-ebusy";
        if (before != null && settings.exclusive()) {
            return failure.because("the interface exists already, and a new one was asked for")
                    .advise("Choose another name, or leave exclusive() out to attach to it")
                    .onCommandLine("Choose another name")
                    .see(anchor);
        }
        if (before == null && settings.ifindex() > 0) {
            return failure.because("another interface has the ifindex " + settings.ifindex())
                    .advise("Choose another number, or leave ifindex() out; `ip link` shows those in use")
                    .see(anchor);
        }
        return failure.because("another process holds the same end of the interface, the one that reads and writes its"
                        + " frames" + holder(device))
                .advise(
                        "An end has one holder. To join the two, give each a TAP of its own and put both into a bridge, or"
                                + " use a socket port or macvtap; or end that process, or choose another name")
                .see(anchor);
    }

    private static String holder(String device) {
        List<Long> pids = InterfaceHolders.of(device);
        if (pids.isEmpty()) {
            return "";
        }
        return (pids.size() == 1 ? ": process " : ": one of the processes ")
                + pids.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    private static TapException invalid(TapDeviceBuilder settings, String device, SyscallException e, Link before) {
        TapFailure failure = TapFailure.of(e).device(device);
        String anchor = "tunsetiff-einval";
        if (before == null) {
            return failure.because("the kernel takes neither this name nor these flags")
                    .advise("Choose another name, and check with `ip -d link` that no interface of another kind has it")
                    .see(anchor);
        }
        TunLink tun = before.tun().orElse(null);
        if (tun == null) {
            return failure.because("an interface of that name exists and is not a TAP"
                            + (before.kind().isEmpty() ? "" : " but of kind " + before.kind()))
                    .advise("Choose another name")
                    .see(anchor);
        }
        if (!tun.isTap()) {
            return failure.because("the interface is a TUN (layer 3), not a TAP")
                    .advise("Choose another name, or delete it: `ip link delete " + device + "`")
                    .see(anchor);
        }
        if (tun.isMultiQueue() && !settings.multiQueue()) {
            return failure.because("the interface is multi-queue, and a single queue was asked for")
                    .advise("Open it with multiQueue(true); one queue is enough then")
                    .onCommandLine("Make it anew with a single queue: `ip tuntap add " + device + " mode tap`")
                    .see(anchor);
        }
        if (!tun.isMultiQueue() && settings.multiQueue()) {
            String command = "`ip tuntap add " + device + " mode tap multi_queue`";
            return failure.because("the interface has a single queue, and multi-queue was asked for")
                    .advise("Leave multiQueue out and ask for one queue, or make it anew: " + command)
                    .onCommandLine("Make it anew: " + command)
                    .see(anchor);
        }
        return failure.because("the interface exists and refuses these flags")
                .advise("Compare them with `ip -d link show " + device + "`")
                .see(anchor);
    }
}
