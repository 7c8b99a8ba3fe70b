/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;

/** What it means that a descriptor cannot be passed or adopted, and what to do about it. */
final class FdPassingErrors {

    private FdPassingErrors() {}

    /** @param errno the positive errno, 0 where the kernel was not asked */
    static TapException notAdoptable(String device, int errno, String fault) {
        return new TapFailure("adopt descriptor")
                .device(device)
                .errno(errno)
                .because(fault)
                .advise("Hand over descriptors of /dev/net/tun after TUNSETIFF with IFF_TAP and IFF_NO_PI, all of one"
                        + " interface")
                .see("adopt");
    }

    static TapException passing(String operation, String path, int errno) {
        TapFailure failure = new TapFailure(operation + ": socket=" + path).errno(errno);
        Errno known = Errno.of(errno);
        switch (known == null ? Errno.EIO : known) {
            case EADDRINUSE:
                failure.because("the file of the socket exists already")
                        .advise("Another process listens there, or one has ended without removing it: `rm " + path
                                + "`");
                break;
            case ENOENT:
            case ECONNREFUSED:
                failure.because("nobody listens on this socket")
                        .advise("Start the process that hands the device over first");
                break;
            case EACCES:
            case EPERM:
                failure.because("this user may not use the socket or its directory")
                        .advise("Change their owner or mode");
                break;
            case ENAMETOOLONG:
                failure.because("the path of a Unix socket has 1 to 107 bytes")
                        .advise("Choose a shorter one, for example in /run");
                break;
            case ETIMEDOUT:
                failure.because("the other process did not come or send in time")
                        .advise("Check that it runs and uses the same socket");
                break;
            case EINTR:
                failure.because("the thread was interrupted while waiting")
                        .advise("Try again if that was not the wish");
                break;
            case ECONNRESET:
            case EPIPE:
                failure.because("the other process has closed the connection").advise("Look at its messages");
                break;
            case EBADF:
                failure.because("the connection is closed, or a message came without its one descriptor")
                        .advise("Use TapFdPassing or a Netty domain-socket channel at the other end");
                break;
            default:
                failure.because("the kernel refused it").advise(TapErrors.TROUBLE);
        }
        return failure.see("hand-over");
    }
}
