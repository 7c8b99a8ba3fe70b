/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * A host that attacks a table beside one that does not: what the honest one notices, with netty-tap and with the
 * kernel.
 */
package io.github.nettytap.benchmarks.attack;
