/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.virtio;

import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;

import java.util.Map;
import java.util.Objects;

/**
 * One view of a frame and of what is left to do on it, whatever form the frame has:
 *
 * <pre>
 *  ByteBuf          virtio-net header | frame      in front of a codec; the header may be absent
 *  VirtioNetFrame   fields, content = frame        behind a codec
 *  ByteBufHolder    content = frame                complete, such as a frame of a tunnel
 * </pre>
 *
 * <p>One view serves all frames of a handler, one after the other: {@link #read(Object)} points it at the next. Nothing
 * is copied and nothing retained, so the view is valid as long as the message is.
 *
 * <p>For one thread.
 */
public final class FrameView {

    private final boolean asks;
    private VnetHeader header;
    private int headerLength;
    private ByteBuf buffer;
    private VirtioNetFrame frame;
    private int headerIndex;
    private int index;
    private int limit;

    /**
     * Makes a view that asks the channel what is in front of the frame in each {@code ByteBuf}, see
     * {@link #place(ChannelHandlerContext)}; there is none until then, nor in a channel that knows of none.
     */
    public FrameView() {
        asks = true;
        header = VnetHeader.NONE;
    }

    /**
     * Makes a view.
     *
     * @param header the virtio-net header in front of the frame in each {@code ByteBuf}
     */
    public FrameView(VnetHeader header) {
        this.asks = false;
        this.header = Objects.requireNonNull(header, "header");
        this.headerLength = header.length();
    }

    /**
     * Points the view at a message. A {@code ByteBuf} that is too short for its header has a frame of length 0.
     *
     * @param message any message
     * @return false if it is none of the forms of a frame
     */
    public boolean read(Object message) {
        frame = null;
        headerIndex = -1;
        if (message instanceof ByteBuf) {
            buffer = (ByteBuf) message;
            limit = buffer.writerIndex();
            index = Math.min(buffer.readerIndex() + headerLength, limit);
            if (headerLength > 0 && buffer.readableBytes() >= headerLength) {
                headerIndex = buffer.readerIndex();
            }
            return true;
        }
        if (!(message instanceof ByteBufHolder)) {
            return false;
        }
        if (message instanceof VirtioNetFrame) {
            frame = (VirtioNetFrame) message;
        }
        buffer = ((ByteBufHolder) message).content();
        index = buffer.readerIndex();
        limit = buffer.writerIndex();
        return true;
    }

    /**
     * Takes the place of the handler: asks the channel for the header, or says so if the handler was given another
     * one than frames have here, so that it would misread each. Frames are as the channel has them up to the codec, and
     * complete behind it. To be called when the channel is active.
     *
     * @param ctx the context of the handler
     * @throws IllegalStateException if the handler was given another header
     */
    public void place(ChannelHandlerContext ctx) {
        VnetHeader actual = ctx.channel().config().getOption(VirtioNetOption.VNET_HEADER);
        if (actual == null) {
            return;
        }
        if (isBehindCodec(ctx)) {
            actual = VnetHeader.NONE;
        }
        if (asks) {
            header = actual;
            headerLength = header.length();
        } else if (actual != header) {
            throw new IllegalStateException(ctx.handler().getClass().getSimpleName()
                    + " would misread the frames of its channel: header=" + header + " (expected: " + actual
                    + " in this place of the pipeline)");
        }
    }

    private static boolean isBehindCodec(ChannelHandlerContext ctx) {
        for (Map.Entry<String, ChannelHandler> entry : ctx.pipeline()) {
            if (entry.getValue() == ctx.handler()) {
                return false;
            }
            if (entry.getValue() instanceof VirtioNetCodec) {
                return true;
            }
        }
        return false;
    }

    /** {@return how many bytes are in front of the frame in a {@code ByteBuf}: the length of the virtio-net header} */
    public int headerLength() {
        return headerLength;
    }

    /** {@return the buffer that holds the frame} */
    public ByteBuf buffer() {
        return buffer;
    }

    /** {@return the index of the first byte of the Ethernet header} */
    public int index() {
        return index;
    }

    /** {@return the index behind the last byte of the frame} */
    public int limit() {
        return limit;
    }

    /** {@return the length of the frame in bytes} */
    public int length() {
        return limit - index;
    }

    /** {@return whether a header says anything of the frame: what is left to do, or that its checksums are valid} */
    public boolean hasState() {
        return flags() != 0 || gsoType() != VirtioNetHeader.GSO_NONE;
    }

