/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.device.PacketSocket;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.packet.PacketCalls;

import java.io.IOException;

/** A packet socket as the end that a channel works on. */
final class PacketEndpoint extends TapEndpoint {

    private final PacketSocket socket;
    private final PacketCalls calls;
    private DownLinkWatch downLink;

    /**
     * @param socket taken over
     * @param closeRequest run when somebody closes it
     */
    PacketEndpoint(PacketSocket socket, Runnable closeRequest) {
        super(socket.fd());
        calls = PacketCalls.TAKEOVER.take(socket, closeRequest);
        this.socket = socket;
    }

    PacketSocket socket() {
        return socket;
    }

    PacketCalls calls() {
        return calls;
    }

    @Override
    TapAddress address() {
        return TapAddress.of(socket.name());
    }

    @Override
    int vnetHeaderSize() {
        return socket.vnetHeader().length();
    }

    @Override
    int kernelHeaderSize() {
        return socket.kernelHeaderSize();
    }

    /** A socket has a send buffer, so frames are written one system call each, on io_uring loops too. */
    @Override
    boolean mayBlock() {
        return true;
    }

    @Override
    PacketReceiver newReceiver(TapCounters counters, int messages) {
        return new PacketReceiver(this, counters, messages);
    }

    @Override
    void closeDescriptor() {
        calls.close();
    }

    @Override
    IOException explain(String operation, int errno) {
        return calls.explain(
                operation, errno == Errno.ENETDOWN.number() && !calls.hasLink() ? Errno.ENODEV.number() : errno);
    }

    @Override
    IOException malformed(int length, int minimum, int maximum) {
        return calls.malformed("length=" + length + " (expected: " + minimum + " to " + maximum + ")");
    }

    /** ENETDOWN is said of a link that is down and of one that is gone (packet_notifier). */
    @Override
    boolean isFatal(int errno) {
        return errno == Errno.ENXIO.number()
                || errno == Errno.ENODEV.number()
                || errno == Errno.ENETDOWN.number() && !calls.hasLink();
    }

    /** Nothing to read: the link went down, which the socket says once. */
    boolean isPassing(int errno) {
        return errno == Errno.ENETDOWN.number() && isDown();
    }

    private boolean isDown() {
        boolean there = calls.hasLink();
        if (there) {
            downLink.start();
        }
        return there;
    }

    /** Before anything is received. */
    void watchDownLink(DownLinkWatch watch) {
        downLink = watch;
    }

    @Override
    int pollError() {
        int errno = calls.takeError();
        if (!calls.hasLink()) {
            return Errno.ENODEV.number();
        }
        return errno == Errno.ENETDOWN.number() && isDown() ? 0 : errno;
    }
}
