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
 * <p>The message is one paragraph that says what failed, on which device, with which errno, why, and what to do next; it
 * ends with the entry of {@code docs/troubleshooting.md} that says more. The parts are there one by one as well.
 */
public final class TapException extends IOException {

    private static final long serialVersionUID = 1;

    private final String operation;
    private final String device;
    private final String errno;
    private final String reason;
    private final String advice;
    private final String anchor;

    /**
     * Makes an exception from its parts.
     *
     * @param operation what was tried, for example {@code TUNSETIFF}
     * @param device the name of the device, empty where it has none yet
     * @param errno the errno's name, empty where the kernel was not asked
     * @param reason why it failed, a clause without a full stop
     * @param advice what to do, sentences that end without a full stop
     * @param anchor the entry in {@code docs/troubleshooting.md}
     */
    public TapException(String operation, String device, String errno, String reason, String advice, String anchor) {
        super(operation + ": " + (device.isEmpty() ? "" : "device=" + device + (errno.isEmpty() ? "" : ", "))
                + (errno.isEmpty() ? "" : "errno=" + errno)
                + (device.isEmpty() && errno.isEmpty() ? "" : ": ")
                + reason + ". " + advice + ". See docs/troubleshooting.md#" + anchor);
        this.operation = operation;
        this.device = device;
        this.errno = errno;
        this.reason = reason;
        this.advice = advice;
        this.anchor = anchor;
    }

    /**
     * A frame was written while the link is down (EIO).
     *
     * @param device the name of the device
     * @return the exception; the device is unharmed
     */
    public static TapException linkDown(String device) {
        return new TapException(
                "write",
                device,
                "EIO",
                "the link is down",
                "Set it up: `ip link set " + device
                        + " up`, or TapDevice.up(); a move to another network namespace sets a link down too",
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
        return new TapException(
                operation,
                device,
                "EBADFD",
                "the interface is gone: it was deleted, or its network namespace ended",
                "Close the device and open it again",
                "device-gone");
    }

    /**
     * The kernel refused a frame as malformed (EINVAL).
     *
     * @param device the name of the device
     * @param what what is wrong with the frame, as far as it was found out
     * @return the exception; the device is unharmed
     */
    public static TapException malformedFrame(String device, String what) {
        return new TapException(
                "write",
                device,
                "EINVAL",
                "the kernel refused the frame as malformed: " + what,
                "A frame has an Ethernet header of 14 bytes, and a virtio-net header in front of it says nothing that"
                        + " reaches beyond the frame",
                "write-einval");
    }

    /**
     * A read or write failed in a way that has no reason of its own.
     *
     * @param operation what was tried, for example {@code write}
     * @param device the name of the device
     * @param errno the positive errno
     * @return the exception; the device is unharmed
     */
    public static TapException refused(String operation, String device, int errno) {
        return new TapException(
                operation,
                device,
                Errno.nameOf(errno),
                "the kernel refused it",
                "The frame is lost and counted; the device can be used on",
                "frame-refused");
    }

    /**
     * Explains a request that rtnetlink refused.
     *
     * @param cause what the kernel answered
     * @return the exception, with reason and advice
     */
    public static TapException of(NetlinkException cause) {
        return TapErrors.link("", cause, "");
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
     * @return the errno's name such as {@code EPERM}, empty where the kernel was not asked
     */
    public String errno() {
        return errno;
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
     * What to do.
     *
     * @return one or more sentences
     */
    public String advice() {
        return advice;
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
