/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.virtio;

import io.github.nettytap.codec.counter.EnumCounters;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCounted;

import java.util.Map;
import java.util.Objects;

/**
 * Turns the packets of a TAP with virtio-net headers into {@link VirtioNetFrame}s, and back.
 *
 * <p>Inbound, a {@link ByteBuf} of header and frame comes out as a frame over the same memory: nothing is copied, and a
 * plain frame costs one comparison. A malformed one is counted by reason and dropped, or passed on with its
 * {@linkplain VirtioNetFrame#verdict() verdict}.
 *
 * <p>Outbound, a {@link VirtioNetFrame}, or a {@link ByteBuf} which is a plain frame, goes out as header and frame in
 * one buffer: as it stands if the header is still in front of it; written into the headroom if nobody else can see that
 * memory; with the frame copied behind its header up to 4096 bytes; as a composite of both beyond. The promise of a
 * malformed frame fails with {@link MalformedFrameException}. Other messages pass in both directions.
 *
 * <p>Memory in front of a slice or of a duplicate is not headroom: in a receive slab it is the end of another frame,
 * and of a frame flooded to several channels it may be a header that waits in the queue of one of them.
 */
public final class VirtioNetCodec extends ChannelDuplexHandler {

    private final boolean passMalformed;
    private final EnumCounters<FrameVerdict> malformedIn = new EnumCounters<>(FrameVerdict.class);
    private final EnumCounters<FrameVerdict> malformedOut = new EnumCounters<>(FrameVerdict.class);

    /** Null until the channel, which is asked, can say. */
    private VnetHeader header;

    private int headerLength;

    /**
     * Makes a codec that asks its channel for the header ({@link VirtioNetOption#VNET_HEADER}) when the channel becomes
     * active, and drops malformed frames. Of a channel without a header, each {@link ByteBuf} is a complete frame.
     */
    public VirtioNetCodec() {
        this.passMalformed = false;
    }

    /**
     * Makes a codec that drops malformed frames.
     *
     * @param header the header of the device
     */
    public VirtioNetCodec(VnetHeader header) {
        this(header, false);
    }

