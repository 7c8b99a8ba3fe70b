/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import java.util.List;

/**
 * What a section header says about the origin of a capture. An immutable value; each part may be null.
 *
 * @param application the program that captured, for example {@code netty-tap 0.1.0}
 * @param operatingSystem the system that it ran on, for example {@code Linux 6.12.0}
 * @param hardware the machine, for example {@code amd64}
 * @param comments what people said about the capture; an unmodifiable list, in the order of the file
 */
public record CaptureSection(String application, String operatingSystem, String hardware, List<String> comments) {

    /**
     * Describes an origin without comments.
     *
     * @param application the program that captured
     * @param operatingSystem the system that it ran on
     * @param hardware the machine
     */
    public CaptureSection(String application, String operatingSystem, String hardware) {
        this(application, operatingSystem, hardware, List.of());
    }

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
