/**
 * JMH benchmarks of one packet through a Java channel on a real device: ours, and that of netty-tun, which is made for
 * TUN.
 *
 * <p>They run in a network namespace of their own, which {@code benchmarks/jmh} makes. Each batch is waited for by the
 * thread of the benchmark; packets are read and written on the channel's event loop.
 */
package io.github.nettytap.benchmarks.packet;
