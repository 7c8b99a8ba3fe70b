/**
 * JMH benchmarks of the codec, each beside a copy of the same memory in the same run, since a copy is what the machine
 * can do at best.
 *
 * <p>{@code benchmarks/jmh codec -prof gc}
 */
package io.github.nettytap.benchmarks.codec;
