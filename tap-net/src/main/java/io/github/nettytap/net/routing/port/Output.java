/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.port;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.EgressBatch;
import io.github.nettytap.net.port.RequiredOffloads;
import io.netty.buffer.ByteBuf;

/**
 * The end of a frame's way, for all ports of a router: an {@link EgressBatch} that counts what becomes of the frames.
 */
public final class Output {

    private final VnetHeader vnetHeader;
    private final int vnetHeaderSize;
    private final EgressBatch batch = new EgressBatch();

    /** The frame that was passed on last. */
    private ByteBuf taken;

    /**
     * An output without frames.
     *
     * @param vnetHeader the virtio-net header in front of every frame, the same for all ports
     */
    public Output(VnetHeader vnetHeader) {
        this.vnetHeader = vnetHeader;
        vnetHeaderSize = vnetHeader.length();
    }

    /**
     * A frame comes in.
     *
     * @see #isTaken
     */
    public void begin() {
        taken = null;
    }

    /**
     * Whether somebody else than the handler that it came in through owns this frame, since the last {@link #begin}.
     *
     * @param frame the frame that came in
     * @return false if whoever called {@link #begin} is still to release it
     */
    public boolean isTaken(ByteBuf frame) {
        return taken == frame;
    }

    /**
     * Notes that somebody keeps the frame, or has passed it on. Its reference count does not change.
     *
     * @param frame the frame
     */
    public void take(ByteBuf frame) {
        taken = frame;
    }

    /**
     * The virtio-net header in front of every frame.
     *
     * @return the kind of header, the same for all ports
     */
    public VnetHeader vnetHeader() {
        return vnetHeader;
    }

    /**
     * Its size.
     *
     * @return the size in bytes, 0 if there is none
     */
    public int vnetHeaderSize() {
        return vnetHeaderSize;
    }

    /**
     * The index of the IP header of a frame.
     *
     * @param frame a frame with its virtio-net header, which begins at the reader index
     * @return the absolute index of what follows the Ethernet header
     */
    public int ipIndex(ByteBuf frame) {
        return frame.readerIndex() + vnetHeaderSize + EthernetHeader.LENGTH;
    }

    /**
     * A new frame with an Ethernet header of this type and no addresses, everything behind it undefined.
     *
     * @param port the port through which it will leave, whose allocator is used
     * @param type the EtherType
     * @param length the number of bytes after the Ethernet header
     * @return the frame, owned by the caller; its writer index is behind those bytes
     */
    public ByteBuf newFrame(RouterPort port, int type, int length) {
        int headers = vnetHeaderSize + EthernetHeader.LENGTH;
        ByteBuf frame = port.channel().alloc().directBuffer(headers + length, headers + length);
        frame.setZero(0, headers);
        frame.writerIndex(headers + length);
        EthernetHeader.type(frame, vnetHeaderSize, type);
        return frame;
    }

    /**
     * Writes the two MAC addresses of a frame of the router's own, and sends it with the next {@link #endBatch}.
     *
     * @param frame owned by this method
     * @param port the port through which it leaves, which also counts what happens
     * @param destination the 48-bit MAC address of the next hop, first octet most significant
     */
    public void send(ByteBuf frame, RouterPort port, long destination) {
        int ethernet = frame.readerIndex() + vnetHeaderSize;
        EthernetHeader.destination(frame, ethernet, destination);
        EthernetHeader.source(frame, ethernet, port.mac());
        send(frame, port, port);
    }

    /**
     * Sends a frame whose Ethernet header is ready, with the next {@link #endBatch}. It is segmented, or its checksum
     * completed, if the port requires that; it is dropped and counted if it is malformed or the channel not writable.
     *
     * @param frame owned by this method
     * @param from the port that counts what happens
     * @param to the port through which it leaves
     */
    public void send(ByteBuf frame, RouterPort from, RouterPort to) {
        take(frame);
        int required = vnetHeaderSize == 0 ? 0 : RequiredOffloads.of(frame, frame.readerIndex());
        switch (batch.send(frame, required, to)) {
            case SEGMENTED -> from.increment(RouterCounter.SEGMENTED);
            case MALFORMED -> from.increment(RouterCounter.MALFORMED);
            case CONGESTED -> from.increment(RouterCounter.CONGESTED);
            default -> {
                // On its way, and counted by what it was.
            }
        }
    }

    /** Flushes the ports that got something. */
    public void endBatch() {
        batch.flush();
    }
}
