/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.codec.counter.Counter;
import io.github.nettytap.transport.linux.Errno;

import java.io.IOException;

/**
 * Counts the writes that failed for one frame only, by reason, and finds the exception for their promises.
 *
 * <p>A link that is down fails every frame of every writer, so the exception for an errno is made once for a channel
 * and used again: it has no stack trace, and no other state that would differ.
 */
final class TapWriteFailures {

    private final TapEndpoint endpoint;
    private final TapCounters counters;
    private IOException last;
    private Counter lastCounter;
    private int lastErrno;

    TapWriteFailures(TapEndpoint endpoint, TapCounters counters) {
        this.endpoint = endpoint;
        this.counters = counters;
    }

    IOException countAndExplain(int errno) {
        if (errno != lastErrno) {
            last = endpoint.explain("write", errno);
            last.setStackTrace(new StackTraceElement[0]);
            lastCounter = counter(Errno.of(errno));
            lastErrno = errno;
        }
        lastCounter.increment();
        return last;
    }

    private Counter counter(Errno errno) {
        if (errno == null) {
            return counters.dropsOther;
        }
        switch (errno) {
            case EIO:
            case ENETDOWN:
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
