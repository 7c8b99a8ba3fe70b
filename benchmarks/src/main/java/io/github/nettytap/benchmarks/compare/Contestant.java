/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import java.util.List;

/**
 * Something that joins two hosts.
 *
 * @param name the name for {@code --only}
 * @param kind how it joins them
 * @param command what to start in the middle namespace; empty where the kernel does it
 * @param needs the programs that it takes
 */
record Contestant(String name, Kind kind, List<String> command, List<Need> needs) {

    enum Kind {
        /** Makes the TAPs fx0 and fx1 and prints {@code ready}. */
        ANNOUNCED,
        /** Makes the TAPs fx0 and fx1 and says nothing; given a moment after both are there. */
        SILENT,
        /** A Linux bridge with two veth pairs. */
        BRIDGE,
        /** One veth pair: no switch at all, the limit. */
        VETH
    }

    /**
     * A program and the Debian package that brings it.
     *
     * @param program its name on the PATH
     * @param debianPackage what to install
     */
    record Need(String program, String debianPackage) {}

    boolean isProgram() {
        return kind == Kind.ANNOUNCED || kind == Kind.SILENT;
    }

    List<Need> missing() {
        return needs.stream().filter(need -> !Commands.exists(need.program())).toList();
    }
}
