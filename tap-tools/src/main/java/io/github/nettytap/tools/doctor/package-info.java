/**
 * What this process can and cannot do with TAPs here, for people and for programs.
 *
 * <p>The JSON form of a diagnosis and its exit code. {@link io.github.nettytap.transport.diagnostics.Doctor} of the
 * library does the examination. Everything is a value.
 */
package io.github.nettytap.tools.doctor;
