/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.ProcessLimits;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.NetlinkException;
import io.github.nettytap.transport.netlink.TunLink;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What each failure means and what to do about it: one method a call that may fail, one branch a row of the table in
 * {@code docs/troubleshooting.md}.
 */
final class TapErrors {

    private static final String TROUBLE = "This is not a failure that netty-tap knows; errno(3) lists what it may mean";

    private TapErrors() {}

    static TapException invalidName(String name, String fault) {
        return new TapException(
                "check interface name",
                name,
                "",
                fault,
                "A name has 1 to 15 bytes, without `/`, `:` and white space, and is not `.`, `..`, `all` or `default`;"
                        + " `tap%d` lets the kernel choose the number",
                "interface-name");
    }

    static TapException invalidSetting(String device, String reason, String advice) {
        return new TapException("check settings", device, "", reason, advice, "settings");
    }

    static TapException closed(String operation, String device) {
        return new TapException(
                operation, device, "EBADF", "the device is closed", "Open it again with TapDevice.builder", "closed");
    }

    static TapException open(LibC libc, String node, String device, SyscallException e) {
        if (e.is(Errno.ENOENT) || e.is(Errno.ENODEV) || e.is(Errno.ENXIO)) {
            return of(
                    e,
                    device,
                    "there is no TUN/TAP driver behind " + node,
                    "Load the module with `modprobe tun`; in a container pass `--device " + node + "`",
                    "open-enoent");
        }
        if (e.is(Errno.EACCES) || e.is(Errno.EPERM)) {
            return of(
                    e,
                    device,
                    "this user (uid " + libc.geteuid() + ") may not open the device node" + nodeMode(node),
                    "Have it made accessible (`chmod 0666 " + node
                            + "` is what most distributions do; the interfaces stay protected), allow the device in the"
                            + " container's device cgroup, or receive an open descriptor from a privileged process",
                    "open-eacces");
        }
        if (e.is(Errno.EMFILE)) {
            return of(
                    e,
                    device,
                    "this process has " + ProcessLimits.descriptors(libc) + " of " + ProcessLimits.descriptors(libc)
                            + " descriptors in use",
                    "Raise the limit with `ulimit -n`, or find who does not close theirs: `ls -l /proc/PID/fd`",
                    "open-emfile");
        }
        if (e.is(Errno.ENFILE)) {
            return of(
                    e,
                    device,
                    "the whole system has no descriptor left",
                    "Raise the limit: `sysctl fs.file-max`",
                    "open-emfile");
        }
        return unknown(e, device);
    }

    /**
     * TUNSETIFF failed.
     *
     * @param before the interface of that name before the call, or null
     */
    static TapException attach(TapDeviceBuilder settings, String device, SyscallException e, Link before) {
        if (e.is(Errno.EPERM)) {
            return attachForbidden(device, e);
        }
        if (e.is(Errno.EBUSY)) {
            return attachBusy(settings, device, e, before);
        }
        if (e.is(Errno.EINVAL)) {
            return attachInvalid(settings, device, e, before);
        }
        if (e.is(Errno.E2BIG)) {
            return tooManyQueues(device, e);
        }
        return unknown(e, device);
    }

    /** TUNSETIFF failed for a further queue of an interface that we hold. */
    static TapException attachMore(String device, boolean multiQueue, SyscallException e) {
        if (e.is(Errno.EPERM)) {
            return attachForbidden(device, e);
        }
        if (e.is(Errno.E2BIG)) {
            return tooManyQueues(device, e);
        }
        if (e.is(Errno.EBUSY) && !multiQueue) {
            return of(
                    e,
                    device,
                    "the interface has a single queue",
                    "Open it with multiQueue(true), so that queues can be added",
                    "tunsetiff-ebusy");
        }
        return unknown(e, device);
    }

