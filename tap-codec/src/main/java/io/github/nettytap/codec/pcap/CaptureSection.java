/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

/**
 * What a section header says about the origin of a capture. An immutable value; each part may be null.
 *
 * @param application the program that captured, for example {@code netty-tap 0.1.0}
 * @param operatingSystem the system that it ran on, for example {@code Linux 6.12.0}
 * @param hardware the machine, for example {@code amd64}
 */
public record CaptureSection(String application, String operatingSystem, String hardware) {

    /**
     * Describes this machine by its system properties.
     *
     * @param application the program that captures
     * @return a new section
     */
    public static CaptureSection ofThisMachine(String application) {
        return new CaptureSection(
                application,
                System.getProperty("os.name") + ' ' + System.getProperty("os.version"),
                System.getProperty("os.arch"));
    }
}
