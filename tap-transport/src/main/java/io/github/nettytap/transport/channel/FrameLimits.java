/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import java.io.IOException;

/**
 * Refuses frames that are no frames before they cost a system call.
 *
 * <p>The kernel refuses a frame shorter than an Ethernet header (EINVAL), but takes one of two megabytes and drops it
 * later without a word, so the upper bound is the channel's own.
 */
final class FrameLimits {

    private static final int ETHERNET_HEADER = 14;

    private FrameLimits() {}

    static void check(TapEndpoint endpoint, int length, TapCounters counters) throws IOException {
        int header = endpoint.vnetHeaderSize();
        int minimum = header + ETHERNET_HEADER;
        int maximum = header + ReceiveSlabs.MAX_FRAME;
        if (length < minimum || length > maximum) {
            counters.dropsMalformed.increment();
            throw endpoint.malformed(length, minimum, maximum);
        }
    }
}
