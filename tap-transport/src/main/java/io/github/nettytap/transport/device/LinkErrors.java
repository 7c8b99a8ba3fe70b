/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.netlink.NetlinkException;

/** What it means that rtnetlink refuses, or that a network namespace cannot be reached, and what to do about it. */
final class LinkErrors {

    private LinkErrors() {}

    /** @param command the shell command that does the same, empty where there is none */
    static TapException link(String device, NetlinkException e, String command) {
        TapFailure failure = TapFailure.of(e).device(device);
        String said = e.kernelText().isEmpty() ? "" : " (the kernel says: " + e.kernelText() + ")";
        if (e.errno() == Errno.EPERM.number()) {
            return failure.because(
                            "link settings need CAP_NET_ADMIN in the network namespace; the TAP itself works, only"
                                    + " this setting could not be made" + said)
                    .advise(
                            command.isEmpty()
                                    ? "Have it made by somebody who has the capability"
                                    : "Have it made: `sudo " + command + "`, and leave it out here")
                    .onCommandLine(
                            command.isEmpty()
                                    ? "Have it made by somebody who has the capability"
                                    : "Have it made: `sudo " + command + "`, and start again")
                    .see("link-eperm");
        }
        if (e.operation().startsWith("set MTU") && e.errno() == Errno.EINVAL.number()) {
            return failure.because("the MTU is out of range" + said)
                    .advise("A TAP takes 68 to 65521, and no more than the bridge that it is in allows")
                    .see("mtu-einval");
        }
        if (e.errno() == Errno.ENODEV.number()) {
            return outOfSight(failure, said);
        }
        return failure.because("the kernel refused the setting" + said)
                .advise(TapErrors.TROUBLE)
                .see("other");
    }

    static TapException notVisible(String device) {
        return outOfSight(new TapFailure("find link").device(device).errno(Errno.ENODEV.number()), "");
    }

    private static TapException outOfSight(TapFailure failure, String said) {
        return failure.because("the interface is not in this network namespace" + said)
                .advise("It was deleted, or moved to a namespace into which this process may not look")
                .see("link-enodev");
    }

    static TapException namespace(String operation, String which, int errno) {
        TapFailure failure = new TapFailure(operation + ": namespace=" + which).errno(errno);
        if (errno == Errno.EPERM.number() || errno == Errno.EACCES.number()) {
            return failure.because("a network namespace belongs to a user namespace, and CAP_SYS_ADMIN there is needed")
                    .advise("Run as root, or inside namespaces of your own: `unshare -Urn COMMAND`")
                    .see("namespace-eperm");
        }
        if (errno == Errno.ENOENT.number() || errno == Errno.ESRCH.number()) {
            return failure.because("there is no such namespace")
                    .advise("`ip netns list` shows those with a name, `lsns -t net` all that this user may see")
                    .see("namespace-enoent");
        }
        return failure.because("the kernel refused it")
                .advise(TapErrors.TROUBLE)
                .see("other");
    }
}
