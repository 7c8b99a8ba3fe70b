/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.Mounts;
import io.github.nettytap.transport.netlink.Rtnetlink;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whether this process reaches the TUN/TAP driver: Linux, the C library, the device node. Whether it may make
 * interfaces is another question, which opening one answers.
 */
public final class TapAvailability {

    private TapAvailability() {}

    /**
     * Looks for what is in the way. The node is opened and asked for its features, and nothing is changed. Throws
     * nothing, on any operating system.
     *
     * @return the first obstacle, with its advice; empty if there is none
     */
    public static Optional<TapException> obstacle() {
        try {
            return obstacle(libc());
        } catch (TapException e) {
            return Optional.of(e);
        }
    }

    /** For tests, which may stand on a C library of their own. */
    static Optional<TapException> obstacle(LibC libc) {
        TapFile file;
        try {
            file = TapFile.open(libc, TapFile.DEVICE_NODE);
        } catch (SyscallException e) {
            return Optional.of(NodeErrors.open(libc, TapFile.DEVICE_NODE, "", e));
        }
        try {
            file.features();
            return Optional.empty();
        } catch (SyscallException e) {
            return Optional.of(NodeErrors.notTheDriver(TapFile.DEVICE_NODE, "", e));
        } finally {
            file.close();
        }
    }

    /** The doors to the kernel, or what keeps them shut. */
    static Kernel kernel() throws TapException {
        return new Kernel(libc(), Rtnetlink::open);
    }

    /** The C library, or what keeps it from being called. */
    static LibC libc() throws TapException {
        String system = System.getProperty("os.name", "");
        if (!system.equals("Linux")) {
            throw new TapFailure("load native code")
                    .because("TAP devices of this kind exist on Linux alone, and this is " + system)
                    .advise("Run it on Linux, in a virtual machine or in a Linux container")
                    .see("not-linux");
        }
        try {
            return LibC.get();
        } catch (LinkageError e) {
            TapException explained = unloadable(e);
            explained.initCause(e);
            throw explained;
        }
    }

    private static TapException unloadable(LinkageError e) {
        return unusableFolder(
                "load native code",
                System.getProperty("jffi.extract.dir", System.getProperty("java.io.tmpdir", "/tmp")),
                "Start Java with `-Djava.io.tmpdir=DIR`, DIR being a folder where writing and executing are allowed; Java"
                        + " 22 and newer need none for this",
                "the C library cannot be called",
                String.valueOf(e.getMessage()));
    }

    /**
     * Explains that neither of Netty's native transports can be loaded, without which there is no event loop for
     * channels.
     *
     * @param cause why epoll cannot, as Netty says
     * @return the exception, with reason and advice
     */
    public static TapException withoutEventLoop(Throwable cause) {
        TapException explained = unusableFolder(
                "load Netty's native library",
                System.getProperty("io.netty.native.workdir", System.getProperty("java.io.tmpdir", "/tmp")),
                "Start Java with `-Dio.netty.native.workdir=DIR`, or `-Djava.io.tmpdir=DIR` for all native code, DIR being a"
                        + " folder where writing and executing are allowed",
                "there is no event loop for TAP channels (" + rootOf(cause) + ")",
                "Add netty-transport-native-epoll with the classifier of this machine, linux-x86_64 or linux-aarch_64, to"
                        + " the runtime class path");
        explained.initCause(cause);
        return explained;
    }

    private static TapException unusableFolder(
            String operation, String name, String folderAdvice, String otherReason, String otherAdvice) {
        Path folder = Path.of(name);
        TapFailure failure = new TapFailure(operation);
        if (Mounts.hasOption(folder, "noexec")) {
            failure.because("the folder for temporary files, " + folder + ", is mounted noexec")
                    .advise(folderAdvice);
        } else if (!Files.isWritable(folder)) {
            failure.because("the folder for temporary files, " + folder + ", is read-only")
                    .advise(folderAdvice);
        } else {
            failure.because(otherReason).advise(otherAdvice);
        }
        return failure.see("native-code");
    }

    private static String rootOf(Throwable cause) {
        Throwable root = cause;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage()).lines().findFirst().orElse("");
    }
}
