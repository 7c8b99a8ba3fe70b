/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * Reads the features of an interface, as {@code ethtool -k} does (linux/ethtool.h).
 *
 * <p>Bits differ between kernels, names do not; so the kernel is asked for the names first.
 *
 * <pre>
 * ethtool_sset_info:   0 command u32    4 reserved u32     8 set mask u64    16 sizes u32[]
 * ethtool_gstrings:    0 command u32    4 set u32          8 length u32      12 names, 32 bytes each
 * ethtool_gfeatures:   0 command u32    4 blocks u32       8 blocks of available, requested, active, never changed u32
 * </pre>
 */
public final class EthtoolFeatures {

    private static final int SIOCETHTOOL = 0x8946;
    private static final int IFREQ_DATA = IfReq.NAME_SIZE;

    private static final int ETHTOOL_GSTRINGS = 0x1b;
    private static final int ETHTOOL_GSSET_INFO = 0x37;
    private static final int ETHTOOL_GFEATURES = 0x3a;
    private static final int ETH_SS_FEATURES = 4;

    private static final int NAME_SIZE = 32;
    private static final int BLOCK_SIZE = 16;
    private static final int BLOCK_ACTIVE = 8;

    private EthtoolFeatures() {}

    /**
     * The names of the features that are active, into the given set.
     *
     * @param socket any socket in the network namespace of the interface
     * @return 0, or the negated errno
     */
    public static int readActive(LibC libc, int socket, String device, Set<String> active) {
        ByteBuffer info = Structs.allocate(20).putInt(0, ETHTOOL_GSSET_INFO).putLong(8, 1L << ETH_SS_FEATURES);
        ToIntFunction<ByteBuffer> ethtool = command -> ethtool(libc, socket, device, command);
        int result = ethtool.applyAsInt(info);
        if (result < 0) {
            return result;
        }
        int count = info.getInt(16);
        ByteBuffer names = Structs.allocate(12 + count * NAME_SIZE)
                .putInt(0, ETHTOOL_GSTRINGS)
                .putInt(4, ETH_SS_FEATURES)
                .putInt(8, count);
        result = ethtool.applyAsInt(names);
        if (result < 0) {
            return result;
        }
        int blocks = (count + Integer.SIZE - 1) / Integer.SIZE;
        ByteBuffer features = Structs.allocate(8 + blocks * BLOCK_SIZE)
                .putInt(0, ETHTOOL_GFEATURES)
                .putInt(4, blocks);
        result = ethtool.applyAsInt(features);
        if (result < 0) {
            return result;
        }
        Set<String> found = new HashSet<>();
        for (int bit = 0; bit < count; bit++) {
            int word = features.getInt(8 + bit / Integer.SIZE * BLOCK_SIZE + BLOCK_ACTIVE);
            if ((word & 1 << bit % Integer.SIZE) != 0) {
                found.add(name(names, 12 + bit * NAME_SIZE));
            }
        }
        active.addAll(found);
        return 0;
    }

    private static int ethtool(LibC libc, int socket, String device, ByteBuffer command) {
        ByteBuffer request = new IfReq(device).memory().putLong(IFREQ_DATA, libc.addressOf(command));
        try {
            return Retry.onInterrupt(() -> libc.ioctl(socket, SIOCETHTOOL, request));
        } finally {
            Reference.reachabilityFence(command);
        }
    }

    private static String name(ByteBuffer names, int start) {
        byte[] bytes = new byte[NAME_SIZE];
        int length = 0;
        while (length < NAME_SIZE && names.get(start + length) != 0) {
            bytes[length] = names.get(start + length);
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.US_ASCII);
    }
}
