/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.Sockets;
import io.netty.channel.unix.FileDescriptor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A channel on one end of a {@code SOCK_SEQPACKET} pair, which keeps frame boundaries like a TAP, needs no privilege,
 * and blocks and ends like no TAP does.
 */
final class SocketpairSubject implements Subject {

    private static final int AF_UNIX = 1;
    private static final int SOCK_SEQPACKET = 5;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int SOCK_CLOEXEC = 0x80000;

    private final TapChannel channel;
    private final FdPeer peer;
    private final FailingCalls calls;
    private Runnable closeRequest;

    private SocketpairSubject(Options options) {
        int[] fds = new int[2];
        FdPeer.check(
                "socketpair", LibC.get().socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds));
        calls = new FailingCalls(SocketpairSubject::failing, () -> {});
        channel = new TapChannel(closeRequest -> {
            this.closeRequest = closeRequest;
            return new SocketEndpoint(fds[0], options, calls);
        });
        peer = new FdPeer(fds[1]);
    }

    /** A descriptor on which calls fail in a way that needs no privilege. */
    static int failing(FailingCalls.Fault fault) {
        switch (fault) {
            case READ_REFUSED:
                return socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM); // EINVAL, as it is not connected.
            case WRITE_REFUSED:
                return socket(Sockets.AF_INET, Sockets.SOCK_DGRAM); // EDESTADDRREQ
            case READ_WOULD_BLOCK:
                return socket(Sockets.AF_INET, Sockets.SOCK_DGRAM);
            case WRITE_WOULD_BLOCK:
                return fullEventFd();
            default:
                int[] fds = new int[2];
                FdPeer.check(
                        "socketpair",
                        LibC.get().socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds));
                LibC.get().close(fds[1]);
                return fds[0]; // EPIPE, and the end of input.
        }
    }

    private static int fullEventFd() {
        int fd = FdPeer.check("eventfd", LibC.get().eventfd(0, SOCK_NONBLOCK | SOCK_CLOEXEC));
        ByteBuffer most = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder());
        FdPeer.check("write", LibC.get().write(fd, most.putLong(-2).flip()));
        return fd;
    }

    private static int socket(int domain, int type) {
        return FdPeer.check("socket", LibC.get().socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    }

    /** Describes a subject; {@link Options#open()} makes it. */
    static Options of(LoopKind loop) {
        return new Options(loop);
    }

    @Override
    public TapChannel channel() {
        return channel;
    }

    @Override
    public void closeByOwner() {
        closeRequest.run();
    }

    @Override
    public FdPeer peer() {
        return peer;
    }

    @Override
    public FailingCalls calls() {
        return calls;
    }

    @Override
    public void close() {
        calls.close();
        peer.close();
    }

    static final class Options {

        private final LoopKind loop;
        private int vnetHeaderSize;
        private boolean blocking;
        private Runnable whileClosing = () -> {};

        private Options(LoopKind loop) {
            this.loop = loop;
        }

        Options vnetHeaderSize(int vnetHeaderSize) {
            this.vnetHeaderSize = vnetHeaderSize;
            return this;
        }

        /** The test lets the socket fill up, so that frames must not be written in batches. */
        Options blocking() {
            blocking = true;
            return this;
        }

        /** Run by whoever closes the descriptor of the channel, before it does. */
        Options whileClosing(Runnable whileClosing) {
            this.whileClosing = whileClosing;
            return this;
        }

        SocketpairSubject open() {
            return new SocketpairSubject(this);
        }
    }

    private static final class SocketEndpoint extends TapEndpoint {

        private final Options options;
        private final FailingCalls calls;

        SocketEndpoint(int fd, Options options, FailingCalls calls) {
            super(fd);
            this.options = options;
            this.calls = calls;
        }

        @Override
        FileDescriptor readFd() {
            return calls.read(fd());
        }

        @Override
        FileDescriptor writeFd() {
            return calls.write(fd());
        }

        @Override
        TapAddress address() {
            return TapAddress.of("pair");
        }

        @Override
        int vnetHeaderSize() {
            return options.vnetHeaderSize;
        }

        @Override
        boolean mayBlock() {
            return options.blocking;
        }

        @Override
        int transferFlags() {
            return options.loop.transferFlags();
        }

        @Override
        void closeDescriptor() {
            options.whileClosing.run();
            LibC.get().close(fd().intValue());
        }

        @Override
        IOException explain(String operation, int errno) {
            return new IOException(operation + ": " + Errno.nameOf(errno));
        }

        @Override
        IOException malformed(int length, int minimum, int maximum) {
            return new IOException("length=" + length + " (expected: " + minimum + " to " + maximum + ")");
        }

        @Override
        boolean isFatal(int errno) {
            return errno == Errno.EPIPE.number() || errno == Errno.ECONNRESET.number();
        }
    }
}
