/**
 * The end-to-end comparison: forwarders of Ethernet frames between two TAPs, measured alike, in one run.
 *
 * <p>The candidates, the namespaces that they are measured in, the measurements, and the gate that judges this tree by
 * them. None of netty-tap's own classes is used: its switch is started as a program like all others. Runs on the main
 * thread.
 */
package io.github.nettytap.benchmarks.compare;
