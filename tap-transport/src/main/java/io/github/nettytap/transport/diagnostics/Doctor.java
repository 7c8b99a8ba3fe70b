/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.diagnostics;

import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.OffloadRequest;
import io.github.nettytap.transport.device.TapAvailability;
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
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;

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
 * Explains, before anything is tried, what this process can and cannot do with TAP devices here, in words for people
 * who have never met capabilities or namespaces.
 *
 * <pre>{@code
 * System.out.println(Doctor.examine());
 * }</pre>
 *
 * <p>Nothing is changed. Offloads are found out on a TAP in a network namespace that lives for that moment only.
 */
public final class Doctor {

    private static final String NATIVE_CODE = "native code";
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
    private final TapException obstacle;
    private final Throwable loopObstacle;
    private final List<Finding> findings = new ArrayList<>();

    /**
     * @param obstacle what keeps this process from the driver, or null
     * @param loopObstacle what keeps Netty's native transports from loading, or null
     */
    Doctor(LibC libc, ProcessPrivilege privilege, TapException obstacle, Throwable loopObstacle) {
        this.libc = libc;
        this.privilege = privilege;
        this.obstacle = obstacle;
        this.loopObstacle = loopObstacle;
    }

    /**
     * Examines the process and the machine. Throws nothing, on any operating system.
     *
     * @return what was found
     */
    public static Diagnosis examine() {
        TapException obstacle = TapAvailability.obstacle().orElse(null);
        if (obstacle != null && obstacle.errno() == 0) {
            // No call into the kernel can be made, so there is nothing more to look at.
            return new Diagnosis(
                    List.of(problem(NATIVE_CODE, obstacle)),
                    false,
                    "This process can do nothing with TAP devices: see to its native code first.");
        }
        LibC libc = LibC.get();
        Throwable loops = Epoll.isAvailable() || IoUring.isAvailable() ? null : Epoll.unavailabilityCause();
        return new Doctor(libc, ProcessPrivilege.ofThisThread(libc), obstacle, loops).run();
    }

    Diagnosis run() {
        boolean loadable = examineNativeCode();
        boolean reachable = examineNode();
        if (reachable) {
            examineDriver();
        }
        boolean permitted = examinePermission();
        boolean privateNetwork = examinePrivateNetwork(reachable);
        examineDescriptors();
        examineOffloads(reachable);
        examineIoUring();
        return new Diagnosis(
                findings, loadable && reachable && permitted, verdict(loadable, reachable, permitted, privateNetwork));
    }

    private boolean examineNativeCode() {
        if (loopObstacle == null) {
            findings.add(Finding.ok(NATIVE_CODE, "The C library and Netty's event loops are there."));
            return true;
        }
        findings.add(problem(NATIVE_CODE, TapAvailability.withoutEventLoop(loopObstacle)));
        return false;
    }

    private boolean examineNode() {
        if (obstacle != null) {
            findings.add(problem(NODE, obstacle));
            return false;
        }
        findings.add(Finding.ok(NODE, DEVICE_NODE + ", the door to the driver, opens" + nodeMode() + "."));
        return true;
    }

    private static Finding problem(String topic, TapException e) {
        String reason = Character.toUpperCase(e.reason().charAt(0)) + e.reason().substring(1) + ".";
        boolean permission = e.errno() == Errno.EACCES.number() || e.errno() == Errno.EPERM.number();
        return Finding.problem(topic, reason, e.commandLineAdvice() + ".", permission);
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

    private void examineDriver() {
        ByteBuffer answer = Structs.allocate(Integer.BYTES);
        int fd = Retry.onInterrupt(() -> libc.open(DEVICE_NODE, Fcntl.O_RDWR | Fcntl.O_NONBLOCK | Fcntl.O_CLOEXEC));
        if (fd < 0) {
            return; // It opened a moment ago.
        }
        int result = Retry.onInterrupt(() -> libc.ioctl(fd, TunIoctl.TUNGETFEATURES, answer));
        libc.close(fd);
        if (result < 0) {
            return;
        }
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
                        + " (4) Let a small privileged program open the device and hand it over.",
                true));
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
                    "Ask for all offloads: a device gets those that there are."));
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
            return probe.setOffloads(OffloadRequest.BEST_AVAILABLE);
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

    private String verdict(boolean loadable, boolean reachable, boolean permitted, boolean privateNetwork) {
        if (loadable && reachable && permitted) {
            return "This process can make TAP devices here.";
        }
        if (!loadable) {
            return "This process can do nothing with TAP devices: see to its native code first.";
        }
        if (!reachable) {
            return "This process can make no TAP device: see to the device node first. What it can do is receive an open"
                    + " device from another process.";
        }
        return "This process can make no TAP device here; it can open one that belongs to its user"
                + (privateNetwork ? ", and make some in a private network: `unshare -Urn COMMAND`." : ".");
    }
}
