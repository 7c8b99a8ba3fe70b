/**
 * IP packets in a frame, whatever port it is of: addresses as two numbers, headers of the router's own packets and the
 * changes to those of others, and how long a frame will be on the wire.
 *
 * <p>Nothing here keeps a frame or knows who uses it.
 */
package io.github.nettytap.net.routing.packet;
