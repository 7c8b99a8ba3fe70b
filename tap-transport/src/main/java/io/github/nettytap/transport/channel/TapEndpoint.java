/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.linux.Errno;
import io.netty.channel.unix.FileDescriptor;

import java.io.IOException;

/** What a channel reads from and writes to: one queue of a TAP device, or in tests whatever keeps frame boundaries. */
abstract class TapEndpoint {

    private final FrameFileDescriptor fd;

    TapEndpoint(int fd) {
        this.fd = new FrameFileDescriptor(fd);
    }

    /**
     * One object for the life of the endpoint, as Netty's epoll handler needs it; tells its number also once closed.
     */
    final FileDescriptor fd() {
        return fd;
    }

    /** What the next read reads from: {@link #fd()}, unless a test lets the call fail. */
    FileDescriptor readFd() {
        return fd;
    }

    /** What the next write writes to: {@link #fd()}, unless a test lets the call fail. */
    FileDescriptor writeFd() {
        return fd;
    }

    abstract TapAddress address();

    /** Bytes of the virtio-net header in front of each frame, 0 for none. */
    abstract int vnetHeaderSize();

    /** How much of that header the kernel knows: it is a prefix. */
    int kernelHeaderSize() {
        return vnetHeaderSize();
    }

    /** What receives frames in place of {@code read}; null if that does. */
    PacketReceiver newReceiver(TapCounters counters, int messages) {
        return null;
    }

    /** Whether a write can be refused for the moment; a frame in the middle of a batch cannot wait for another try. */
    abstract boolean mayBlock();

    /** The {@code RWF_*} flags of reads and writes in batches. */
    int transferFlags() {
        return IoUringOps.RWF_NOWAIT;
    }

    /** Gives the descriptor back to its owner, which closes it. Called once. */
    abstract void closeDescriptor() throws IOException;

    /** Turns a failed system call into what a user can act on. */
    abstract IOException explain(String operation, int errno);

    /** The complaint about a frame of an impossible length. */
    abstract IOException malformed(int length, int minimum, int maximum);

    /**
     * What the error means that a poll reports: an errno, 0 for a passing one. A TAP has one reason: the interface is
     * about to go, or gone ({@code tun_chr_poll}). A read may still say otherwise at this moment.
     */
    int pollError() {
        return Errno.EBADFD.number();
    }

    /** Whether the errno of a failed call says that the device is gone for good, rather than that one frame failed. */
    abstract boolean isFatal(int errno);

    private final class FrameFileDescriptor extends FileDescriptor {

        FrameFileDescriptor(int fd) {
            super(fd);
        }

        @Override
        public void close() throws IOException {
            if (markClosed()) {
                closeDescriptor();
            }
        }
    }
}
