/**
 * What a frame costs as things grow: ports, FDB entries, bytes, loss, queues and event loops.
 *
 * <p>What grows, how it is measured, and a forwarder for what the switch has no option for. The namespaces are those of
 * the comparison. Runs on the main thread.
 */
package io.github.nettytap.benchmarks.growth;
