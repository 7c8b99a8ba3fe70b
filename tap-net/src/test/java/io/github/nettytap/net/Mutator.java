/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net;

import io.github.nettytap.codec.pcap.CaptureReader;
import io.github.nettytap.codec.pcap.CapturedFrame;
import io.netty.buffer.ByteBufUtil;

import java.io.IOException;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Captured frames, changed at random: bits, bytes, ends, and the virtio-net header in front. */
final class Mutator {

    static final int VNET_HEADER = 12;

    private static final int NEEDS_CSUM = 1;
    private static final int[] GSO_TYPES = {1, 3, 4, 5, 0x81, 0x84};
    private static final int[] INTERESTING = {0, 1, 2, 7, 8, 14, 16, 20, 34, 40, 54, 58, 60, 64, 127, 128, 255};
    private static final int HEADERS = 80;
    private static final int MAX_CHANGES = 5;

    private final List<byte[]> seeds;
    private final Random random;

    Mutator(List<byte[]> seeds, long seed) {
        this.seeds = seeds;
        random = new Random(seed);
    }

    /** The frames of a file of tcpdump's beside this class. */
    static List<byte[]> seeds(String name) throws IOException {
        List<byte[]> frames = new ArrayList<>();
        try (CaptureReader reader =
                CaptureReader.open(Channels.newChannel(Mutator.class.getResourceAsStream("mutation/" + name)))) {
            for (CapturedFrame frame : reader) {
                frames.add(ByteBufUtil.getBytes(frame.data()));
            }
        }
        return frames;
    }

    boolean chance(int in) {
        return random.nextInt(in) == 0;
    }

    /** A frame; every fifth or so is as it was captured. */
    byte[] next() {
        byte[] frame = seeds.get(random.nextInt(seeds.size())).clone();
        for (int changes = random.nextInt(MAX_CHANGES); changes > 0; changes--) {
            frame = change(frame);
        }
        return frame;
    }

    /** A virtio-net header for a frame: none at all, one that fits, or one that was changed. */
    byte[] header(byte[] frame) {
        byte[] header = new byte[VNET_HEADER];
        if (random.nextBoolean()) {
            return header;
        }
        boolean ipv6 = frame.length > 20 && (frame[12] & 0xff) == 0x86;
        int transport = ipv6 ? 54 : 34;
        int protocol = frame.length > transport ? frame[ipv6 ? 20 : 23] : 0;
        header[0] = NEEDS_CSUM;
        put(header, 6, transport);
        put(header, 8, protocol == 6 ? 16 : 6);
        if (random.nextBoolean()) {
            header[1] = (byte) GSO_TYPES[random.nextInt(GSO_TYPES.length)];
            put(header, 2, transport + (protocol == 6 ? 32 : 8));
            put(header, 4, 1 + random.nextInt(random.nextBoolean() ? 1500 : 16));
        }
        while (random.nextInt(3) == 0) {
            header[random.nextInt(VNET_HEADER)] = (byte) random.nextInt();
        }
        return header;
    }

    private static void put(byte[] header, int at, int value) {
        header[at] = (byte) value;
        header[at + 1] = (byte) (value >> 8);
    }

    private byte[] change(byte[] frame) {
        if (frame.length < 2) {
            return frame;
        }
        int at = random.nextInt(random.nextBoolean() ? Math.min(HEADERS, frame.length) : frame.length);
        switch (random.nextInt(6)) {
            case 0 -> frame[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> frame[at] = (byte) INTERESTING[random.nextInt(INTERESTING.length)];
            case 2 -> frame[at] = (byte) random.nextInt();
            case 3 -> {
                return Arrays.copyOf(frame, Math.max(1, at));
            }
            case 4 -> {
                return Arrays.copyOf(frame, frame.length + random.nextInt(HEADERS));
            }
            default -> {
                // A piece of another frame.
                byte[] other = seeds.get(random.nextInt(seeds.size()));
                int length = Math.min(random.nextInt(32), Math.min(other.length, frame.length) - 1);
                int from = random.nextInt(Math.min(other.length, frame.length) - length);
                System.arraycopy(other, from, frame, from, length);
            }
        }
        return frame;
    }
}
