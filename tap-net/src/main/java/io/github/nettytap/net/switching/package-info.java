/**
 * The learning Ethernet switch between TAP channels.
 *
 * <p>Here: the ports, the loops they are on, and the forwarding handlers: one for ports whose policy asks nothing of frames,
 * one for all others. Not here: the table of stations, the policies themselves, what is learned from multicast, command
 * lines, opening of devices, and anything above Ethernet. The forwarding path runs on the event loop of the port that a
 * frame came in through; it owns that frame until it has written it, or released it and counted a drop. What ports on
 * several loops share is the table, which takes no locks.
 */
package io.github.nettytap.net.switching;
