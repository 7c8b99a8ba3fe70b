/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

/**
 * One queue of a {@link TapDevice}: one descriptor, from which the kernel's frames are read and to which ours are
 * written.
 *
 * <p>Whoever takes a queue owns it and closes it: an application that reads and writes by itself, or the channel that it
 * was handed to. When the last queue is closed, the device is. Thread-safe.
 */
public final class TapQueue implements AutoCloseable {

    private final TapDevice device;
    private final int index;
    private final TapFile file;

    TapQueue(TapDevice device, int index, TapFile file) {
        this.device = device;
        this.index = index;
        this.file = file;
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
     * The place of this queue among those that were opened together.
     *
     * @return 0 for the first
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

    TapFile file() {
        return file;
    }

    /** Closes the descriptor; a second call does nothing. */
    @Override
    public void close() {
        file.close();
    }

    @Override
    public String toString() {
        return "TapQueue(device=" + device.name() + ", index=" + index + ", fd=" + fd() + ")";
    }
}
