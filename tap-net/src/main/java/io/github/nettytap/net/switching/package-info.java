/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * A learning Ethernet switch between channels of frames.
 *
 * <pre>{@code
 *   EthernetSwitch lan = new EthernetSwitch(SwitchSettings.DEFAULT, (channel, cause) -> log(cause));
 *   PortPolicy guests = PortPolicy.builder().vlans(PortVlans.access(20)).macLimit(4).build();
 *
 *   // A TAP, whose virtio-net header and offloads are those of its device:
 *   new Bootstrap().group(loops).channelFactory(TapChannel.factory(device)).handler(lan.newPort(guests)).register();
 *
 *   // Any other channel that passes on one ByteBuf a frame, here without virtio-net headers:
 *   pipeline.addLast(new BareFrameHandler(VnetHeader.V1, false), lan.newPort(VnetHeader.V1, TapOffload.NONE, guests));
 * }</pre>
 *
 * <p>{@link io.github.nettytap.net.switching.TapSwitch} does the first of these for TAP devices, with event loops of
 * its own.
 *
 * <p>A port whose policy asks nothing of frames has {@code TransparentPortHandler}, the short way; any other has {@code
 * ManagedPortHandler}. Both run on the event loop of the port that a frame came in through and own the frame until it
 * is written, or released and counted. What ports on several loops share is the FDB, which takes no locks, and what
 * multicast snooping knows, which takes one when it changes.
 *
 * <p>Whatever a host sends, it harms itself only: see {@link io.github.nettytap.net.switching.fdb.Fdb} for a full FDB,
 * {@link io.github.nettytap.net.switching.multicast.MulticastSnooping} for too many groups. A frame whose way ends in
 * an exception is released and counted, and its port goes on.
 */
package io.github.nettytap.net.switching;
