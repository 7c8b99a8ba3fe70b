/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

/**
 * The counts of one interface of a capture, as an interface statistics block holds them.
 *
 * @param received frames seen, {@link #NOT_KNOWN} where a file does not tell
 * @param dropped frames seen but not captured, {@link #NOT_KNOWN} where a file does not tell
 * @param delivered frames written to the capture, {@link #NOT_KNOWN} where a file does not tell
 */
public record InterfaceStatistics(long received, long dropped, long delivered) {

    /** Stands for a count that a file does not have. */
    public static final long NOT_KNOWN = -1;
}
