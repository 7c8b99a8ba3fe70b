/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

import io.netty.buffer.ByteBuf;

/**
 * How long those who are asked have to answer.
 *
 * <p>Source: RFC 3376, sections 4.1 and 6.6.3.1; RFC 3810, section 5.1.
 */
final class QueryTimes {

    static final int DEFAULT_ROBUSTNESS = 2;

    private static final int SUPPRESS = 0x08;
    private static final int ROBUSTNESS_MASK = 0x07;

    /** What last member queries have unless somebody says otherwise: a second. */
    private static final int DEFAULT_TENTHS = 10;

    /** A query must not be able to end memberships sooner than an answer can come, nor ask for ages. */
    private static final long MIN_MILLIS = 1_000;

    private static final long MAX_MILLIS = 25_000;

    private QueryTimes() {}

    /** Tenths of a second of an IGMP query: Max Resp Code, in version 3 a floating-point number from 128 on. */
    static int igmp(int code, boolean version3) {
        if (code == 0) {
            return DEFAULT_TENTHS;
        }
        return version3 && code >= 0x80 ? (code & 0x0f | 0x10) << (code >> 4 & 7) + 3 : code;
    }

    /** Milliseconds of an MLD query: Maximum Response Code, in version 2 a floating-point number from 32,768 on. */
    static long mld(int code, boolean version2) {
        return version2 && code >= 0x8000 ? (code & 0x0fffL | 0x1000) << (code >> 12 & 7) + 3 : code;
    }

    /**
     * Whether a query of IGMPv3 or MLDv2 must not bring timers forward: the querier said so (the S flag), or it asks
     * for sources, which are not told apart here, so that who listens to others would not answer.
     *
     * @param fields the index of the byte with the S flag
     */
    static boolean leavesTimersAlone(ByteBuf frame, int fields) {
        return (frame.getByte(fields) & SUPPRESS) != 0 || frame.getUnsignedShort(fields + 2) > 0;
    }

    /** The querier's robustness variable; 0 stands for one that does not fit, for which the default must do. */
    static int robustness(ByteBuf frame, int fields) {
        int robustness = frame.getByte(fields) & ROBUSTNESS_MASK;
        return robustness == 0 ? DEFAULT_ROBUSTNESS : robustness;
    }

    /**
     * The last member query time: as many queries as the robustness says may be lost but one; and the grain of our
     * clock.
     */
    static long answerSeconds(long millis, int robustness) {
        long each = Math.min(Math.max(millis, MIN_MILLIS), MAX_MILLIS);
        return (each * Math.max(robustness, DEFAULT_ROBUSTNESS) + 999) / 1_000 + 1;
    }
}
