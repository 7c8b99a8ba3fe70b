/**
 * The stations of the switch: behind which port each was heard, and how many may be behind one.
 *
 * <p>Here: the table, which takes no locks, and the limit of a port. Not here: frames; a station is a number made of its MAC
 * address and its VLAN. The table may be used by all event loops at once, a limit only by that of its port. No buffer.
 */
package io.github.nettytap.net.switching.fdb;
