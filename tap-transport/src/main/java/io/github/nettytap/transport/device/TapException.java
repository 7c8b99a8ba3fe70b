/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.netlink.NetlinkException;

import java.io.IOException;

/**
 * Something about a TAP device could not be done.
 *
 * <p>The message is one paragraph that says what failed, on which device, with which errno, why, and what to do next;
 * it ends with the entry of {@code docs/troubleshooting.md} that says more. The parts are there one by one as well.
 * {@link #getMessage()} gives advice to whoever writes a program, {@link #commandLineMessage()} to whoever runs one.
 */
public class TapException extends IOException {

    private static final long serialVersionUID = 2;

    /** For a user who has the jar and not the tree. */
    private static final String PAGE = "https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#";

    private final String operation;
    private final String device;
    private final int errno;
    private final String reason;
    private final String advice;
    private final String commandLineAdvice;
    private final String anchor;

    TapException(TapFailure failure, String anchor) {
        operation = failure.operation;
        device = failure.device;
        errno = failure.errno;
        reason = failure.reason;
        advice = failure.advice;
        commandLineAdvice = failure.commandLineAdvice;
        this.anchor = anchor;
    }

    /**
     * What befalls a single frame, perhaps a million times a second: made without a stack trace, which tells nothing.
     */
    private static final class OfFrame extends TapException {

        private static final long serialVersionUID = 1;

        OfFrame(TapFailure failure, String anchor) {
            super(failure, anchor);
        }

        @Override
        public Throwable fillInStackTrace() {
            return this;
        }
    }

    /** What befell one frame, without a stack trace. */
    static TapException ofFrame(TapFailure failure, String anchor) {
        return new OfFrame(failure, anchor);
    }

    /**
     * A frame was written while the link is down (EIO). It has no stack trace.
     *
     * @param device the name of the device
     * @return the exception; the device is unharmed
     */
    public static TapException linkDown(String device) {
        return new OfFrame(
                new TapFailure("write")
                        .device(device)
                        .errno(Errno.EIO.number())
                        .because("the link is down")
                        .advise("Set it up: `ip link set " + device
                                + " up`, or TapDevice.up(); a move to another network namespace sets a link down too")
                        .onCommandLine("Set it up: `ip link set " + device
                                + " up`; a move to another network namespace sets a link down too"),
                "write-eio");
    }

    /**
     * The interface behind a descriptor is gone (EBADFD).
     *
     * @param operation what was tried, for example {@code read}
     * @param device the last known name of the device
     * @return the exception; the device is lost
     */
    public static TapException deviceGone(String operation, String device) {
        return deviceGone(operation, device, Errno.EBADFD.number());
    }

    static TapException deviceGone(String operation, String device, int errno) {
        return new TapFailure(operation)
                .device(device)
                .errno(errno)
                .because("the interface is gone: it was deleted, or its network namespace ended")
                .advise("Close the device and open it again")
                .onCommandLine("Start the command again, after making the interface if it was not made by the command")
                .see("device-gone");
    }

    /**
     * The kernel refused a frame as malformed (EINVAL), or would. It has no stack trace.
     *
     * @param device the name of the device
     * @param what what is wrong with the frame, as far as it was found out
     * @return the exception; the device is unharmed
     */
    public static TapException malformedFrame(String device, String what) {
        return new OfFrame(
                new TapFailure("write")
                        .device(device)
                        .errno(Errno.EINVAL.number())
                        .because("the kernel refused the frame as malformed: " + what)
                        .advise(
                                "A frame has an Ethernet header of 14 bytes, and a virtio-net header in front of it says"
                                        + " nothing that reaches beyond the frame"),
                "write-einval");
    }

    /**
     * A read or write failed in a way that has no reason of its own. It has no stack trace.
     *
     * @param operation what was tried, for example {@code write}
     * @param device the name of the device
     * @param errno the positive errno
     * @return the exception; the device is unharmed
     */
    public static TapException refused(String operation, String device, int errno) {
        return new OfFrame(
                new TapFailure(operation)
                        .device(device)
                        .errno(errno)
                        .because("the kernel refused it")
                        .advise("The frame is lost and counted; the device can be used on"),
                "frame-refused");
    }

    /**
     * Explains a request that rtnetlink refused.
     *
     * @param cause what the kernel answered
     * @return the exception, with reason and advice
     */
    public static TapException of(NetlinkException cause) {
        return LinkErrors.link("", cause, "");
    }

    /**
     * A system call that has nothing to do with one frame failed.
     *
     * @param operation the name of the call
     * @param device the name of the device, empty where it has none
     * @param errno the positive errno
     * @return the exception, with reason and advice
     */
    public static TapException ofCall(String operation, String device, int errno) {
        return TapErrors.unknown(new SyscallException(operation, -errno), device);
    }

    /** The whole paragraph, with advice for whoever writes a program. */
    @Override
    public String getMessage() {
        return text(advice);
    }

    /**
     * The whole paragraph, with advice for whoever runs a program: it names commands where {@link #getMessage()} names
     * methods.
     *
     * @return the text to print
     */
    public String commandLineMessage() {
        return text(commandLineAdvice);
    }

    private String text(String anAdvice) {
        StringBuilder text = new StringBuilder(operation).append(": ");
        if (!device.isEmpty()) {
            text.append("device=").append(device).append(errno == 0 ? ": " : ", ");
        }
        if (errno != 0) {
            text.append("errno=").append(errnoName()).append(": ");
        }
        return text.append(reason)
                .append(". ")
                .append(anAdvice)
                .append(". See ")
                .append(PAGE)
                .append(anchor)
                .toString();
    }

    /**
     * What was tried.
     *
     * @return a system call, an ioctl or a few words
     */
    public String operation() {
        return operation;
    }

    /**
     * On which device.
     *
     * @return the name, empty where it has none yet
     */
    public String device() {
        return device;
    }

    /**
     * What the kernel answered.
     *
     * @return the positive errno, for example 1 for EPERM; 0 where the kernel was not asked
     */
    public int errno() {
        return errno;
    }

    /**
     * The errno's name.
     *
     * @return for example {@code EPERM}, empty where the kernel was not asked
     */
    public String errnoName() {
        return errno == 0 ? "" : Errno.nameOf(errno);
    }

    /**
     * Why it failed.
     *
     * @return a clause
     */
    public String reason() {
        return reason;
    }

    /**
     * What the program can do.
     *
     * @return one or more sentences, without a full stop at the end
     */
    public String advice() {
        return advice;
    }

    /**
     * What whoever runs the program can do.
     *
     * @return one or more sentences, without a full stop at the end; the same as {@link #advice()} where that names no
     *     API
     */
    public String commandLineAdvice() {
        return commandLineAdvice;
    }

    /**
     * Where more is written.
     *
     * @return the entry's anchor in {@code docs/troubleshooting.md}
     */
    public String anchor() {
        return anchor;
    }
}
