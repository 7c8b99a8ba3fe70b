/**
 * Where frames leave: the router's ports with their addresses and counters, and {@code Output}, which flushes those
 * that got something once a batch and makes whole what a port does not take.
 *
 * <p>Used on the event loop of the router, but for the counters, which any thread may read. {@code Output} owns the
 * frames that it gets.
 */
package io.github.nettytap.net.routing.port;
