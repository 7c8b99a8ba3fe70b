/**
 * Options that several commands have, for them to mix in: what drives the frames, how they are observed, how much is
 * told.
 *
 * <p>Here: the option, its help, and what it does, so that it is the same everywhere. Not here: options of one command.
 * On the main thread; captured frames belong to the handlers of {@code codec.capture}.
 */
package io.github.nettytap.tools.option;
