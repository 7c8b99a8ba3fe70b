/**
 * How a command begins and ends: {@link io.github.nettytap.tools.lifecycle.Program} with its signals and lost ports,
 * errors as one paragraph and an exit code, standard output that may be full, and the user namespace that a command
 * enters which lacks privilege.
 *
 * <p>On the main thread, but for signals, which come on a thread of the JVM, and lost ports, which are reported by
 * event loops.
 */
package io.github.nettytap.tools.lifecycle;
