/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapException;
import io.github.nettytap.transport.device.TapQueue;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.takeover.Takeover;

import java.io.Closeable;
import java.io.IOException;

/** A queue of a TAP device as the end that a channel works on. */
class TapQueueEndpoint extends TapEndpoint {

    private static final int MAX_TOO_SHORT = 24 + 14;

    private final TapQueue queue;
    private final TapDevice device;
    private final Closeable descriptor;
    private final int vnetHeaderSize;

    /** By length, for those that are shorter than a frame with the largest virtio-net header. */
    private final TapException[] tooShort = new TapException[MAX_TOO_SHORT + 1];

    /**
     * @param queue taken over
     * @param closeRequest run when somebody closes the queue or its device
     */
    TapQueueEndpoint(TapQueue queue, Runnable closeRequest) {
        super(queue.fd());
        descriptor = Takeover.OF_QUEUE.take(queue, closeRequest);
        this.queue = queue;
        device = queue.device();
        vnetHeaderSize = device.vnetHeaderSize();
    }

    final TapDevice device() {
        return device;
    }

    @Override
    TapAddress address() {
        return TapAddress.of(device.name());
    }

    @Override
    int vnetHeaderSize() {
        return vnetHeaderSize;
    }

    /**
     * A TAP takes or refuses a frame for good, since its send buffer has no bound ({@code INT_MAX}) unless somebody has
     * set one (TUNSETSNDBUF), as hypervisors do. Frames that wait further on, such as in the queue of a slow port of
     * the same bridge, then fill it. The kernel does not tell of a detached queue; see {@link IoUringWrites} for that.
     */
    @Override
    boolean mayBlock() {
        try {
            return queue.sendBufferSize() < Integer.MAX_VALUE;
        } catch (TapException e) {
            return false;
        }
    }

    @Override
    void closeDescriptor() throws IOException {
        descriptor.close();
    }

    @Override
    TapException explain(String operation, int errno) {
        String name = device.lastKnownName();
        if (isFatal(errno)) {
            return TapException.deviceGone(operation, name);
        }
        if (errno == Errno.EIO.number()) {
            return TapException.linkDown(name);
        }
        if (errno == Errno.EINVAL.number()) {
            return TapException.malformedFrame(name, "it or its virtio-net header of " + vnetHeaderSize + " bytes");
        }
        return TapException.refused(operation, name, errno);
    }

    /** The same exception for the same length, as such a frame shall cost no more than a counter. */
    @Override
    TapException malformed(int length, int minimum, int maximum) {
        if (length >= tooShort.length) {
            return explainLength(length, minimum, maximum);
        }
        TapException known = tooShort[length];
        if (known == null) {
            known = explainLength(length, minimum, maximum);
            tooShort[length] = known;
        }
        return known;
    }

    private TapException explainLength(int length, int minimum, int maximum) {
        return TapException.malformedFrame(
                device.lastKnownName(), "length=" + length + " (expected: " + minimum + " to " + maximum + ")");
    }

    @Override
    boolean isFatal(int errno) {
        return errno == Errno.EBADFD.number() || errno == Errno.ENODEV.number();
    }
}