    private static TapException attachForbidden(String device, SyscallException e) {
        return of(
                e,
                device,
                "making or attaching to an interface needs CAP_NET_ADMIN in this network namespace, or an interface"
                        + " that belongs to this user",
                "Four ways out: run inside a namespace of your own (`unshare -Urn COMMAND`); have the interface made"
                        + " for you once (`sudo ip tuntap add " + (device.indexOf('%') >= 0 ? "tap0" : device)
                        + " mode tap user "
                        + System.getProperty("user.name")
                        + "`); give the capability to a private copy of the java launcher (`setcap"
                        + " cap_net_admin+ep`); or receive an open descriptor from a privileged process",
                "tunsetiff-eperm");
    }

    private static TapException tooManyQueues(String device, SyscallException e) {
        return of(
                e,
                device,
                "the interface has its 256 queues, the kernel's limit",
                "Ask for fewer; one queue for each event loop is enough",
                "tunsetiff-e2big");
    }

    private static TapException attachBusy(TapDeviceBuilder settings, String device, SyscallException e, Link before) {
        if (before != null && settings.exclusive()) {
            return of(
                    e,
                    device,
                    "the interface exists already, and a new one was asked for",
                    "Choose another name, or leave exclusive() out to attach to it",
                    "tunsetiff-ebusy");
        }
        if (before == null && settings.ifindex() > 0) {
            return of(
                    e,
                    device,
                    "another interface has the ifindex " + settings.ifindex(),
                    "Choose another number, or leave ifindex() out; `ip link` shows those in use",
                    "tunsetiff-ebusy");
        }
        return of(
                e,
                device,
                "another process holds the interface, which has a single queue" + holder(device),
                "End that process, choose another name, or make the interface multi-queue on both sides",
                "tunsetiff-ebusy");
    }

    private static TapException attachInvalid(
            TapDeviceBuilder settings, String device, SyscallException e, Link before) {
        String anchor = "tunsetiff-einval";
        if (before == null) {
            return of(
                    e,
                    device,
                    "the kernel takes neither this name nor these flags",
                    "Choose another name, and check with `ip -d link` that no interface of another kind has it",
                    anchor);
        }
        TunLink tun = before.tun().orElse(null);
        if (tun == null) {
            return of(
                    e,
                    device,
                    "an interface of that name exists and is not a TAP"
                            + (before.kind().isEmpty() ? "" : " but of kind " + before.kind()),
                    "Choose another name",
                    anchor);
        }
        if (!tun.isTap()) {
            return of(
                    e,
                    device,
                    "the interface is a TUN (layer 3), not a TAP",
                    "Choose another name, or delete it: `ip link delete " + device + "`",
                    anchor);
        }
        if (tun.isMultiQueue() != settings.multiQueue()) {
            return of(
                    e,
                    device,
                    tun.isMultiQueue()
                            ? "the interface is multi-queue, and a single queue was asked for"
                            : "the interface has a single queue, and multi-queue was asked for",
                    tun.isMultiQueue()
                            ? "Open it with multiQueue(true); one queue is enough then"
                            : "Leave multiQueue out and ask for one queue, or make it anew: `ip tuntap add " + device
                                    + " mode tap multi_queue`",
                    anchor);
        }
        return of(
                e,
                device,
                "the interface exists and refuses these flags",
                "Compare them with `ip -d link show " + device + "`",
                anchor);
    }

    static TapException notKept(String device, String setting, Object wanted, Object real) {
        return new TapException(
                "read back " + setting,
                device,
                "",
                "it became " + real + " instead of " + wanted,
                "Look who else sets it: a network manager that takes new interfaces over is told to leave this one alone",
                "not-kept");
    }

    static TapException offload(String device, Set<TapOffload> wanted, Set<TapOffload> refused, SyscallException e) {
        if (e.is(Errno.EINVAL)) {
            return of(
                    e,
                    device,
                    "this kernel does not know " + (refused.isEmpty() ? wanted : refused) + " of " + wanted,
                    "Ask for TapOffload.ALL to get what there is; " + needs(refused.isEmpty() ? wanted : refused),
                    "tunsetoffload-einval");
        }
        return unknown(e, device);
    }

    private static String needs(Set<TapOffload> offloads) {
        return offloads.stream()
                .map(offload -> offload + " came with Linux " + offload.since())
                .collect(Collectors.joining(", "));
    }

