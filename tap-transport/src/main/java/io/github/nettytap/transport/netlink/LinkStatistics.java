/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import java.nio.ByteBuffer;

/**
 * The 64-bit counters of a link, as the kernel sees it: for a TAP, "received" is what was written to it, and
 * "transmitted" is what the kernel sent towards its reader.
 *
 * <p>Source: {@code struct rtnl_link_stats64} in linux/if_link.h, an array of u64.
 */
public final class LinkStatistics {

    private final ByteBuffer counters;

    /** A value that is null or shorter than expected reads as zeros. */
    LinkStatistics(ByteBuffer counters) {
        this.counters = counters;
    }

    private long counter(int index) {
        int offset = index * Long.BYTES;
        return counters == null || offset + Long.BYTES > counters.limit() ? 0 : counters.getLong(offset);
    }

    /**
     * Frames that the kernel received.
     *
     * @return the number since the link was made
     */
    public long receivedFrames() {
        return counter(0);
    }

    /**
     * Frames that the kernel transmitted.
     *
     * @return the number since the link was made
     */
    public long transmittedFrames() {
        return counter(1);
    }

    /**
     * Bytes that the kernel received.
     *
     * @return the number since the link was made
     */
    public long receivedBytes() {
        return counter(2);
    }

    /**
     * Bytes that the kernel transmitted.
     *
     * @return the number since the link was made
     */
    public long transmittedBytes() {
        return counter(3);
    }

    /**
     * Received frames that were malformed; for a TAP, writes that failed with EINVAL.
     *
     * @return the number since the link was made
     */
    public long receiveErrors() {
        return counter(4);
    }

    /**
     * Frames that could not be transmitted because of an error.
     *
     * @return the number since the link was made
     */
    public long transmitErrors() {
        return counter(5);
    }

    /**
     * Received frames that the kernel dropped; for a TAP, writes while the link was down or memory was short.
     *
     * @return the number since the link was made
     */
    public long receiveDrops() {
        return counter(6);
    }

    /**
     * Frames for transmission that the kernel dropped; for a TAP, because the reader was too slow, a filter refused
     * them or no queue was attached.
     *
     * @return the number since the link was made
     */
    public long transmitDrops() {
        return counter(7);
    }

    /**
     * Received multicast frames.
     *
     * @return the number since the link was made
     */
    public long multicastFrames() {
        return counter(8);
    }

    @Override
    public String toString() {
        return "LinkStatistics(received=" + receivedFrames() + ", receivedBytes=" + receivedBytes() + ", receiveErrors="
                + receiveErrors() + ", receiveDrops=" + receiveDrops() + ", transmitted=" + transmittedFrames()
                + ", transmittedBytes=" + transmittedBytes() + ", transmitErrors=" + transmitErrors()
                + ", transmitDrops=" + transmitDrops() + ")";
    }
}
