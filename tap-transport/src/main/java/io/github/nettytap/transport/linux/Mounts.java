/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** With which options the file system of a path is mounted (proc_pid_mountinfo(5)). */
public final class Mounts {

    private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");
    private static final int MOUNT_POINT = 4;
    private static final int OPTIONS = 5;

    private Mounts() {}

    /** Whether the file system that a path is on has an option such as noexec; false where that cannot be told. */
    public static boolean hasOption(Path path, String option) {
        try {
            Path real = path.toRealPath();
            String[] found = {};
            int depth = -1;
            for (String line : Files.readAllLines(MOUNTINFO)) {
                String[] fields = line.split(" ");
                Path point = Path.of(fields[MOUNT_POINT].replace("\\040", " "));
                // Of several at one place the last covers the others.
                if (real.startsWith(point) && point.getNameCount() >= depth) {
                    depth = point.getNameCount();
                    found = fields[OPTIONS].split(",");
                }
            }
            return Arrays.asList(found).contains(option);
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }
}
