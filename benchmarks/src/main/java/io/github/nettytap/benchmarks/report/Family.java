/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.report;

/** Who stands behind a candidate: one colour each, of a tone that can be seen on white as well as on black. */
enum Family {
    OURS("netty-tap", "#2f81f7"),
    REFERENCE("C loops of the same shape", "#8b7fd6"),
    PEER("other switches in user space", "#c98a1b"),
    KERNEL("in the kernel", "#3f9e5a");

    private final String title;
    private final String colour;

    Family(String title, String colour) {
        this.title = title;
        this.colour = colour;
    }

    static Family of(String candidate) {
        if (candidate.startsWith("netty-tap")) {
            return OURS;
        }
        if (candidate.startsWith("c-")) {
            return REFERENCE;
        }
        return isKernel(candidate) ? KERNEL : PEER;
    }

    private static boolean isKernel(String candidate) {
        return candidate.equals("bridge") || candidate.equals("veth");
    }

    /** Whether TCP GSO frames of up to 64 KiB go through it in one piece, so that its rates compare with such only. */
    static boolean passesGsoFrames(String candidate) {
        return candidate.endsWith("-tso") || isKernel(candidate);
    }

    String title() {
        return title;
    }

    String colour() {
        return colour;
    }
}