    /** {@return whether the frame is to be segmented before it goes on a wire} */
    public boolean isGsoFrame() {
        return gsoType() != VirtioNetHeader.GSO_NONE;
    }

    /** {@return whether the frame is one as it goes on a wire: no GSO frame and no partial checksum} */
    public boolean isComplete() {
        return !isGsoFrame() && (flags() & VirtioNetHeader.FLAG_NEEDS_CSUM) == 0;
    }

    /** {@return the flags of the header, 0 without one} */
    public int flags() {
        return frame != null ? frame.flags() : headerIndex < 0 ? 0 : VirtioNetHeader.flags(buffer, headerIndex);
    }

    /** {@return the GSO type with the ECN and tunnel bits, 0 without a header} */
    public int gsoType() {
        return frame != null ? frame.gsoType() : headerIndex < 0 ? 0 : VirtioNetHeader.gsoType(buffer, headerIndex);
    }

    /** {@return the length of the headers, which is a hint; 0 without a virtio-net header} */
    public int headerLengthHint() {
        return frame != null
                ? frame.headerLengthHint()
                : headerIndex < 0 ? 0 : VirtioNetHeader.headerLengthHint(buffer, headerIndex);
    }

    /** {@return the payload bytes of each segment, 0 without a header} */
    public int gsoSize() {
        return frame != null ? frame.gsoSize() : headerIndex < 0 ? 0 : VirtioNetHeader.gsoSize(buffer, headerIndex);
    }

    /** {@return where the partial checksum starts, from the first byte of the frame; 0 without a header} */
    public int checksumStart() {
        return frame != null
                ? frame.checksumStart()
                : headerIndex < 0 ? 0 : VirtioNetHeader.checksumStart(buffer, headerIndex);
    }

    /** {@return where the checksum field is, from {@link #checksumStart()}; 0 without a header} */
    public int checksumOffset() {
        return frame != null
                ? frame.checksumOffset()
                : headerIndex < 0 ? 0 : VirtioNetHeader.checksumOffset(buffer, headerIndex);
    }

    /**
     * {@return where the outer UDP header of a tunnel is, from the first byte of the frame; 0 without such a header}
     */
    public int outerTransportOffset() {
        if (frame != null) {
            return frame.outerTransportOffset();
        }
        return headerIndex >= 0 && header.hasTunnelOffsets()
                ? VirtioNetHeader.outerTransportOffset(buffer, headerIndex)
                : 0;
    }

    /** {@return where the inner IP header of a tunnel is, from the first byte of the frame; 0 without such a header} */
    public int innerNetworkOffset() {
        if (frame != null) {
            return frame.innerNetworkOffset();
        }
        return headerIndex >= 0 && header.hasTunnelOffsets()
                ? VirtioNetHeader.innerNetworkOffset(buffer, headerIndex)
                : 0;
    }

    /**
     * Validates what the header says against the frame.
     *
     * @return the verdict; {@link FrameVerdict#TRUNCATED} for what is shorter than its header
     */
    public FrameVerdict validate() {
        return frame != null
                ? FrameValidator.validate(frame, VirtioNetHeader.TUNNEL_LENGTH)
                : headerIndex < 0
                        ? FrameValidator.validateComplete(length())
                        : FrameValidator.validate(buffer, headerIndex, limit, headerLength);
    }

    /**
     * Writes a virtio-net header that says the same.
     *
     * @param target the buffer to write into
     * @param at the index of the first byte of the header
     * @param form the header to write; without room for the offsets of a tunnel, these are lost
     */
    public void writeHeader(ByteBuf target, int at, VnetHeader form) {
        VirtioNetHeader.clear(target, at, form.length());
        VirtioNetHeader.flags(target, at, flags());
        VirtioNetHeader.gsoType(target, at, gsoType());
        VirtioNetHeader.headerLengthHint(target, at, headerLengthHint());
        VirtioNetHeader.gsoSize(target, at, gsoSize());
        VirtioNetHeader.checksumStart(target, at, checksumStart());
        VirtioNetHeader.checksumOffset(target, at, checksumOffset());
        if (form.hasTunnelOffsets()) {
            VirtioNetHeader.outerTransportOffset(target, at, outerTransportOffset());
            VirtioNetHeader.innerNetworkOffset(target, at, innerNetworkOffset());
        }
    }
}
