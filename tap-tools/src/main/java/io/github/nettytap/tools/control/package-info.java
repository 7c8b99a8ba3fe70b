/**
 * A control socket: requests of one line over a Unix-domain stream socket, answers of JSON lines.
 *
 * <p>The socket file, the server with its limits, and the client; the requests themselves are other packages'. The
 * server has an event loop of its own, so that a busy data plane does not delay it, nor it the data plane; requests are
 * answered there, one after the other.
 */
package io.github.nettytap.tools.control;
