/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.netlink.NetlinkException;

/** The parts of a {@link TapException} while they are put together. */
final class TapFailure {

    final String operation;
    String device = "";
    int errno;
    String reason = "";
    String advice = "";
    String commandLineAdvice = "";

    /** @param operation what was tried, for example {@code TUNSETIFF} */
    TapFailure(String operation) {
        this.operation = operation;
    }

    static TapFailure of(SyscallException e) {
        return new TapFailure(e.operation()).errno(e.errno());
    }

    static TapFailure of(NetlinkException e) {
        return new TapFailure(e.operation()).errno(e.errno());
    }

    TapFailure device(String name) {
        device = name;
        return this;
    }

    /** @param number the positive errno */
    TapFailure errno(int number) {
        errno = number;
        return this;
    }

    /** @param clause why it failed, without a full stop */
    TapFailure because(String clause) {
        reason = clause;
        return this;
    }

    /** @param sentences what to do, without a full stop at the end */
    TapFailure advise(String sentences) {
        advice = sentences;
        commandLineAdvice = sentences;
        return this;
    }

    /** What to do in words of whoever runs a program, where {@link #advise} speaks of methods. */
    TapFailure onCommandLine(String sentences) {
        commandLineAdvice = sentences;
        return this;
    }

    /** @param anchor the entry in {@code docs/troubleshooting.md} */
    TapException see(String anchor) {
        return new TapException(this, anchor);
    }
}
