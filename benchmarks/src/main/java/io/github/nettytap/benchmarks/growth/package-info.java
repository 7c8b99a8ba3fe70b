/**
 * What a frame costs as things grow: ports, FDB entries, bytes, loss, queues and event loops.
 *
 * <p>Here: what grows, how it is measured, and a forwarder for what the switch has no option for. Not here: the
 * namespaces, which are those of the comparison, and the pages. Runs on the main thread.
 */
package io.github.nettytap.benchmarks.growth;
