/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.virtio;

import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufHolder;
import io.netty.buffer.ByteBufUtil;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.Recycler;

/**
 * An Ethernet frame with what its virtio-net header says of it.
 *
 * <p>The content is the frame: its readable bytes start with the destination address. The header fields do not change
 * in the life of a frame, except by {@link #checksumCompleted()}; what alters them makes another frame. Frames are
 * recycled, so a frame must not be touched after its release, and equality is identity.
 *
 * <p>A frame that was {@linkplain #parse(ByteBuf, int) parsed} keeps its header in the bytes in front of the content's
 * reader index. A codec that finds it still there, unchanged, sends frame and header as they stand. For that, and
 * because duplicates of one frame may wait in the queues of several channels, nobody writes into those bytes.
 */
public final class VirtioNetFrame extends AbstractReferenceCounted implements ByteBufHolder {

    /**
     * Up to this length, a copy behind the header is cheaper than to gather header and frame: a second buffer costs the
     * write of a TAP 0.14 to 0.38 microseconds and the composite about as much again.
     */
    static final int COPY_LIMIT = 4096;

    // Unguarded: the reference count already sees to it that a frame comes back once.
    private static final Recycler<VirtioNetFrame> RECYCLER = new Recycler<>(true) {
        @Override
        protected VirtioNetFrame newObject(Handle<VirtioNetFrame> handle) {
            return new VirtioNetFrame(handle);
        }
    };

    private final Recycler.Handle<VirtioNetFrame> handle;

    private ByteBuf content;
    private int flags;
    private int gsoType;
    private int headerLengthHint;
    private int gsoSize;
    private int checksumStart;
    private int checksumOffset;
    private int outerTransportOffset;
    private int innerNetworkOffset;
    private FrameVerdict verdict;

    // Where the packet was in the content when it was parsed; a header length of zero says that it was not.
    private int headerLength;
    private int packetIndex;
    private int packetLimit;
    private boolean fresh;

    private VirtioNetFrame(Recycler.Handle<VirtioNetFrame> handle) {
        this.handle = handle;
    }

    private static VirtioNetFrame acquire(ByteBuf content, int flags, int gsoType) {
        VirtioNetFrame frame = RECYCLER.get();
        frame.setRefCnt(1);
        frame.content = content;
        frame.flags = flags;
        frame.gsoType = gsoType;
        frame.headerLengthHint = 0;
        frame.gsoSize = 0;
        frame.checksumStart = 0;
        frame.checksumOffset = 0;
        frame.outerTransportOffset = 0;
        frame.innerNetworkOffset = 0;
        frame.verdict = FrameVerdict.WELL_FORMED;
        frame.headerLength = 0;
        frame.fresh = false;
        return frame;
    }

    /**
     * Makes a frame as it goes on the wire.
     *
     * @param content the frame, which the result owns
     * @param checksum {@link ChecksumState#NONE} or {@link ChecksumState#VALID}
     * @return the frame
     * @throws IllegalArgumentException for {@link ChecksumState#PARTIAL}, which needs the place of the checksum
     */
    public static VirtioNetFrame complete(ByteBuf content, ChecksumState checksum) {
        if (checksum == ChecksumState.PARTIAL) {
            throw new IllegalArgumentException("partial checksum without its place: checksum=" + checksum);
        }
        return acquire(content, checksum == ChecksumState.VALID ? VirtioNetHeader.FLAG_DATA_VALID : 0, 0);
    }

    /**
     * Makes a frame whose transport checksum is partial.
     *
     * @param content the frame, which the result owns
     * @param checksumStart where the sum starts, from the first byte of the frame
     * @param checksumOffset where the checksum field is, from {@code checksumStart}
     * @return the frame
     */
    public static VirtioNetFrame partial(ByteBuf content, int checksumStart, int checksumOffset) {
        VirtioNetFrame frame = acquire(content, VirtioNetHeader.FLAG_NEEDS_CSUM, 0);
        frame.checksumStart = checksumStart;
        frame.checksumOffset = checksumOffset;
        return frame;
    }

    /**
     * Makes a GSO frame, which is segmented later, by a device or by software.
     *
     * @param content the frame, which the result owns
     * @param gsoType the type, with the ECN bit if it applies
     * @param gsoSize the payload bytes of each segment
     * @param checksumStart where the transport header is, from the first byte of the frame
     * @param checksumOffset where the checksum field is, from {@code checksumStart}
     * @param headers the length of all headers, from the first byte of the frame to the payload
     * @return the frame
     */
    public static VirtioNetFrame gsoFrame(
            ByteBuf content, int gsoType, int gsoSize, int checksumStart, int checksumOffset, int headers) {
        VirtioNetFrame frame = acquire(content, VirtioNetHeader.FLAG_NEEDS_CSUM, gsoType);
        frame.gsoSize = gsoSize;
        frame.checksumStart = checksumStart;
        frame.checksumOffset = checksumOffset;
        frame.headerLengthHint = headers;
        return frame;
    }

