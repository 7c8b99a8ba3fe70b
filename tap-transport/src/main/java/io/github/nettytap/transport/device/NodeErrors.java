/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.Mounts;
import io.github.nettytap.transport.linux.ProcessLimits;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** What stands in the way between this process and the driver: the device node, its folder, the container. */
final class NodeErrors {

    private static final int S_IFMT = 0xf000;
    private static final int S_IFIFO = 0x1000;
    private static final int S_IFCHR = 0x2000;
    private static final int S_IFDIR = 0x4000;
    private static final int S_IFREG = 0x8000;
    private static final int S_IFSOCK = 0xc000;

    /** The TUN/TAP driver's number (Documentation/admin-guide/devices.txt: 10 char, 200). */
    private static final String NUMBER = "10, 200";

    private NodeErrors() {}

    /** The node did not open. */
    static TapException open(LibC libc, String node, String device, SyscallException e) {
        TapFailure failure = TapFailure.of(e).device(device);
        if (e.is(Errno.EMFILE)) {
            long limit = ProcessLimits.descriptors(libc);
            return failure.because("this process has " + limit + " of " + limit + " descriptors in use")
                    .advise("Raise the limit with `ulimit -n`, or find who does not close theirs: `ls -l /proc/PID/fd`")
                    .see("open-emfile");
        }
        if (e.is(Errno.ENFILE)) {
            return failure.because("the whole system has no descriptor left")
                    .advise("Raise the limit: `sysctl fs.file-max`")
                    .see("open-emfile");
        }
        String imposture = imposture(node);
        if (!imposture.isEmpty()) {
            return wrongNode(failure, node, imposture);
        }
        if (e.is(Errno.ENOENT)) {
            return missing(failure, node);
        }
        if (e.is(Errno.ENODEV) || e.is(Errno.ENXIO)) {
            return failure.because("there is no TUN/TAP driver behind " + node)
                    .advise("Load it with `sudo modprobe tun`; if that fails, this kernel was built without TUN/TAP")
                    .see("open-enoent");
        }
        if (e.is(Errno.EPERM)) {
            return failure.because("the device cgroup of this container or service forbids " + node)
                    .advise("Start the container with `--device " + node
                            + "` (Docker, Podman), or the service with `DeviceAllow=" + node + " rw` (systemd)")
                    .see("open-eacces");
        }
        if (e.is(Errno.EACCES)) {
            return forbidden(libc, failure, node);
        }
        return TapErrors.unknown(e, device);
    }

    /** It opened, and what answers is not the driver. */
    static TapException notTheDriver(String node, String device, SyscallException e) {
        TapFailure failure = TapFailure.of(e).device(device);
        String imposture = imposture(node);
        if (!imposture.isEmpty()) {
            return wrongNode(failure, node, imposture);
        }
        return e.is(Errno.ENOTTY)
                ? failure.because(node + " opens, but does not answer like the TUN/TAP driver")
                        .advise("Check with `ls -l " + node + "` that it is the character device " + NUMBER)
                        .see("wrong-node")
                : TapErrors.deviceCall(device, e);
    }

    private static TapException missing(TapFailure failure, String node) {
        return node.equals(TapFile.DEVICE_NODE)
                ? failure.because("there is no device node " + node)
                        .advise("Load the driver with `sudo modprobe tun`; in a container pass `--device " + node + "`")
                        .see("open-enoent")
                : failure.because("there is no device node " + node)
                        .advise(
                                "A macvtap link has the node /dev/tapN, N being its ifindex: `ip link`; in a container it"
                                        + " has to be passed on: `--device " + node + "`")
                        .see("open-enoent");
    }

    private static TapException wrongNode(TapFailure failure, String node, String imposture) {
        return failure.because(node + " is " + imposture)
                .advise("Make it anew: `sudo rm -r " + node + "; sudo mknod -m 666 " + node
                        + " c 10 200`; a container gets it by `--device " + node + "`, while a volume of a file that is"
                        + " not there becomes a folder")
                .see("wrong-node");
    }

    private static TapException forbidden(LibC libc, TapFailure failure, String node) {
        String user = "this user (uid " + libc.geteuid() + ")";
        Path closed = closedFolder(Path.of(node));
        if (closed != null) {
            return failure.because(user + " may not enter " + closed + mode(closed))
                    .advise("Open it: `sudo chmod 755 " + closed + "`; the interfaces stay protected")
                    .see("open-eacces");
        }
        if (Mounts.hasOption(Path.of(node), "nodev")) {
            return failure.because(node + " is on a file system that is mounted nodev, where no device opens")
                    .advise("Mount the node of the host in its place: `mount --bind`, or in a container `--device "
                            + node + "`")
                    .see("open-eacces");
        }
        return failure.because(user + " may not open the device node" + mode(Path.of(node)))
                .advise("Have it made accessible (`sudo chmod 0666 " + node
                        + "` is what most distributions do; the interfaces stay protected), or receive an open descriptor"
                        + " from a privileged process")
                .see("open-eacces");
    }

    private static Path closedFolder(Path node) {
        for (Path folder = node.getRoot(); folder != null && !folder.equals(node); ) {
            if (!Files.isExecutable(folder)) {
                return folder;
            }
            folder = folder.resolve(node.getName(folder.getNameCount()));
        }
        return null;
    }

    /**
     * What stands in the place of the driver's node, "" if the node itself or nothing. Of macvtap the number varies.
     */
    private static String imposture(String node) {
        try {
            Path path = Path.of(node);
            int type = (Integer) Files.getAttribute(path, "unix:mode") & S_IFMT;
            switch (type) {
                case S_IFREG:
                    return "a regular file, not a device";
                case S_IFDIR:
                    return "a folder, not a device";
                case S_IFIFO:
                    return "a FIFO, not a device";
                case S_IFSOCK:
                    return "a socket, not a device";
                case S_IFCHR:
                    String number = number((Long) Files.getAttribute(path, "unix:rdev"));
                    return number.equals(NUMBER) || !node.equals(TapFile.DEVICE_NODE)
                            ? ""
                            : "the character device " + number + ", not " + NUMBER + " of the TUN/TAP driver";
                default:
                    return "a block device, not a character device";
            }
        } catch (IOException | RuntimeException e) {
            return "";
        }
    }

    /** As glibc's gnu_dev_major and gnu_dev_minor have it. */
    private static String number(long device) {
        long major = device >>> 8 & 0xfff | device >>> 32 & ~0xfffL;
        long minor = device & 0xff | device >>> 12 & ~0xffL & 0xffff_ffffL;
        return major + ", " + minor;
    }

    private static String mode(Path path) {
        try {
            return ", whose mode is " + PosixFilePermissions.toString(Files.getPosixFilePermissions(path))
                    + " and whose owner is " + Files.getOwner(path).getName();
        } catch (IOException | UnsupportedOperationException e) {
            return "";
        }
    }
}
