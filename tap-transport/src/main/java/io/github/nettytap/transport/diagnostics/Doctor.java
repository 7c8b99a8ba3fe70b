/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.diagnostics;

import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapException;
import io.github.nettytap.transport.device.TapOffload;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.Fcntl;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.ProcessLimits;
import io.github.nettytap.transport.linux.ProcessPrivilege;
import io.github.nettytap.transport.linux.Retry;
import io.github.nettytap.transport.linux.Structs;
import io.github.nettytap.transport.linux.TunIoctl;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Explains, before anything is tried, what this process can and cannot do with TAP devices here, in words for people who
 * have never met capabilities or namespaces.
 *
 * <pre>{@code
 * System.out.println(Doctor.examine());
 * }</pre>
 *
 * <p>Nothing is changed. Offloads are found out on a TAP in a network namespace that lives for that moment only.
 */
public final class Doctor {

    private static final String NODE = "device node";
    private static final String DRIVER = "driver";
    private static final String PERMISSION = "permission";
    private static final String PRIVATE_NETWORK = "private network";
    private static final String DESCRIPTORS = "descriptors";
    private static final String OFFLOADS = "offloads";
    private static final String IO_URING = "io_uring";

    private static final long IO_URING_SETUP = 425; // The same number on every machine (asm-generic/unistd.h).

    private static final String DEVICE_NODE = "/dev/net/tun";
    private static final int TUNNEL_HEADER_SIZE = 24;

    private final LibC libc;
    private final ProcessPrivilege privilege;
    private final List<Finding> findings = new ArrayList<>();

    Doctor(LibC libc, ProcessPrivilege privilege) {
        this.libc = libc;
        this.privilege = privilege;
    }

    /**
     * Examines the process and the machine.
     *
     * @return what was found
     */
    public static Diagnosis examine() {
        LibC libc = LibC.get();
        return new Doctor(libc, ProcessPrivilege.ofThisThread(libc)).run();
    }

    Diagnosis run() {
        boolean reachable = examineNodeAndDriver();
        boolean permitted = examinePermission();
        boolean privateNetwork = examinePrivateNetwork(reachable);
        examineDescriptors();
        examineOffloads(reachable);
        examineIoUring();
        return new Diagnosis(findings, reachable && permitted, verdict(reachable, permitted, privateNetwork));
    }

    private boolean examineNodeAndDriver() {
        int fd = Retry.onInterrupt(() -> libc.open(DEVICE_NODE, Fcntl.O_RDWR | Fcntl.O_NONBLOCK | Fcntl.O_CLOEXEC));
        if (fd < 0) {
            findings.add(nodeProblem(-fd));
            return false;
        }
        findings.add(Finding.ok(NODE, DEVICE_NODE + ", the door to the driver, opens" + nodeMode() + "."));
        try {
            examineDriver(fd);
            return true;
        } finally {
            libc.close(fd);
        }
    }

    private Finding nodeProblem(int errno) {
        if (errno == Errno.EACCES.number() || errno == Errno.EPERM.number()) {
            return Finding.problem(
                    NODE,
                    DEVICE_NODE + ", the door to the driver, is there, but this user (uid " + libc.geteuid()
                            + ") may not open it" + nodeMode() + ".",
                    "Let everybody open it, as most distributions do: `sudo chmod 0666 " + DEVICE_NODE
                            + "`. It gives no power over interfaces that belong to others.");
        }
        if (errno == Errno.ENOENT.number()) {
            return Finding.problem(
                    NODE,
                    "There is no " + DEVICE_NODE + ", the door to the driver.",
                    "Load the driver: `sudo modprobe tun`. In a container, start it with `--device " + DEVICE_NODE
                            + "`.");
        }
        if (errno == Errno.ENODEV.number() || errno == Errno.ENXIO.number()) {
            return Finding.problem(
                    NODE,
                    DEVICE_NODE + " is there, but no driver is behind it.",
                    "Load it: `sudo modprobe tun`. If that fails, this kernel was built without TUN/TAP.");
        }
        return Finding.problem(
                NODE, DEVICE_NODE + " does not open: " + Errno.nameOf(errno) + ".", "See docs/troubleshooting.md.");
    }