    /**
     * Makes a codec.
     *
     * @param header the header of the device; without one, each {@link ByteBuf} is a complete frame
     * @param passMalformed whether malformed inbound frames are passed on, marked, instead of dropped
     */
    public VirtioNetCodec(VnetHeader header, boolean passMalformed) {
        this.header = Objects.requireNonNull(header, "header");
        this.headerLength = header.length();
        this.passMalformed = passMalformed;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        for (Map.Entry<String, ChannelHandler> other : ctx.pipeline()) {
            if (other.getValue() instanceof VirtioNetCodec && other.getValue() != this) {
                throw new IllegalStateException("a second VirtioNetCodec would write a second header: first="
                        + other.getKey() + ", second=" + ctx.name() + " (expected: one in a pipeline)");
            }
        }
        if (ctx.channel().isActive()) {
            askChannel(ctx);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        askChannel(ctx);
        ctx.fireChannelActive();
    }

    private void askChannel(ChannelHandlerContext ctx) {
        if (header == null) {
            header = VirtioNetOption.header(ctx.channel());
            headerLength = header.length();
        }
    }

    /**
     * How many inbound frames were malformed for a reason. Any thread may ask.
     *
     * @param reason the reason
     * @return the count
     */
    public long malformedInbound(FrameVerdict reason) {
        return malformedIn.get(reason);
    }

    /**
     * How many outbound frames were refused for a reason. Any thread may ask.
     *
     * @param reason the reason
     * @return the count
     */
    public long malformedOutbound(FrameVerdict reason) {
        return malformedOut.get(reason);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        if (!(msg instanceof ByteBuf)) {
            ctx.fireChannelRead(msg);
            return;
        }
        askChannel(ctx);
        ByteBuf packet = (ByteBuf) msg;
        int index = packet.readerIndex();
        int limit = packet.writerIndex();
        FrameVerdict verdict;
        if (limit - index < headerLength + EthernetHeader.LENGTH) {
            verdict = FrameVerdict.TRUNCATED;
        } else if (headerLength == 0 || VirtioNetHeader.isPlain(packet, index)) {
            verdict = limit - index - headerLength <= FrameValidator.MAX_FRAME_LENGTH
                    ? FrameVerdict.WELL_FORMED
                    : FrameVerdict.FRAME_TOO_LONG;
        } else {
            verdict = FrameValidator.validate(packet, index, limit, headerLength);
        }
        if (verdict == FrameVerdict.WELL_FORMED) {
            ctx.fireChannelRead(decode(packet, index));
        } else {
            malformed(ctx, packet, verdict);
        }
    }

    private VirtioNetFrame decode(ByteBuf packet, int index) {
        if (headerLength == 0) {
            return VirtioNetFrame.complete(packet, ChecksumState.NONE);
        }
        boolean clean = VirtioNetHeader.isPlain(packet, index)
                ? isCleared(packet, index, VirtioNetHeader.FLAG_DATA_VALID)
                : hasNoStaleBytes(packet, index);
        VirtioNetFrame frame = VirtioNetFrame.parse(packet, headerLength);
        if (clean) {
            return frame;
        }
        // What the kernel skipped, or what says nothing of a plain frame, must not travel on.
        if (packet.isReadOnly()) {
            return frame.headerNotInPlace();
        }
        frame.writeHeader(packet, index, headerLength);
        return frame;
    }

    private boolean isCleared(ByteBuf packet, int index, int exceptFlags) {
        return (packet.getLongLE(index) & ~exceptFlags) == 0
                && packet.getUnsignedShort(index + Long.BYTES) == 0
                && hasNoStaleBytes(packet, index);
    }

    private boolean hasNoStaleBytes(ByteBuf packet, int index) {
        return headerLength == VirtioNetHeader.LEGACY_LENGTH
                || packet.getShort(index + VirtioNetHeader.LEGACY_LENGTH) == 0
                        && (headerLength == VirtioNetHeader.LENGTH
                                || packet.getLong(index + VirtioNetHeader.LENGTH) == 0);
    }

    private void malformed(ChannelHandlerContext ctx, ByteBuf packet, FrameVerdict verdict) {
        malformedIn.increment(verdict);
        if (passMalformed) {
            packet.skipBytes(Math.min(headerLength, packet.readableBytes()));
            ctx.fireChannelRead(VirtioNetFrame.malformed(packet, verdict));
        } else {
            packet.release();
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
        askChannel(ctx);
        if (msg instanceof VirtioNetFrame) {
            writeFrame(ctx, (VirtioNetFrame) msg, promise);
        } else if (msg instanceof ByteBuf) {
            ByteBuf content = (ByteBuf) msg;
            int length = content.readableBytes();
            if (length < EthernetHeader.LENGTH) {
                refuse(content, FrameVerdict.TRUNCATED, length, promise);
            } else if (length > FrameValidator.MAX_FRAME_LENGTH) {
                refuse(content, FrameVerdict.FRAME_TOO_LONG, length, promise);
            } else {
                writePlain(ctx, content, promise);
            }
        } else {
            ctx.write(msg, promise);
        }
    }

    private void writePlain(ChannelHandlerContext ctx, ByteBuf content, ChannelPromise promise) {
        ByteBuf packet = content;
        if (headerLength > 0) {
            packet = VirtioNetFrame.prepend(ctx.alloc(), content, headroom(content), headerLength, null);
        }
        ctx.write(packet, promise);
    }

    private void writeFrame(ChannelHandlerContext ctx, VirtioNetFrame frame, ChannelPromise promise) {
        FrameVerdict verdict = frame.verdict();
        if (verdict == FrameVerdict.WELL_FORMED && (headerLength == 0 || !frame.headerInPlace(headerLength))) {
            verdict = headerLength == 0 && !frame.isComplete()
                    ? FrameVerdict.NO_HEADER
                    : FrameValidator.validate(frame, headerLength);
        }
        if (verdict != FrameVerdict.WELL_FORMED) {
            refuse(frame, verdict, frame.content().readableBytes(), promise);
            return;
        }
        ctx.write(frame.toBuffer(header, ctx.alloc()), promise);
    }

    private void refuse(ReferenceCounted message, FrameVerdict verdict, int length, ChannelPromise promise) {
        malformedOut.increment(verdict);
        message.release();
        promise.tryFailure(new MalformedFrameException(verdict, length));
    }

    private static int headroom(ByteBuf content) {
        boolean exclusive = content.unwrap() == null && content.refCnt() == 1 && !content.isReadOnly();
        return exclusive ? content.readerIndex() : 0;
    }
}
