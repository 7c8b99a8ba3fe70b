/**
 * JMH benchmarks of the codec, each beside a copy of the same memory in the same run, since a copy is what the machine can
 * do at best.
 *
 * <p>{@code java -cp 'benchmarks/target/classes:benchmarks/target/lib/*' org.openjdk.jmh.Main codec -prof gc}
 */
package io.github.nettytap.benchmarks.codec;
