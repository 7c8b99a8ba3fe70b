/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

/** The names of nodes and cables, which are typed, drawn and looked for. */
final class NodeNames {

    private static final String VALID = "[A-Za-z0-9][A-Za-z0-9_.-]{0,62}";

    private NodeNames() {}

    static void check(String what, String name) {
        if (!name.matches(VALID)) {
            throw new IllegalArgumentException("no name of a " + what + ": name="
                    + (name.length() <= 64 ? name : name.substring(0, 64) + "…")
                    + " (expected: 1 to 63 letters, digits, and _ . - behind the first)");
        }
    }
}
