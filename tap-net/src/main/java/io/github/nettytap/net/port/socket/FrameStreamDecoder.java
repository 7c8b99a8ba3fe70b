/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port.socket;

import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.CorruptedFrameException;

import java.util.List;

/**
 * Finds the Ethernet frames in a stream, each behind its length: the protocol of QEMU's {@code -netdev stream} and
 * {@code -netdev socket}, passt, gvproxy and libkrun.
 *
 * <pre>
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |              length of the frame, big-endian                  |
 *   +---------------------------------------------------------------+
 *   |              frame without FCS and virtio-net header ...
 * </pre>
 *
 * <p>Each frame comes out as a direct buffer of its own, behind headroom for the virtio-net header that a {@link
 * io.github.nettytap.net.port.BareFrameHandler} puts there. It is a copy: behind its length a frame has no room for a
 * header, and a small frame shall not pin a receive buffer. For sending, Netty's {@code LengthFieldPrepender(4)} is the
 * reverse.
 *
 * <p>A length that cannot be right, or an end in the middle of a frame, is a {@link CorruptedFrameException} in the
 * pipeline; what comes after it cannot be told apart from noise, so close the channel then. A peer can make this
 * handler keep one frame and what one read brings, no more.
 */
public final class FrameStreamDecoder extends ByteToMessageDecoder {

    /** The largest frame: an IP packet of 65,535 bytes with Ethernet header, rounded up as other programs do. */
    public static final int MAX_FRAME = 65_550;

    /** The largest virtio-net header, {@code virtio_net_hdr_v1_hash_tunnel}. */
    static final int HEADROOM = VnetHeader.TUNNEL.length();

    private static final int LENGTH_FIELD = 4;

    private boolean corrupt;

    /** Makes a decoder for one channel. */
    public FrameStreamDecoder() {}

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (corrupt) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (in.readableBytes() < LENGTH_FIELD) {
            return;
        }
        long length = in.getUnsignedInt(in.readerIndex());
        if (length == 0 || length > MAX_FRAME) {
            corrupt = true;
            throw new CorruptedFrameException(
                    "bad length of a frame: length=" + length + " (expected: 1 to " + MAX_FRAME + ")");
        }
        if (in.readableBytes() - LENGTH_FIELD < length) {
            return;
        }
        ByteBuf frame = context.alloc().directBuffer(HEADROOM + (int) length);
        frame.setIndex(HEADROOM, HEADROOM);
        in.skipBytes(LENGTH_FIELD).readBytes(frame, (int) length);
        out.add(frame);
    }

    @Override
    protected void decodeLast(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (!corrupt && in.isReadable()) {
            corrupt = true;
            // Thrown, it would come after channelInactive.
            context.fireExceptionCaught(
                    new CorruptedFrameException("the stream ends within a frame: bytes=" + in.readableBytes()));
        }
    }
}
