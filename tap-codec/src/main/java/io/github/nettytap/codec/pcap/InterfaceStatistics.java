/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

/**
 * The counts of one interface of a capture, as an interface statistics block holds them. Each may be {@link
 * #NOT_KNOWN}.
 *
 * @param received frames seen: {@code isb_ifrecv}
 * @param dropped frames seen but not captured for lack of room: {@code isb_ifdrop}
 * @param accepted frames that the filter accepted: {@code isb_filteraccept}
 * @param droppedByKernel frames that the kernel dropped before the program saw them: {@code isb_osdrop}
 * @param delivered frames written to the capture: {@code isb_usrdeliv}
 */
public record InterfaceStatistics(long received, long dropped, long accepted, long droppedByKernel, long delivered) {

    /** Stands for a count that a file does not have. */
    public static final long NOT_KNOWN = -1;

    /**
     * Counts without a filter and of nothing in the kernel.
     *
     * @param received frames seen
     * @param dropped frames seen but not captured
     * @param delivered frames written to the capture
     */
    public InterfaceStatistics(long received, long dropped, long delivered) {
        this(received, dropped, NOT_KNOWN, NOT_KNOWN, delivered);
    }
}
