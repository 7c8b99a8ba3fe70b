/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * What tests of Ethernet frames and Netty handlers need: a leak gate, frame builders, the condition of kernel tests.
 */
module io.github.nettytap.testkit.core {
    requires transitive io.netty.buffer;
    requires io.netty.common;
    requires java.management;
    requires jdk.management;
    requires static transitive org.junit.jupiter.api;
    requires static org.junit.platform.launcher;

    exports io.github.nettytap.testkit;

    provides org.junit.jupiter.api.extension.Extension with
            io.github.nettytap.testkit.LeakGate;
    provides org.junit.platform.launcher.LauncherSessionListener with
            io.github.nettytap.testkit.SkippedKernelTests;
}
