/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import java.io.IOException;

/**
 * Counts the writes that failed for one frame only, by reason, and finds the exception for their promises.
 *
 * <p>A link that is down fails every frame of every writer, so the exception for an errno is made once for a channel
 * and used again: it has no stack trace, and no other state that would differ.
 */
final class TapWriteFailures {

    // asm-generic/errno-base.h and errno.h
    private static final int EIO = 5;
    private static final int ENOMEM = 12;
    private static final int EINVAL = 22;
    private static final int EMSGSIZE = 90;
    private static final int ENOBUFS = 105;

    private final TapEndpoint endpoint;
    private final TapCounters counters;
    private IOException last;
    private int lastErrno;

    TapWriteFailures(TapEndpoint endpoint, TapCounters counters) {
        this.endpoint = endpoint;
        this.counters = counters;
    }

    IOException countAndExplain(int errno) {
        counter(errno).increment();
        if (errno != lastErrno) {
            last = endpoint.explain("write", errno);
            last.setStackTrace(new StackTraceElement[0]);
            lastErrno = errno;
        }
        return last;
    }

    private TapCounters.Counter counter(int errno) {
        switch (errno) {
            case EIO:
                return counters.dropsLinkDown;
            case EINVAL:
            case EMSGSIZE:
                return counters.dropsMalformed;
            case ENOMEM:
            case ENOBUFS:
                return counters.dropsNoMemory;
            default:
                return counters.dropsOther;
        }
    }
}
