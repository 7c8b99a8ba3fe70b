/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */

/** Hosts with TCP/IP stacks of their own, cables with faults between them, and traffic, for tests of TAP code. */
module io.github.nettytap.testkit {
    requires transitive io.github.nettytap.testkit.core;
    requires transitive io.github.nettytap.transport;
    requires static transitive org.junit.jupiter.api;

    exports io.github.nettytap.testkit.host;
}
