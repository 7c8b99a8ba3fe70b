/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;

/** A failed system call, before anybody has said what it means; {@link TapErrors} does. */
final class SyscallException extends Exception {

    private static final long serialVersionUID = 1;

    private final String operation;
    private final int errno;

    SyscallException(String operation, int result) {
        super(operation + ": errno=" + Errno.nameOf(-result));
        this.operation = operation;
        this.errno = -result;
    }

    String operation() {
        return operation;
    }

    /** The positive number. */
    int errno() {
        return errno;
    }

    boolean is(Errno candidate) {
        return candidate.number() == errno;
    }
}
