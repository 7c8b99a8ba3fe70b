/**
 * Words of the command line as values: converters of picocli, and ports, routes and mirrors with their settings.
 *
 * <p>Here: what a word may look like, and the message if it does not. Not here: whether the values of several words fit
 * together, which the commands know. Immutable; no thread of its own, no buffer.
 */
package io.github.nettytap.tools.argument;
