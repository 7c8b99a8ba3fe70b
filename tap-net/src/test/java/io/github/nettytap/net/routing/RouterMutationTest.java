/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.net.routing.port.RouterCounter;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * The seeds of {@link RouterFuzzTest}, changed at random: lengths, flags, offsets, ends, in one router for thousands of
 * frames.
 */
class RouterMutationTest {

    private static final int FRAMES = 40_000;
    private static final int[] INTERESTING = {0, 1, 2, 7, 8, 14, 16, 20, 34, 40, 54, 58, 60, 64, 127, 128, 255};

    private static List<byte[]> seeds() throws Exception {
        Path folder = Path.of(RouterMutationTest.class
                .getResource("RouterFuzzTestInputs/anyFramesHarmThemselvesOnly")
                .toURI());
        List<byte[]> seeds = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                seeds.add(read(file));
            }
        }
        return seeds;
    }

    private static byte[] read(Path file) throws IOException {
        return Files.readAllBytes(file);
    }

    @Test
    void seedsAreWhatTheRouterKnows() throws Exception {
        try (RouterHarness router = new RouterHarness()) {
            for (byte[] seed : seeds()) {
                router.feed(seed);
            }
            assertThat(router.port(0).count(RouterCounter.FORWARDED)).isGreaterThan(5);
            assertThat(router.port(0).count(RouterCounter.LOCAL)).isGreaterThan(5);
            assertThat(router.port(0).count(RouterCounter.MALFORMED)).isZero();
        }
    }

    @Test
    void changedFramesHarmThemselvesOnly() throws Exception {
        List<byte[]> seeds = seeds();
        for (int seed = 0; seed < 4; seed++) {
            Random random = new Random(seed);
            try (RouterHarness router = new RouterHarness()) {
                for (int i = 0; i < FRAMES / 4; i++) {
                    byte[] frame = seeds.get(random.nextInt(seeds.size())).clone();
                    for (int changes = random.nextInt(5); changes > 0; changes--) {
                        frame = change(frame, random);
                    }
                    router.feed(frame);
                }
            }
        }
    }

    private static byte[] change(byte[] frame, Random random) {
        if (frame.length < 4) {
            return frame;
        }
        // Mostly the headers; the first three bytes are the harness's.
        int at = 3 + random.nextInt(random.nextBoolean() ? Math.min(80, frame.length - 3) : frame.length - 3);
        switch (random.nextInt(5)) {
            case 0 -> frame[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> frame[at] = (byte) INTERESTING[random.nextInt(INTERESTING.length)];
            case 2 -> frame[at] = (byte) random.nextInt();
            case 3 -> {
                // The frame ends sooner, whatever is said of it.
                byte[] shorter = Arrays.copyOf(frame, at);
                setLength(shorter);
                return shorter;
            }
            default -> {
                byte[] longer = Arrays.copyOf(frame, frame.length + random.nextInt(40));
                setLength(longer);
                return longer;
            }
        }
        return frame;
    }

    private static void setLength(byte[] frame) {
        frame[1] = (byte) (frame.length - 3 >> 8);
        frame[2] = (byte) (frame.length - 3);
    }
}
