/**
 * The routing table: {@code PrefixTable} finds the longest prefix of an address, {@code Routes} holds what the ports'
 * networks imply, what must never be forwarded, and the routes that users add.
 *
 * <p>Used on the event loop of the router; sees no frame.
 */
package io.github.nettytap.net.routing.table;