    static TapException offloadConflict(String device, Set<TapOffload> offloads, int headerSize, String conflict) {
        return new TapException(
                "check offloads",
                device,
                "",
                conflict + " (asked for: " + offloads + ", header of " + headerSize + " bytes)",
                "Leave the header size out to get the right one, or ask for fewer offloads",
                "offload-conflict");
    }

    static TapException mac(String device, Object mac, SyscallException e) {
        if (e.is(Errno.EADDRNOTAVAIL)) {
            return of(
                    e,
                    device,
                    mac + " is not an address that one interface can have",
                    "Use an individual (not group) address other than zero, for example MacAddress.randomLocal()",
                    "mac-eaddrnotavail");
        }
        return deviceCall(device, e);
    }

    static TapException notAdoptable(String device, String errno, String fault) {
        return new TapException(
                "adopt descriptor",
                device,
                errno,
                fault,
                "Hand over descriptors of /dev/net/tun after TUNSETIFF with IFF_TAP and IFF_NO_PI, all of one interface",
                "adopt");
    }

    static TapException handOver(String operation, String path, int errno) {
        Errno known = Errno.of(errno);
        String reason;
        String advice;
        switch (known == null ? Errno.EIO : known) {
            case EADDRINUSE:
                reason = "the file of the socket exists already";
                advice = "Another process listens there, or one has ended without removing it: `rm " + path + "`";
                break;
            case ENOENT:
            case ECONNREFUSED:
                reason = "nobody listens on this socket";
                advice = "Start the process that hands the device over first";
                break;
            case EACCES:
            case EPERM:
                reason = "this user may not use the socket or its directory";
                advice = "Change their owner or mode";
                break;
            case ENAMETOOLONG:
                reason = "the path of a Unix socket has 1 to 107 bytes";
                advice = "Choose a shorter one, for example in /run";
                break;
            case ETIMEDOUT:
                reason = "the other process did not come or send in time";
                advice = "Check that it runs and uses the same socket";
                break;
            case EINTR:
                reason = "the thread was interrupted while waiting";
                advice = "Try again if that was not the wish";
                break;
            case ECONNRESET:
            case EPIPE:
                reason = "the other process has closed the connection";
                advice = "Look at its messages";
                break;
            case EBADF:
                reason = "the connection is closed, or a message came without its one descriptor";
                advice = "Use TapFdPassing or a Netty domain-socket channel at the other end";
                break;
            default:
                reason = "the kernel refused it";
                advice = TROUBLE;
        }
        return new TapException(operation + ": socket=" + path, "", Errno.nameOf(errno), reason, advice, "hand-over");
    }

    static TapException queue(String device, boolean attach, SyscallException e) {
        if (e.is(Errno.EINVAL)) {
            return of(
                    e,
                    device,
                    "the queue is " + (attach ? "attached" : "detached") + " already, or the device has a single queue",
                    "Ask TapQueue.isAttached(); only a multi-queue device lets its queues go and come",
                    "tunsetqueue-einval");
        }
        return deviceCall(device, e);
    }

    static TapException queueStaysDetached(String device) {
        return new TapException(
                "TUNSETQUEUE",
                device,
                "",
                "the queue stays detached, as it does where a classic filter was attached by somebody else",
                "Call TapFilters.detach() first, and attach the filter again afterwards",
                "tunsetqueue-einval");
    }

    static TapException filter(String device, SyscallException e) {
        if (e.is(Errno.EINVAL) || e.is(Errno.EBADF) && e.operation().endsWith("EBPF")) {
            return of(
                    e,
                    device,
                    "the kernel takes no such filter here",
                    "A classic program is made for Ethernet (`tcpdump -y EN10MB -ddd EXPRESSION`), an eBPF program is of"
                            + " type socket filter and given by its descriptor; a macvtap link has no filters",
                    "filter");
        }
        return deviceCall(device, e);
    }

    static TapException nothingToAttachTo(String device) {
        return new TapException(
                "find link",
                device,
                Errno.ENODEV.name(),
                "there is no interface of that name to attach to",
                "Make it: `sudo ip tuntap add " + device + " mode tap user " + System.getProperty("user.name")
                        + "`; or leave existing() out to have it created",
                "attach-enodev");
    }

