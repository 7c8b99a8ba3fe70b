/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.LibC;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Sends and receives frames on a descriptor that keeps frame boundaries. */
class FdPeer implements Peer {

    private static final int TIMEOUT_MILLIS = 30_000;
    private static final short POLLIN = 1;
    private static final LibC LIBC = LibC.get();

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(128 * 1024);
    private int fd;

    FdPeer(int fd) {
        this.fd = fd;
    }

    int fd() {
        return fd;
    }

    @Override
    public void send(byte[] frame) {
        int result;
        do {
            result = LIBC.write(fd, buffer.clear().put(frame).flip());
        } while (Errno.EAGAIN.is(result) || Errno.ENOBUFS.is(result));
        check("write", result);
    }

    @Override
    public byte[] receive() {
        return receive(TIMEOUT_MILLIS);
    }

    @Override
    public boolean trySend(byte[] frame) {
        int result = LIBC.write(fd, buffer.clear().put(frame).flip());
        // A packet socket reports once that its link was down.
        return (Errno.ENETDOWN.is(result) ? LIBC.write(fd, buffer.rewind()) : result) >= 0;
    }

    @Override
    public byte[] tryReceive() {
        for (int i = 0; i < 3; i++) {
            ByteBuffer pollfd = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
            pollfd.putInt(0, fd).putShort(4, POLLIN);
            if (LIBC.poll(pollfd, 1, 0) <= 0) {
                return null;
            }
            int length = LIBC.read(fd, buffer.clear());
            if (length >= 0) {
                byte[] frame = new byte[length];
                buffer.get(0, frame);
                return length == 0 ? null : frame;
            }
        }
        return null;
    }

    byte[] receive(int timeoutMillis) {
        ByteBuffer pollfd = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
        pollfd.putInt(0, fd).putShort(4, POLLIN);
        if (check("poll", LIBC.poll(pollfd, 1, timeoutMillis)) == 0) {
            return null;
        }
        int length = check("read", LIBC.read(fd, buffer.clear()));
        byte[] frame = new byte[length];
        buffer.get(0, frame);
        return frame;
    }

    static int check(String call, int result) {
        if (result < 0) {
            throw new IllegalStateException(call + " failed: " + Errno.nameOf(-result));
        }
        return result;
    }

    @Override
    public void close() {
        if (fd >= 0) {
            LIBC.close(fd);
            fd = -1;
        }
    }
}
