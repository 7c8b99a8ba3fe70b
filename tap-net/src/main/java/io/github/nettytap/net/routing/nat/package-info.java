/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Source NAT of IPv4: {@link io.github.nettytap.net.routing.nat.SourceNat} translates packets in their frames, on any
 * channel:
 *
 * <pre>{@code
 *   SourceNat nat = new SourceNat(VnetHeader.NONE, System::currentTimeMillis, NatSettings.DEFAULT);
 *
 *   // from inside
 *   if (nat.translate(frame, ipIndex, outsideAddress) == SourceNat.Translation.DONE) { outside.write(frame); }
 *
 *   // from outside
 *   Connection connection = nat.ofReply(frame, ipIndex);
 *   if (connection != null) { nat.restore(frame, ipIndex, connection); inside.write(frame); }
 *
 *   // a port that is open to everybody
 *   nat.addForward(PortForward.parse("tcp:2222->10.0.0.100:22"), outsideAddress);
 *   if (connection == null) { connection = nat.ofForward(frame, ipIndex); }
 *
 *   eventLoop.scheduleAtFixedRate(nat::tick, 1, 1, TimeUnit.SECONDS);
 * }</pre>
 *
 * <p>The virtio-net header, if there is one, must have been checked against the packet. Used by one thread.
 */
package io.github.nettytap.net.routing.nat;
