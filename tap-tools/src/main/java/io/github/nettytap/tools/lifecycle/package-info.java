/**
 * How a command begins and ends: signals, errors as a paragraph and an exit code, event loops that end with it, and the
 * user namespace that a command enters which lacks privilege.
 *
 * <p>Not here: what is printed when all went well. On the main thread, but for the signal, which comes on a thread of the
 * JVM.
 */
package io.github.nettytap.tools.lifecycle;
