/**
 * What this process can and cannot do with TAPs here, for people and for programs.
 *
 * <p>Here: the JSON form of a diagnosis and its exit code. Not here: the examination itself, which is the library's
 * ({@link io.github.nettytap.transport.diagnostics.Doctor}). No event loop, no buffer: everything is a value.
 */
package io.github.nettytap.tools.doctor;
