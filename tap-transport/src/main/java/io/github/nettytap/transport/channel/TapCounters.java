/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.codec.counter.Counter;
import io.github.nettytap.codec.counter.CounterSet;

/**
 * What one {@link TapChannel} has counted since it was made.
 *
 * <p>The event loop of the channel is the only writer; any thread may read, without a lock and without a cost to the
 * writer. Each value is exact, but two values read one after the other need not belong to the same instant. Bytes are
 * those of the Ethernet frames alone, without the virtio-net header. Frames that the kernel dropped before they
 * reached the channel are in the statistics of the link ({@code tx_dropped}), not here.
 */
public final class TapCounters extends CounterSet {

    final Counter framesReceived = counter("framesReceived");
    final Counter bytesReceived = counter("bytesReceived");
    final Counter receiveBatches = counter("receiveBatches");
    final Counter receiveWouldBlock = counter("receiveWouldBlock");
    final Counter framesTruncated = counter("framesTruncated");
    final Counter framesCopied = counter("framesCopied");
    final Counter receiveErrors = counter("receiveErrors");
    final Counter framesSent = counter("framesSent");
    final Counter bytesSent = counter("bytesSent");
    final Counter framesSegmented = counter("framesSegmented");
    final Counter sendBatches = counter("sendBatches");
    final Counter sendWouldBlock = counter("sendWouldBlock");
    final Counter dropsLinkDown = counter("dropsLinkDown");
    final Counter dropsMalformed = counter("dropsMalformed");
    final Counter dropsNoMemory = counter("dropsNoMemory");
    final Counter dropsOther = counter("dropsOther");

    TapCounters() {}

    /**
     * Frames read from the device.
     *
     * @return the number of frames
     */
    public long framesReceived() {
        return framesReceived.get();
    }

    /**
     * Bytes of the frames read from the device.
     *
     * @return the number of bytes, without virtio-net headers
     */
    public long bytesReceived() {
        return bytesReceived.get();
    }

    /**
     * Read batches, each ended by one {@code channelReadComplete}.
     *
     * @return the number of batches
     */
    public long receiveBatches() {
        return receiveBatches.get();
    }

    /**
     * Reads that found no frame.
     *
     * @return the number of reads that would have blocked
     */
    public long receiveWouldBlock() {
        return receiveWouldBlock.get();
    }

    /**
     * Frames that filled their receive buffer to the last byte, so that the kernel may have cut them. The default
     * receive buffers are larger than any frame a TAP can hand over, so this stays 0 unless the device is something
     * else.
     *
     * @return the number of frames that may have been cut
     */
    public long framesTruncated() {
        return framesTruncated.get();
    }

    /**
     * Received frames that were copied out of the receive slab since earlier frames pin too many slabs.
     *
     * @return the number of frames
     */
    public long framesCopied() {
        return framesCopied.get();
    }

    /**
     * Reads that failed and left the channel open.
     *
     * @return the number of reads
     */
    public long receiveErrors() {
        return receiveErrors.get();
    }

    /**
     * Frames that the device took.
     *
     * @return the number of frames
     */
    public long framesSent() {
        return framesSent.get();
    }

    /**
     * Bytes of the frames that the device took.
     *
     * @return the number of bytes, without virtio-net headers
     */
    public long bytesSent() {
        return bytesSent.get();
    }

    /**
     * Frames among those sent whose offload the kernel refused, and which were segmented or given their checksum in
     * software instead.
     *
     * @return the number of frames, each counted once
     */
    public long framesSegmented() {
        return framesSegmented.get();
    }

    /**
     * Flushes that wrote at least one frame.
     *
     * @return the number of batches
     */
    public long sendBatches() {
        return sendBatches.get();
    }

    /**
     * Writes that the device refused for the moment (EAGAIN).
     *
     * @return the number of writes that would have blocked
     */
    public long sendWouldBlock() {
        return sendWouldBlock.get();
    }

    /**
     * Frames whose write failed because the link was down (EIO).
     *
     * @return the number of frames
     */
    public long dropsLinkDown() {
        return dropsLinkDown.get();
    }

    /**
     * Frames that the kernel or the channel refused as malformed: too short, too long, or with a virtio-net header that
     * does not fit (EINVAL, EMSGSIZE).
     *
     * @return the number of frames
     */
    public long dropsMalformed() {
        return dropsMalformed.get();
    }

    /**
     * Frames for which the kernel had no memory (ENOMEM, ENOBUFS).
     *
     * @return the number of frames
     */
    public long dropsNoMemory() {
        return dropsNoMemory.get();
    }

    /**
     * Frames whose write failed with any other errno that left the channel open.
     *
     * @return the number of frames
     */
    public long dropsOther() {
        return dropsOther.get();
    }

    /**
     * All frames that were to be sent and were not.
     *
     * @return the sum of the drops by reason
     */
    public long drops() {
        return dropsLinkDown() + dropsMalformed() + dropsNoMemory() + dropsOther();
    }
}
