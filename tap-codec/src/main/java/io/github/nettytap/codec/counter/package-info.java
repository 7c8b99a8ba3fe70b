/**
 * What all modules count with: counters that one thread writes and any thread reads, in sets that name them.
 *
 * <p>Counting costs a load and a store, with no fence and no lock. A set is iterated by whoever shows or exports it;
 * the names are those of the members of JSON objects.
 */
package io.github.nettytap.codec.counter;
