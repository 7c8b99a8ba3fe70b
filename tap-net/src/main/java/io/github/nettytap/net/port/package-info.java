/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What switch, router and VXLAN endpoint have in common at their edges: {@link io.github.nettytap.net.port.Port}, a
 * channel of frames with what its other side takes; {@link io.github.nettytap.net.port.RequiredOffloads}, what a frame
 * asks of it; and {@link io.github.nettytap.net.port.EgressBatch}, which sends frames as they are or segmented, and
 * flushes each port once a batch.
 *
 * <pre>{@code
 *   EgressBatch egress = new EgressBatch();              // one for each event loop
 *   Port out = new Port(channel, VnetHeader.V1, TapOffload.NONE);
 *
 *   void channelRead(ChannelHandlerContext context, Object message) {
 *       ByteBuf frame = (ByteBuf) message;               // virtio-net header and frame
 *       egress.send(frame, RequiredOffloads.of(frame, frame.readerIndex()), out);
 *   }
 *
 *   void channelReadComplete(ChannelHandlerContext context) {
 *       egress.flush();
 *   }
 * }</pre>
 *
 * <p>{@link io.github.nettytap.net.port.BareFrameHandler} makes a channel without virtio-net headers fit among others;
 * {@link io.github.nettytap.net.port.UdpGsoHandler} is UDP segmentation offload for datagram channels.
 *
 * <p>Everything runs on the event loop of the port; who sends a frame gives it away.
 */
package io.github.nettytap.net.port;
