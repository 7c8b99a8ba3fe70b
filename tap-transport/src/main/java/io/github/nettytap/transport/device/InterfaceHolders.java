/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds who holds an interface, from the {@code iff:} line that the driver adds to {@code /proc/PID/fdinfo/FD}.
 *
 * <p>The line has the name only, and interfaces of several network namespaces may share a name; so there may be more
 * candidates than holders.
 */
final class InterfaceHolders {

    private static final Path PROC = Path.of("/proc");

    private InterfaceHolders() {}

    /** The processes that hold an interface of that name, among those that this user may look into. */
    static List<Long> of(String device) {
        String line = "iff:\t" + device;
        List<Long> holders = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                if (holds(process, line)) {
                    holders.add(Long.parseLong(process.getFileName().toString()));
                }
            }
        } catch (IOException | RuntimeException e) {
            return holders; // A part of the answer is better than none.
        }
        return holders;
    }

    private static boolean holds(Path process, String line) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fdinfo"))) {
            for (Path descriptor : descriptors) {
                if (isTun(process, descriptor) && Files.readAllLines(descriptor).contains(line)) {
                    return true;
                }
            }
        } catch (IOException | RuntimeException e) {
            return false; // Not ours to look into, or gone meanwhile.
        }
        return false;
    }

    private static boolean isTun(Path process, Path descriptor) {
        try {
            return Files.readSymbolicLink(process.resolve("fd").resolve(descriptor.getFileName()))
                    .endsWith("tun");
        } catch (IOException e) {
            return false;
        }
    }
}