    /**
     * Takes a frame with its virtio-net header apart into the frame and the fields of the header. The bytes stay where
     * they are: the buffer becomes the content, and its reader index moves to the frame. Nothing is validated.
     *
     * @param buffer header and frame, which the result owns
     * @param headerLength the length of the header
     * @return the frame
     * @throws IndexOutOfBoundsException if the buffer is shorter than the header
     */
    public static VirtioNetFrame parse(ByteBuf buffer, int headerLength) {
        int index = buffer.readerIndex();
        VirtioNetFrame frame =
                acquire(buffer, VirtioNetHeader.flags(buffer, index), VirtioNetHeader.gsoType(buffer, index));
        if (!VirtioNetHeader.isPlain(buffer, index)) {
            frame.headerLengthHint = VirtioNetHeader.headerLengthHint(buffer, index);
            frame.gsoSize = VirtioNetHeader.gsoSize(buffer, index);
            frame.checksumStart = VirtioNetHeader.checksumStart(buffer, index);
            frame.checksumOffset = VirtioNetHeader.checksumOffset(buffer, index);
            if (headerLength >= VirtioNetHeader.TUNNEL_LENGTH) {
                frame.outerTransportOffset = VirtioNetHeader.outerTransportOffset(buffer, index);
                frame.innerNetworkOffset = VirtioNetHeader.innerNetworkOffset(buffer, index);
            }
        }
        buffer.readerIndex(index + headerLength);
        frame.headerLength = headerLength;
        frame.packetIndex = index;
        frame.packetLimit = buffer.writerIndex();
        frame.fresh = true;
        return frame;
    }

    /** Marks a frame that was found malformed and is passed on all the same. */
    static VirtioNetFrame malformed(ByteBuf content, FrameVerdict verdict) {
        VirtioNetFrame frame = acquire(content, 0, 0);
        frame.verdict = verdict;
        return frame;
    }

    /**
     * Adds the offsets of a UDP tunnel to a GSO frame that was just made.
     *
     * @param outerTransportOffset where the outer UDP header is, from the first byte of the frame
     * @param innerNetworkOffset where the inner IP header is, from the first byte of the frame
     * @param outerChecksum whether the outer UDP checksum is wanted in each segment
     * @return this frame
     */
    public VirtioNetFrame tunnelled(int outerTransportOffset, int innerNetworkOffset, boolean outerChecksum) {
        this.outerTransportOffset = outerTransportOffset;
        this.innerNetworkOffset = innerNetworkOffset;
        if (outerChecksum) {
            flags |= VirtioNetHeader.FLAG_UDP_TUNNEL_CSUM;
        }
        return headerNotInPlace();
    }

    /** Says that the bytes in front of the frame are not its header, or no longer. */
    VirtioNetFrame headerNotInPlace() {
        headerLength = 0;
        return this;
    }

    /**
     * Writes the header, all of its bytes, so that nothing stale leaves with it.
     *
     * @param buffer the buffer to write into
     * @param index the index of the first byte of the header
     * @param length the length of the header
     */
    public void writeHeader(ByteBuf buffer, int index, int length) {
        VirtioNetHeader.clear(buffer, index, length);
        if (flags == 0 && gsoType == VirtioNetHeader.GSO_NONE) {
            return;
        }
        VirtioNetHeader.flags(buffer, index, flags);
        VirtioNetHeader.gsoType(buffer, index, gsoType);
        VirtioNetHeader.headerLengthHint(buffer, index, headerLengthHint);
        VirtioNetHeader.gsoSize(buffer, index, gsoSize);
        VirtioNetHeader.checksumStart(buffer, index, checksumStart);
        VirtioNetHeader.checksumOffset(buffer, index, checksumOffset);
        if (length >= VirtioNetHeader.TUNNEL_LENGTH) {
            VirtioNetHeader.outerTransportOffset(buffer, index, outerTransportOffset);
            VirtioNetHeader.innerNetworkOffset(buffer, index, innerNetworkOffset);
        }
    }

    /**
     * What is known of the transport checksum. A frame whose header says both valid and partial is partial.
     *
     * @return the state
     */
    public ChecksumState checksum() {
        if ((flags & VirtioNetHeader.FLAG_NEEDS_CSUM) != 0) {
            return ChecksumState.PARTIAL;
        }
        return (flags & VirtioNetHeader.FLAG_DATA_VALID) != 0 ? ChecksumState.VALID : ChecksumState.NONE;
    }

