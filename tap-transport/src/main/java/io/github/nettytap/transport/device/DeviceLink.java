/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.NetlinkException;
import io.github.nettytap.transport.netlink.Rtnetlink;

import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * Reaches the link behind a TAP descriptor in whatever network namespace it is now.
 *
 * <p>The driver tells the namespace only to those who have CAP_NET_ADMIN in it, and that of macvtap to nobody. To
 * others the link may be visible in the namespace of the calling thread; there it is looked for by name, and taken only
 * if it has the MAC address that the descriptor tells, since another interface may have the name.
 */
final class DeviceLink {

    /** Something to do with the link. */
    interface Task<T> {
        T run(Rtnetlink rtnetlink, Link link) throws NetlinkException;
    }

    private static final int UNTOLD = -1;

    private DeviceLink() {}

    /** @param command the shell command that does the same, for the advice of a failure; empty where there is none */
    static <T> T run(Kernel kernel, TapFile file, String command, Task<T> task) throws TapException {
        String name = file.lastName();
        try {
            name = file.identity().name();
            int namespace = namespaceOf(file);
            try (Rtnetlink rtnetlink = enter(kernel, namespace, kernel::openRtnetlink)) {
                return task.run(rtnetlink, find(rtnetlink, file, name, namespace));
            }
        } catch (Exception e) {
            throw explain(name, command, e);
        }
    }

    /** Runs a task on a thread that is in the device's namespace, the calling one if it is. */
    static <T> T open(Kernel kernel, TapFile file, Callable<T> task) throws TapException {
        try {
            String name = file.identity().name();
            int namespace = namespaceOf(file);
            if (namespace == UNTOLD) {
                try (Rtnetlink rtnetlink = kernel.openRtnetlink()) {
                    find(rtnetlink, file, name, namespace);
                }
            }
            return enter(kernel, namespace, task);
        } catch (Exception e) {
            throw explain(file.lastName(), "", e);
        }
    }

    /** The namespace of the device, to be closed by the caller. */
    static NetworkNamespace namespace(Kernel kernel, TapFile file) throws TapException {
        try {
            String name = file.identity().name();
            int namespace = namespaceOf(file);
            if (namespace != UNTOLD) {
                return NetworkNamespace.ofDescriptor(kernel.libc(), namespace);
            }
            try (Rtnetlink rtnetlink = kernel.openRtnetlink()) {
                find(rtnetlink, file, name, namespace);
            }
            return NetworkNamespace.current(kernel.libc());
        } catch (Exception e) {
            throw explain(file.lastName(), "", e);
        }
    }

    private static Link find(Rtnetlink rtnetlink, TapFile file, String name, int namespace)
            throws TapException, NetlinkException, SyscallException {
        Link link = rtnetlink.links().named(name).orElse(null);
        if (link == null || namespace == UNTOLD && !link.mac().equals(Optional.of(file.mac()))) {
            throw LinkErrors.notVisible(name);
        }
        return link;
    }

    private static int namespaceOf(TapFile file) throws SyscallException {
        try {
            return file.namespace();
        } catch (SyscallException e) {
            if (e.is(Errno.EPERM) || e.is(Errno.EINVAL) || e.is(Errno.ENOTTY)) {
                return UNTOLD;
            }
            throw e;
        }
    }

    private static <T> T enter(Kernel kernel, int fd, Callable<T> task) throws Exception {
        if (fd == UNTOLD) {
            return task.call();
        }
        try (NetworkNamespace namespace = NetworkNamespace.ofDescriptor(kernel.libc(), fd)) {
            return namespace.isCurrent() ? task.call() : namespace.call(task);
        }
    }

    private static TapException explain(String name, String command, Exception e) {
        if (e instanceof TapException) {
            return (TapException) e;
        }
        if (e instanceof NetlinkException) {
            return LinkErrors.link(name, (NetlinkException) e, command);
        }
        if (e instanceof SyscallException) {
            return TapErrors.deviceCall(name, (SyscallException) e);
        }
        if (e instanceof RuntimeException) {
            throw (RuntimeException) e;
        }
        throw new IllegalStateException(e);
    }
}
