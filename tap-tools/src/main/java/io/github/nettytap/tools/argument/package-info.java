/**
 * Words of the command line as values: converters of picocli, and ports, routes and mirrors with their settings.
 *
 * <p>They say what a word may look like, and what is wrong with it if it does not. Whether the values of several words
 * fit together is for the commands to know. Immutable.
 */
package io.github.nettytap.tools.argument;
