/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The forwarding database: behind which port each MAC address was heard, and how many may be behind one.
 *
 * <pre>{@code
 *   Fdb fdb = new Fdb(8192, 300);                            // ticks of a second
 *   long key = Fdb.key(source, vlan);
 *   if (fdb.learn(key, ingress, now) == LearnResult.HELD) {
 *       drop();                                              // pinned to another port
 *   }
 *   int egress = fdb.find(Fdb.key(destination, vlan), ingress, now);
 *   if (egress == Fdb.NONE) {
 *       flood();
 *   }
 * }</pre>
 *
 * <p>The table may be used by all event loops at once, a limit only by that of its port. It knows no frames and no
 * buffers.
 */
package io.github.nettytap.net.switching.fdb;
