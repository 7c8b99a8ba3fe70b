/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.virtio;

/**
 * The failure of a write whose virtio-net header and frame do not fit together, so that the device would refuse it or
 * the kernel drop it later. The channel stays open.
 */
public final class MalformedFrameException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final FrameVerdict verdict;

    /**
     * Makes the exception.
     *
     * @param verdict what is wrong
     * @param length the length of the frame
     */
    public MalformedFrameException(FrameVerdict verdict, int length) {
        super("malformed frame not sent: reason=" + verdict + ", length=" + length);
        this.verdict = verdict;
    }

    /**
     * What is wrong with the frame.
     *
     * @return the verdict, never {@link FrameVerdict#WELL_FORMED}
     */
    public FrameVerdict verdict() {
        return verdict;
    }

    /** The caller is a handler of an event loop: its stack says nothing about the frame, and costs microseconds. */
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
