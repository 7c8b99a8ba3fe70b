/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the calling thread may do, from procfs (capabilities(7), user_namespaces(7)).
 *
 * <p>A capability counts only in the user namespace that one is in, and a network namespace belongs to one user
 * namespace: so the bit alone does not tell whether interfaces may be made.
 */
public final class ProcessPrivilege {

    private static final int CAP_NET_ADMIN = 12;
    private static final int CAP_SYS_ADMIN = 21;

    private final Path proc;
    private final boolean ownsNetwork;

    /** For tests: a directory in place of /proc, and whether the network belongs to our user namespace. */
    public ProcessPrivilege(Path proc, boolean ownsNetwork) {
        this.proc = proc;
        this.ownsNetwork = ownsNetwork;
    }

    public static ProcessPrivilege ofThisThread(LibC libc) {
        return new ProcessPrivilege(Path.of("/proc"), networkIsOurs(libc));
    }

    private static boolean networkIsOurs(LibC libc) {
        int network = libc.open(Namespaces.OF_THIS_THREAD, Fcntl.O_RDONLY | Fcntl.O_CLOEXEC);
        if (network < 0) {
            return true; // No procfs to look into: let the capability decide.
        }
        int owner = libc.ioctl(network, Namespaces.NS_GET_USERNS, 0);
        libc.close(network);
        if (owner < 0) {
            return false; // EPERM: the owner is a namespace above ours.
        }
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + owner))
                    .equals(Files.readSymbolicLink(Path.of("/proc/self/ns/user")));
        } catch (IOException e) {
            return true;
        } finally {
            libc.close(owner);
        }
    }

    public boolean mayConfigureThisNetwork() {
        return hasNetAdmin() && ownsNetwork;
    }

    public boolean hasNetAdmin() {
        return has(CAP_NET_ADMIN);
    }

    public boolean hasSysAdmin() {
        return has(CAP_SYS_ADMIN);
    }

    private boolean has(int capability) {
        try {
            for (String line : Files.readAllLines(proc.resolve("thread-self/status"))) {
                if (line.startsWith("CapEff:")) {
                    return (Long.parseUnsignedLong(line.substring(7).trim(), 16) & 1L << capability) != 0;
                }
            }
        } catch (IOException e) {
            return false;
        }
        return false;
    }

    /** Which setting keeps ordinary users from making user namespaces; empty if none does. */
    public String userNamespaceObstacle() {
        if (read("sys/user/max_user_namespaces", "1").equals("0")) {
            return "`sysctl user.max_user_namespaces` is 0";
        }
        if (read("sys/kernel/unprivileged_userns_clone", "1").equals("0")) {
            return "`sysctl kernel.unprivileged_userns_clone` is 0";
        }
        if (read("sys/kernel/apparmor_restrict_unprivileged_userns", "0").equals("1")) {
            return "`sysctl kernel.apparmor_restrict_unprivileged_userns` is 1";
        }
        return "";
    }

    public String kernelRelease() {
        return read("sys/kernel/osrelease", "of unknown release");
    }

    private String read(String file, String absent) {
        try {
            return Files.readString(proc.resolve(file)).trim();
        } catch (IOException e) {
            return absent;
        }
    }
}
