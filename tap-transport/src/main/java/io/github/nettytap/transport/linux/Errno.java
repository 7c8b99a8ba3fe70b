/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import java.util.Arrays;

/**
 * The errno values of Linux that netty-tap meets, by number (asm-generic/errno-base.h and errno.h; the same on x86_64
 * and aarch64).
 */
public enum Errno {
    EPERM(1),
    ENOENT(2),
    ESRCH(3),
    EINTR(4),
    EIO(5),
    ENXIO(6),
    E2BIG(7),
    EBADF(9),
    EAGAIN(11),
    ENOMEM(12),
    EACCES(13),
    EFAULT(14),
    EBUSY(16),
    EEXIST(17),
    EXDEV(18),
    ENODEV(19),
    ENOTDIR(20),
    EISDIR(21),
    EINVAL(22),
    ENFILE(23),
    EMFILE(24),
    ENOTTY(25),
    ENOSPC(28),
    EPIPE(32),
    ERANGE(34),
    ENAMETOOLONG(36),
    ENOSYS(38),
    ENOTSOCK(88),
    EMSGSIZE(90),
    EBADFD(77),
    EPROTONOSUPPORT(93),
    EOPNOTSUPP(95),
    EADDRINUSE(98),
    EADDRNOTAVAIL(99),
    ENETDOWN(100),
    ENETUNREACH(101),
    ECONNRESET(104),
    ENOBUFS(105),
    ENOTCONN(107),
    ETIMEDOUT(110),
    ECONNREFUSED(111),
    ECANCELED(125);

    private static final String[] NAMES = new String[134];

    static {
        for (Errno errno : values()) {
            NAMES[errno.number] = errno.name();
        }
    }

    private final int number;

    Errno(int number) {
        this.number = number;
    }

    /** The positive number. */
    public int number() {
        return number;
    }

    /** Whether a result of {@link LibC} says this. */
    public boolean is(int result) {
        return result == -number;
    }

    /** The name of a positive errno, or {@code errno N} for one that is not listed. */
    public static String nameOf(int number) {
        return number >= 0 && number < NAMES.length && NAMES[number] != null ? NAMES[number] : "errno " + number;
    }

    /** The constant of a positive errno, or null for one that is not listed. */
    public static Errno of(int number) {
        return Arrays.stream(values())
                .filter(errno -> errno.number == number)
                .findFirst()
                .orElse(null);
    }
}