    /**
     * Tells whether the frame is a GSO frame, to be segmented before it goes on a wire.
     *
     * @return true if it has a GSO type
     */
    public boolean isGsoFrame() {
        return gsoType != VirtioNetHeader.GSO_NONE;
    }

    /**
     * Tells whether the frame is one as it goes on the wire: no GSO frame and no partial checksum.
     *
     * @return true for a plain frame
     */
    public boolean isComplete() {
        return gsoType == VirtioNetHeader.GSO_NONE && (flags & VirtioNetHeader.FLAG_NEEDS_CSUM) == 0;
    }

    /**
     * What the codec found, {@link FrameVerdict#WELL_FORMED} unless it is set to pass malformed frames on.
     *
     * @return the verdict
     */
    public FrameVerdict verdict() {
        return verdict;
    }

    /**
     * The flags of the header.
     *
     * @return the {@code FLAG_} bits of {@link VirtioNetHeader}
     */
    public int flags() {
        return flags;
    }

    /**
     * The GSO type of the header.
     *
     * @return a {@code GSO_} constant of {@link VirtioNetHeader}, with the ECN and tunnel bits
     */
    public int gsoType() {
        return gsoType;
    }

    /**
     * The payload bytes of each segment.
     *
     * @return the size, zero if this is no GSO frame
     */
    public int gsoSize() {
        return gsoSize;
    }

    /**
     * The header length as the header has it: a hint that may be wrong.
     *
     * @return the length in bytes
     */
    public int headerLengthHint() {
        return headerLengthHint;
    }

    /**
     * Where the partial checksum starts.
     *
     * @return the offset from the first byte of the frame
     */
    public int checksumStart() {
        return checksumStart;
    }

    /**
     * Where the partial checksum is stored.
     *
     * @return the offset from {@link #checksumStart()}
     */
    public int checksumOffset() {
        return checksumOffset;
    }

    /**
     * Where the outer UDP header of a tunnel GSO frame is.
     *
     * @return the offset from the first byte of the frame
     */
    public int outerTransportOffset() {
        return outerTransportOffset;
    }

    /**
     * Where the inner IP header of a tunnel GSO frame is.
     *
     * @return the offset from the first byte of the frame
     */
    public int innerNetworkOffset() {
        return innerNetworkOffset;
    }

    /**
     * Tells whether the bytes of the content may be changed in place, because nobody else can see them: the content is
     * as it came from the channel or from an allocator, and nothing holds a duplicate of it.
     *
     * @return true if it is safe to write into the content
     */
    public boolean isExclusive() {
        return refCnt() == 1 && !content.isReadOnly() && content.refCnt() == 1 && (fresh || content.unwrap() == null);
    }

    /**
     * Notes that the owner has completed the partial checksum in the content, which makes it valid, here and in the
     * header in front of the frame.
     *
     * @throws IllegalStateException if the content is not {@linkplain #isExclusive() exclusive}
     */
    public void checksumCompleted() {
        if (!isExclusive()) {
            throw new IllegalStateException("shared frame changed: " + this);
        }
        flags = VirtioNetHeader.FLAG_DATA_VALID;
        headerLengthHint = 0;
        checksumStart = 0;
        checksumOffset = 0;
        if (headerLength > 0) {
            writeHeader(content, packetIndex, headerLength);
        }
    }

    /**
     * Makes a frame of this one whose checksum has been verified, and gives this one up.
     *
     * @return the frame, over the same memory
     */
    public VirtioNetFrame verified() {
        if (isExclusive()) {
            checksumCompleted();
            return this;
        }
        VirtioNetFrame result = complete(content().retainedDuplicate(), ChecksumState.VALID);
        release();
        return result;
    }

    /**
     * Puts header and frame into one buffer, as a device takes them, and gives the frame up. Where the bytes come from
     * is what {@link VirtioNetCodec} says of its outbound side. Nothing is validated.
     *
     * @param headerLength the length of the header that the device is set to
     * @param alloc where a buffer comes from, if there is no room for the header in front of the frame
     * @return header and frame, which the caller owns
     */
    public ByteBuf toBuffer(int headerLength, ByteBufAllocator alloc) {
        if (headerInPlace(headerLength)) {
            ByteBuf packet = detach();
            return packet.readerIndex(packet.readerIndex() - headerLength);
        }
        try {
            int headroom = headroom(); // Before the content has a second reference.
            return prepend(alloc, content().retain(), headroom, headerLength, this);
        } finally {
            release();
        }
    }

    /** The same, for a device with this header; without one, the frame must be {@linkplain #isComplete() complete}. */
    ByteBuf toBuffer(VnetHeader header, ByteBufAllocator alloc) {
        return header.isPresent() ? toBuffer(header.length(), alloc) : detach();
    }

