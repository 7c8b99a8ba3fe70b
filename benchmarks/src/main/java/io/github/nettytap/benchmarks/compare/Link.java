/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import picocli.CommandLine.Option;

/** What two hosts are joined by: options of the programs that have two. */
final class Link {

    @Option(names = "--mtu", paramLabel = "BYTES", description = "The MTU of both ends (default: ${DEFAULT-VALUE}).")
    private int mtu = 1500;

    int mtu() {
        return mtu;
    }
}