    static TapException owner(String device, String kind, int id, SyscallException e) {
        if (e.is(Errno.EINVAL)) {
            return of(
                    e,
                    device,
                    "there is no " + kind + " " + Integer.toUnsignedString(id) + " in this user namespace",
                    "Choose one that this user namespace knows: `cat /proc/self/uid_map`",
                    "owner-einval");
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

    /** @param command the shell command that does the same, empty where there is none */
    static TapException link(String device, NetlinkException e, String command) {
        String operation = e.operation();
        String said = e.kernelText().isEmpty() ? "" : " (the kernel says: " + e.kernelText() + ")";
        if (e.errno() == Errno.EPERM.number()) {
            return new TapException(
                    operation,
                    device,
                    e.errnoName(),
                    "link settings need CAP_NET_ADMIN in the network namespace; the TAP itself works, only this setting"
                            + " could not be made" + said,
                    command.isEmpty()
                            ? "Have it made by somebody who has the capability"
                            : "Have it made: `sudo " + command + "`, and leave it out here",
                    "link-eperm");
        }
        if (operation.startsWith("set MTU") && e.errno() == Errno.EINVAL.number()) {
            return new TapException(
                    operation,
                    device,
                    e.errnoName(),
                    "the MTU is out of range" + said,
                    "A TAP takes 68 to 65521, and no more than the bridge that it is in allows",
                    "mtu-einval");
        }
        if (e.errno() == Errno.ENODEV.number()) {
            return new TapException(
                    operation,
                    device,
                    e.errnoName(),
                    "the interface is not in this network namespace" + said,
                    "It was deleted, or moved to a namespace into which this process may not look",
                    "link-enodev");
        }
        return new TapException(
                operation, device, e.errnoName(), "the kernel refused the setting" + said, TROUBLE, "other");
    }

    static TapException notVisible(String device) {
        return new TapException(
                "find link",
                device,
                Errno.ENODEV.name(),
                "the interface is not in this network namespace",
                "It was deleted, or moved to a namespace into which this process may not look",
                "link-enodev");
    }

    static TapException namespace(String operation, String which, int errno) {
        SyscallException e = new SyscallException(operation, -errno);
        String text = operation + ": namespace=" + which;
        if (e.is(Errno.EPERM) || e.is(Errno.EACCES)) {
            return new TapException(
                    text,
                    "",
                    Errno.nameOf(errno),
                    "a network namespace belongs to a user namespace, and CAP_SYS_ADMIN there is needed",
                    "Run as root, or inside namespaces of your own: `unshare -Urn COMMAND`",
                    "namespace-eperm");
        }
        if (e.is(Errno.ENOENT) || e.is(Errno.ESRCH)) {
            return new TapException(
                    text,
                    "",
                    Errno.nameOf(errno),
                    "there is no such namespace",
                    "`ip netns list` shows those with a name, `lsns -t net` all that this user may see",
                    "namespace-enoent");
        }
        return new TapException(text, "", Errno.nameOf(errno), "the kernel refused it", TROUBLE, "other");
    }

    static TapException unknown(SyscallException e, String device) {
        return of(e, device, "the kernel refused it", TROUBLE, "other");
    }

    private static TapException of(SyscallException e, String device, String reason, String advice, String anchor) {
        return new TapException(e.operation(), device, Errno.nameOf(e.errno()), reason, advice, anchor);
    }

    private static String nodeMode(String name) {
        Path node = Path.of(name);
        try {
            return ", whose mode is " + PosixFilePermissions.toString(Files.getPosixFilePermissions(node))
                    + " and whose owner is " + Files.getOwner(node).getName();
        } catch (IOException | UnsupportedOperationException e) {
            return "";
        }
    }

    private static String holder(String device) {
        List<Long> pids = InterfaceHolders.of(device);
        if (pids.isEmpty()) {
            return "";
        }
        return (pids.size() == 1 ? ": process " : ": one of the processes ")
                + pids.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }
}
