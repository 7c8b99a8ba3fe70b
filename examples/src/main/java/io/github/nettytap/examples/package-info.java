/**
 * The program that the README shows: where to start.
 *
 * <p>Nothing else is here. The handler runs on the channel's event loop and owns the frame.
 */
package io.github.nettytap.examples;