    private static String nodeMode() {
        Path node = Path.of(DEVICE_NODE);
        try {
            return " (mode " + PosixFilePermissions.toString(Files.getPosixFilePermissions(node)) + ", owner "
                    + Files.getOwner(node).getName() + ")";
        } catch (IOException | UnsupportedOperationException e) {
            return "";
        }
    }

    private void examineDriver(int fd) {
        ByteBuffer answer = Structs.allocate(Integer.BYTES);
        int errno = -Retry.onInterrupt(() -> libc.ioctl(fd, TunIoctl.TUNGETFEATURES, answer));
        if (errno <= 0) {
            int features = answer.getInt(0);
            List<String> missing = new ArrayList<>();
            addIfMissing(features, TunIoctl.IFF_VNET_HDR, "the virtio-net header, and with it all offloads", missing);
            addIfMissing(features, TunIoctl.IFF_MULTI_QUEUE, "several queues", missing);
            addIfMissing(features, TunIoctl.IFF_NAPI, "NAPI", missing);
            addIfMissing(features, TunIoctl.IFF_NO_CARRIER, "a carrier that starts off", missing);
            String release = privilege.kernelRelease();
            findings.add(
                    missing.isEmpty()
                            ? Finding.ok(
                                    DRIVER, "Linux " + release + " has every feature of TAP devices that is used here.")
                            : Finding.note(
                                    DRIVER,
                                    "Linux " + release + " lacks " + String.join(", ", missing) + ".",
                                    "Do without, or use a newer kernel."));
        } else {
            findings.add(Finding.problem(
                    DRIVER,
                    DEVICE_NODE + " does not answer like the TUN/TAP driver: " + Errno.nameOf(errno) + ".",
                    "Check with `ls -l " + DEVICE_NODE + "` that it is the character device 10, 200."));
        }
    }

    private static void addIfMissing(int features, int flag, String name, List<String> missing) {
        if ((features & flag) == 0) {
            missing.add(name);
        }
    }

    private boolean examinePermission() {
        if (privilege.mayConfigureThisNetwork()) {
            findings.add(Finding.ok(
                    PERMISSION,
                    "This process may make and set up interfaces here: it has CAP_NET_ADMIN, the part of root's power"
                            + " that is about networks."));
            return true;
        }
        String why = privilege.hasNetAdmin()
                ? "This process has CAP_NET_ADMIN, the part of root's power that is about networks, but not for this"
                        + " network, which belongs to somebody else (another user namespace)."
                : "This process may not make interfaces here: it lacks CAP_NET_ADMIN, the part of root's power that is"
                        + " about networks.";
        findings.add(Finding.problem(
                PERMISSION,
                why,
                "Choose one. (1) Run it in a private network, see below. (2) Have an interface made that belongs to you,"
                        + " once: `sudo ip tuntap add tap0 mode tap user " + System.getProperty("user.name")
                        + "`, then open tap0; MTU, addresses and `up` are set with `sudo ip` too. (3) Run it as root."
                        + " (4) Let a small privileged program open the device and hand it over (TapFdPassing)."));
        return false;
    }

    private boolean examinePrivateNetwork(boolean reachable) {
        if (privilege.hasSysAdmin()) {
            findings.add(Finding.ok(
                    PRIVATE_NETWORK,
                    "This process may make network namespaces: private networks that nobody else sees."));
            return true;
        }
        String obstacle = privilege.userNamespaceObstacle();
        if (obstacle.isEmpty()) {
            findings.add(Finding.ok(
                    PRIVATE_NETWORK,
                    "`unshare -Urn COMMAND` runs a command in a private network in which it may do everything, without"
                            + " root"
                            + (reachable ? "." : "; but only once the device node opens.")));
            return reachable;
        }
        findings.add(Finding.note(
                PRIVATE_NETWORK,
                "`unshare -Urn COMMAND`, which would give a command a private network without root, is switched off: "
                        + obstacle + ".",
                "Ask the administrator, or run as root."));
        return false;
    }

