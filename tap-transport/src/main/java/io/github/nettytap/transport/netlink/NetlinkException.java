/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import io.github.nettytap.transport.linux.Errno;

import java.io.IOException;

/**
 * A request that the kernel refused, or a netlink socket that failed.
 *
 * <p>The message names the operation, the errno and, where the kernel gave one, its own explanation (the extended
 * acknowledgement, for example {@code mtu greater than device maximum}).
 */
public final class NetlinkException extends IOException {

    private static final long serialVersionUID = 1;

    private final String operation;
    private final int errno;
    private final String kernelText;
    private final boolean answer;

    /** The kernel's answer to a request. */
    NetlinkException(String operation, int errno, String kernelText) {
        this(operation, errno, kernelText, true);
    }

    private NetlinkException(String operation, int errno, String kernelText, boolean answer) {
        this(operation, errno, kernelText, answer, kernelText.isEmpty() ? "" : ", kernel says \"" + kernelText + "\"");
    }

    private NetlinkException(String operation, int errno, String kernelText, boolean answer, String reason) {
        super(operation + ": errno=" + Errno.nameOf(errno) + reason);
        this.operation = operation;
        this.errno = errno;
        this.kernelText = kernelText;
        this.answer = answer;
    }

    /** A failed system call: {@code result} is the negated errno. */
    static NetlinkException ofCall(String operation, int result) {
        return new NetlinkException(operation, -result, "", false);
    }

    /** A list that changed each time while the kernel sent it. */
    static NetlinkException interrupted(String operation, int attempts) {
        return new NetlinkException(
                operation,
                Errno.EINTR.number(),
                "",
                true,
                ": the list changed during each of " + attempts + " attempts to read it. Try again");
    }

    /** Whether the kernel answered so, and not the socket failed. */
    boolean isAnswer(Errno candidate) {
        return answer && candidate.number() == errno;
    }

    /**
     * What was tried.
     *
     * @return for example {@code set MTU: ifindex=7, mtu=100000}
     */
    public String operation() {
        return operation;
    }

    /**
     * The errno's number.
     *
     * @return the positive number, for example 1 for EPERM
     */
    public int errno() {
        return errno;
    }

    /**
     * The errno's name.
     *
     * @return for example {@code EPERM}
     */
    public String errnoName() {
        return Errno.nameOf(errno);
    }

    /**
     * The kernel's own explanation.
     *
     * @return the text of the extended acknowledgement, empty where there is none
     */
    public String kernelText() {
        return kernelText;
    }
}
