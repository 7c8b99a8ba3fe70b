/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */

/** What netty-tap counts, as meters of Micrometer. */
// Micrometer 1.17 names its module in the manifest alone.
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module io.github.nettytap.micrometer {
    requires transitive io.github.nettytap.net;
    requires transitive micrometer.core;

    exports io.github.nettytap.micrometer;
}
