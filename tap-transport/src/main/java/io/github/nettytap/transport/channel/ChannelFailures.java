/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.unix.Errors.NativeIoException;

import java.io.IOException;

/** What goes wrong with the descriptor of a channel while it waits and reads, and what that means for the channel. */
final class ChannelFailures {

    private final TapChannel channel;
    private final ReadControl readControl;

    ChannelFailures(TapChannel channel, ReadControl readControl) {
        this.channel = channel;
        this.readControl = readControl;
    }

    /** The descriptor reports an error. */
    void deviceFailed() {
        int errno = channel.endpoint().pollError();
        if (errno != 0) {
            pollFailed(errno);
        }
    }

    /** The kernel does not watch the descriptor. */
    void pollFailed(int errno) {
        channel.closeWith(channel.endpoint().explain("poll", errno));
    }

    /** A read failed, or there was no memory to read into, or a receive allocator of the user's threw. */
    void readFailed(Throwable cause) {
        if (cause instanceof NativeIoException) {
            int errno = -((NativeIoException) cause).expectedErr();
            IOException explained = channel.endpoint().explain("read", errno);
            if (channel.endpoint().isFatal(errno)) {
                channel.closeWith(explained);
            } else {
                channel.counters().receiveErrors.increment();
                channel.pipeline().fireExceptionCaught(explained);
            }
        } else if (cause instanceof IOException) {
            channel.closeWith(cause);
        } else {
            channel.counters().receiveErrors.increment();
            readControl.pause();
            channel.pipeline().fireExceptionCaught(cause);
        }
    }

    /** The other end of a socket that stands in for a TAP is closed. */
    void peerClosed() {
        channel.unsafe().close(channel.unsafe().voidPromise());
    }
}
