/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Finds who holds an interface, from the {@code iff:} line that the driver adds to {@code /proc/PID/fdinfo/FD}. */
final class InterfaceHolders {

    private static final Path PROC = Path.of("/proc");

    private InterfaceHolders() {}

    /** The first process found, empty if none is found among those that this user may look into. */
    static OptionalLong of(String device) {
        String line = "iff:\t" + device;
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                if (holds(process, line)) {
                    return OptionalLong.of(Long.parseLong(process.getFileName().toString()));
                }
            }
        } catch (IOException | RuntimeException e) {
            return OptionalLong.empty();
        }
        return OptionalLong.empty();
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
