/**
 * Options that several commands have, for them to mix in: what drives the frames, how they are observed, how much is
 * reported.
 *
 * <p>Each comes with its help and with what it does, so that it is the same everywhere. On the main thread; captured
 * frames belong to the handlers of {@code codec.capture}.
 */
package io.github.nettytap.tools.option;
