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
public record Candidate(String name, Kind kind, List<String> command, List<Need> needs) {

    private static final int ETHERNET_MTU = 1500;

    public enum Kind {
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
    public record Need(String program, String debianPackage) {}

    boolean isProgram() {
        return kind == Kind.ANNOUNCED || kind == Kind.SILENT;
    }

    /** Whether it gets faster while it runs. */
    boolean compilesAtRunTime() {
        return name.startsWith("netty-tap");
    }

    /** Why it cannot be measured with this MTU, as far as that was tried; empty if it can. */
    String refusal(int mtu) {
        return mtu <= ETHERNET_MTU
                ? ""
                : switch (name) {
                    case "vde" -> "vde_switch drops frames of more than 1,518 bytes";
                    case "ovs" -> "Open vSwitch 3.1 takes the MTU of a TAP that has left its namespace to be 1,500";
                    case "testpmd" -> "net_tap of DPDK 22.11 has frames of 1,522 bytes at most";
                    default -> "";
                };
    }

    List<Need> missing() {
        return needs.stream().filter(need -> !Commands.exists(need.program())).toList();
    }
}
