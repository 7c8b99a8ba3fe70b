/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import com.code_intelligence.jazzer.junit.FuzzTest;

class RouterFuzzTest {

    /** Router, NAT and DHCP server, with frames that came in through real TAPs as seeds; see {@link RouterHarness}. */
    @FuzzTest(maxDuration = "1m")
    void anyFramesHarmThemselvesOnly(byte[] data) {
        try (RouterHarness router = new RouterHarness()) {
            router.feed(data);
        }
    }
}
