/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.TunIoctl;
import io.github.nettytap.transport.takeover.Takeover;

import java.io.Closeable;

/**
 * One queue of a {@link TapDevice}: one descriptor, from which the kernel's frames are read and to which ours are
 * written.
 *
 * <p>An application that reads and writes by itself uses the descriptor as it is. A {@code TapChannel} takes the queue
 * over: its descriptor is then closed by the channel alone, when its event loop has let go of it. When the last queue
 * is closed, the device is. Thread-safe.
 */
public final class TapQueue implements AutoCloseable {

    static {
        Takeover.OF_QUEUE.provide((queue, closeRequest) -> ((TapQueue) queue).take(closeRequest));
    }

    private final TapDevice device;
    private final int index;
    private final TapFile file;
    private Runnable closeRequest;
    private boolean closing;

    TapQueue(TapDevice device, int index, TapFile file) {
        this.device = device;
        this.index = index;
        this.file = file;
        file.onClose(() -> device.forget(this));
    }

    /**
     * The device that this is a queue of.
     *
     * @return the device
     */
    public TapDevice device() {
        return device;
    }

    /**
     * The place of this queue among all that this device has had, in the order of their opening.
     *
     * @return 0 for the first; a number is not given twice
     */
    public int index() {
        return index;
    }

    /**
     * The descriptor. It is non-blocking and close-on-exec, and stays the property of this object.
     *
     * @return the number, or -1 once closed
     */
    public int fd() {
        return file.fd();
    }

    /**
     * Whether the descriptor is open. It stays so when the interface is deleted.
     *
     * @return false once closed
     */
    public boolean isOpen() {
        return file.fd() >= 0;
    }

    /**
     * Takes this queue out of the traffic: the kernel spreads frames over the other queues and nothing more arrives
     * here until {@link #attach()}. A queue that nobody reads should be detached, since the kernel goes on giving it
     * its share. Writing stays possible. Only for multi-queue devices.
     *
     * @throws TapException if the kernel refuses: the queue is detached already, or the device has a single queue
     */
    public void detach() throws TapException {
        setAttached(false);
    }

    /**
     * Lets this queue take part in the traffic again. A classic BPF program of the device is off for that moment.
     *
     * @throws TapException if the kernel refuses: the queue is attached already
     */
    public void attach() throws TapException {
        device.filters().whileDetached(() -> setAttached(true), () -> setAttached(false));
        if (!isAttached()) {
            throw TapErrors.queueStaysDetached(device.name());
        }
    }

    private void setAttached(boolean attached) throws TapException {
        try {
            file.setQueueAttached(attached);
        } catch (SyscallException e) {
            throw TapErrors.queue(device.name(), attached, e);
        }
    }

    /**
     * Whether this queue takes part in the traffic.
     *
     * @return false between {@link #detach()} and {@link #attach()}
     * @throws TapException if the kernel does not tell
     */
    public boolean isAttached() throws TapException {
        try {
            return (file.identity().flags() & TunIoctl.IFF_DETACH_QUEUE) == 0;
        } catch (SyscallException e) {
            throw TapErrors.deviceCall(device.name(), e);
        }
    }

    /**
     * How much may wait that was written here and is still in the hands of the kernel, such as in the queue of another
     * port of a bridge. A write that finds it full has to wait. There is no limit unless somebody has set one
     * ({@code TUNSETSNDBUF}), as hypervisors do.
     *
     * @return bytes as the kernel counts them, or {@link Integer#MAX_VALUE} if there is no limit
     * @throws TapException if the queue is closed or detached, or the driver does not tell, as that of a macvtap
     */
    public int sendBufferSize() throws TapException {
        try {
            return file.sendBufferSize();
        } catch (SyscallException e) {
            throw TapErrors.deviceCall(device.lastKnownName(), e);
        }
    }

    TapFile file() {
        return file;
    }

    /**
     * Takes the queue over for a channel ({@link Takeover}). A descriptor that an event loop watches may not be
     * closed by another thread, as its number can belong to something else a moment later; so once the queue is taken,
     * {@link #close()} only asks. Taking and closing exclude each other.
     */
    private synchronized Closeable take(Runnable closeRequest) {
        if (this.closeRequest != null || closing || !isOpen()) {
            throw new IllegalStateException(
                    (this.closeRequest != null ? "the queue is taken already: " : "the queue is closed: ") + this);
        }
        this.closeRequest = closeRequest;
        return file::close;
    }

    /** Closes the descriptor, or asks whoever took the queue to do so; a second call does nothing. */
    @Override
    public void close() {
        Runnable request;
        synchronized (this) {
            closing = true;
            request = closeRequest;
        }
        if (request == null) {
            file.close();
        } else if (isOpen()) {
            request.run();
        }
    }

    @Override
    public String toString() {
        return "TapQueue(device=" + device.lastKnownName() + ", index=" + index + ", fd=" + fd() + ")";
    }
}
