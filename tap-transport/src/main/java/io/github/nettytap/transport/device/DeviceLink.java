/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.NetlinkException;
import io.github.nettytap.transport.netlink.Rtnetlink;

import java.util.concurrent.Callable;

/**
 * Reaches the link behind a TAP descriptor in whatever network namespace it is now.
 *
 * <p>The driver tells the namespace only to those who have CAP_NET_ADMIN in it. To others the link is visible in the
 * namespace of the calling thread, where they may read and, without the capability, change nothing anyway.
 */
final class DeviceLink {

    /** Something to do with the link. */
    interface Task<T> {
        T run(Rtnetlink rtnetlink, Link link) throws NetlinkException;
    }

    private DeviceLink() {}

    /** @param command the shell command that does the same, for the advice of a failure; empty where there is none */
    static <T> T run(Kernel kernel, TapFile file, String command, Task<T> task) throws TapException {
        String name = nameOf(file);
        try (Rtnetlink rtnetlink = open(kernel, file, kernel::openRtnetlink)) {
            Link link = rtnetlink.links().named(name).orElseThrow(() -> TapErrors.notVisible(name));
            return task.run(rtnetlink, link);
        } catch (NetlinkException e) {
            throw TapErrors.link(name, e, command);
        }
    }

    /** Runs a task in the device's namespace and explains its failures. */
    static <T> T open(Kernel kernel, TapFile file, Callable<T> task) throws TapException {
        String name = nameOf(file);
        try {
            return inNamespaceOf(kernel, file, task);
        } catch (NetlinkException e) {
            throw TapErrors.link(name, e, "");
        } catch (SyscallException e) {
            throw TapErrors.deviceCall(name, e);
        } catch (TapException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static String nameOf(TapFile file) throws TapException {
        try {
            return file.identity().name();
        } catch (SyscallException e) {
            throw TapErrors.deviceCall(file.lastName(), e);
        }
    }

    /** Runs a task on a thread that is in the device's namespace, the calling one if it is. */
    static <T> T inNamespaceOf(Kernel kernel, TapFile file, Callable<T> task) throws Exception {
        int fd;
        try {
            fd = file.namespace();
        } catch (SyscallException e) {
            if (e.is(Errno.EBADFD) || e.is(Errno.EBADF)) {
                throw e;
            }
            return task.call();
        }
        try (NetworkNamespace namespace = NetworkNamespace.ofDescriptor(kernel.libc(), fd)) {
            return namespace.isCurrent() ? task.call() : namespace.call(task);
        }
    }
}
