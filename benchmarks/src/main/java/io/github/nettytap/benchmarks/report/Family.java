/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.report;

/** Who stands behind a contestant: one colour each, of a tone that can be seen on white as well as on black. */
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

    static Family of(String contestant) {
        if (contestant.startsWith("netty-tap")) {
            return OURS;
        }
        if (contestant.startsWith("c-")) {
            return REFERENCE;
        }
        return isKernel(contestant) ? KERNEL : PEER;
    }

    private static boolean isKernel(String contestant) {
        return contestant.equals("bridge") || contestant.equals("veth");
    }

    /** Whether TCP GSO frames of up to 64 KiB go through it in one piece, so that its rates compare with such only. */
    static boolean passesGsoFrames(String contestant) {
        return contestant.endsWith("-tso") || isKernel(contestant);
    }

    String title() {
        return title;
    }

    String colour() {
        return colour;
    }
}