    private void examineDescriptors() {
        long limit = ProcessLimits.descriptors(libc);
        long used = 0;
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            used = open.count();
        } catch (IOException e) {
            // The number is a courtesy.
        }
        String text = "This process may have " + limit + " descriptors open, and has " + used
                + ". Each queue of a device takes one, each event loop about three.";
        findings.add(
                limit - used >= 256
                        ? Finding.ok(DESCRIPTORS, text)
                        : Finding.note(DESCRIPTORS, text, "Raise the limit before the start: `ulimit -n 4096`."));
    }

    private void examineOffloads(boolean reachable) {
        if (!reachable || !privilege.hasSysAdmin()) {
            findings.add(Finding.note(
                    OFFLOADS,
                    "Not examined: that takes a TAP in a private network, which this process cannot make now.",
                    "Open with TapOffload.ALL to get what there is, and ask TapDevice.offloads() which it is."));
            return;
        }
        try (NetworkNamespace namespace = NetworkNamespace.create();
                TapDevice probe = TapDevice.builder("probe")
                        .namespace(namespace)
                        .vnetHeader(TUNNEL_HEADER_SIZE)
                        .open()) {
            Set<TapOffload> granted = grantedBy(probe);
            Set<TapOffload> missing = EnumSet.allOf(TapOffload.class);
            missing.removeAll(granted);
            String text = "The kernel grants " + granted + (missing.isEmpty() ? "." : ", not " + missing + ".");
            findings.add(
                    granted.containsAll(TapOffload.ALL)
                            ? Finding.ok(OFFLOADS, text)
                            : Finding.note(
                                    OFFLOADS, text, "Do without, or use a kernel that has them; Linux 6.17 has all."));
        } catch (TapException e) {
            findings.add(Finding.note(OFFLOADS, "Not examined: " + e.getMessage() + ".", "Open a device to see."));
        }
    }

    private static Set<TapOffload> grantedBy(TapDevice probe) throws TapException {
        try {
            return probe.setOffloads(EnumSet.allOf(TapOffload.class));
        } catch (TapException e) {
            return probe.setOffloads(TapOffload.ALL);
        }
    }

    private void examineIoUring() {
        // Without a pointer this cannot succeed; how it fails tells whether it is there.
        int result = Retry.onInterrupt(() -> libc.syscall(IO_URING_SETUP, 1, 0, 0));
        if (Errno.ENOSYS.is(result)) {
            findings.add(Finding.note(
                    IO_URING, "This kernel has no io_uring.", "The epoll loop is used; nothing is to be done."));
        } else if (Errno.EPERM.is(result)) {
            findings.add(Finding.note(
                    IO_URING,
                    "io_uring is there but forbidden, by `sysctl kernel.io_uring_disabled` or by the container.",
                    "The epoll loop is used; to allow io_uring: `sudo sysctl kernel.io_uring_disabled=0`, and in a"
                            + " container a seccomp profile that lets it pass."));
        } else {
            findings.add(Finding.ok(IO_URING, "io_uring is there and allowed."));
        }
    }

    private String verdict(boolean reachable, boolean permitted, boolean privateNetwork) {
        if (reachable && permitted) {
            return "This process can make TAP devices here.";
        }
        if (!reachable) {
            return "This process can make no TAP device: see to the device node first. What it can do is receive an open"
                    + " device from another process (TapFdPassing).";
        }
        return "This process can make no TAP device here; it can open one that belongs to its user"
                + (privateNetwork ? ", and make some in a private network: `unshare -Urn COMMAND`." : ".");
    }
}