    /**
     * Puts a header in front of a frame, a plain one if that is null. Takes over the reference to the content, also
     * when it fails.
     */
    static ByteBuf prepend(
            ByteBufAllocator alloc, ByteBuf content, int headroom, int headerLength, VirtioNetFrame frame) {
        int index = content.readerIndex();
        if (headroom >= headerLength) {
            writeHeader(content, index - headerLength, headerLength, frame);
            return content.readerIndex(index - headerLength);
        }
        int length = content.readableBytes();
        ByteBuf packet;
        try {
            packet = alloc.directBuffer(length <= COPY_LIMIT ? headerLength + length : headerLength);
        } catch (Throwable cause) {
            content.release(); // A frame is often the last of its receive slab.
            throw cause;
        }
        writeHeader(packet, 0, headerLength, frame);
        packet.writerIndex(headerLength);
        if (length <= COPY_LIMIT) {
            content.getBytes(index, packet, length);
            content.release();
            return packet;
        }
        return alloc.compositeDirectBuffer(2).addComponent(true, packet).addComponent(true, content);
    }

    private static void writeHeader(ByteBuf buffer, int index, int headerLength, VirtioNetFrame frame) {
        if (frame == null) {
            VirtioNetHeader.clear(buffer, index, headerLength);
        } else {
            frame.writeHeader(buffer, index, headerLength);
        }
    }

    /** Tells whether the header of this length is, unchanged, in the bytes in front of the frame. */
    boolean headerInPlace(int length) {
        return headerLength == length
                && packetIndex + length == content.readerIndex()
                && packetLimit == content.writerIndex();
    }

    /** How many bytes in front of the frame may be written, because nobody else can see them. */
    int headroom() {
        if (!isExclusive()) {
            return 0;
        }
        return content.unwrap() == null ? content.readerIndex() : content.readerIndex() - packetIndex;
    }

    /**
     * Hands out the content and gives up the frame: one call instead of a retain and a release.
     *
     * @return the content, which the caller owns
     */
    public ByteBuf detach() {
        ByteBuf result = content();
        if (refCnt() == 1) {
            content = null;
        } else {
            result = result.retainedDuplicate();
        }
        release();
        return result;
    }

    @Override
    public ByteBuf content() {
        ByteBuf result = content;
        if (result == null) {
            throw new IllegalReferenceCountException(0);
        }
        return result;
    }

    @Override
    public VirtioNetFrame copy() {
        return replace(content().copy());
    }

    @Override
    public VirtioNetFrame duplicate() {
        return sameMemory(content().duplicate());
    }

    @Override
    public VirtioNetFrame retainedDuplicate() {
        return sameMemory(content().retainedDuplicate());
    }

    private VirtioNetFrame sameMemory(ByteBuf duplicate) {
        VirtioNetFrame result = replace(duplicate);
        result.headerLength = headerLength;
        result.packetIndex = packetIndex;
        result.packetLimit = packetLimit;
        return result;
    }

    @Override
    public VirtioNetFrame replace(ByteBuf content) {
        VirtioNetFrame result = acquire(content, flags, gsoType);
        result.headerLengthHint = headerLengthHint;
        result.gsoSize = gsoSize;
        result.checksumStart = checksumStart;
        result.checksumOffset = checksumOffset;
        result.outerTransportOffset = outerTransportOffset;
        result.innerNetworkOffset = innerNetworkOffset;
        result.verdict = verdict;
        return result;
    }

    @Override
    public VirtioNetFrame retain() {
        super.retain();
        return this;
    }

    @Override
    public VirtioNetFrame retain(int increment) {
        super.retain(increment);
        return this;
    }

    @Override
    public VirtioNetFrame touch() {
        super.touch();
        return this;
    }

    @Override
    public VirtioNetFrame touch(Object hint) {
        if (content != null) {
            content.touch(hint);
        }
        return this;
    }

    @Override
    protected void deallocate() {
        ByteBuf released = content;
        content = null;
        if (released != null) {
            released.release();
        }
        handle.recycle(this);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("VirtioNetFrame(");
        if (content == null) {
            return text.append("released)").toString();
        }
        text.append("length=")
                .append(content.readableBytes())
                .append(", checksum=")
                .append(checksum());
        if (isGsoFrame()) {
            text.append(", gsoType=0x")
                    .append(Integer.toHexString(gsoType))
                    .append(", gsoSize=")
                    .append(gsoSize);
        }
        if (verdict != FrameVerdict.WELL_FORMED) {
            text.append(", verdict=").append(verdict);
        }
        int shown = Math.min(content.readableBytes(), 14);
        return text.append(", starts=")
                .append(ByteBufUtil.hexDump(content, content.readerIndex(), shown))
                .append(')')
                .toString();
    }
}
