/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.table;

/** What a {@link FairTable} counts. */
public enum TableCounter {
    /** Entries added. */
    ADDED,
    /** Entries whose time was over. */
    EXPIRED,
    /** Entries that had to go for another of the same owner: the owner reached its budget, or more than its share. */
    EVICTED_OWN,
    /** Entries that had to go for one of another owner: the table was full. */
    EVICTED,
    /** Entries that were not added: there was no room, and nothing to evict. */
    REFUSED
}
