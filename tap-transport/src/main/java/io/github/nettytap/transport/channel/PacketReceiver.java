/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.transport.device.PacketSocket;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.packet.PacketCalls;
import io.github.nettytap.transport.packet.PacketMessages;
import io.netty.buffer.ByteBuf;
import io.netty.channel.unix.Errors;

import java.io.IOException;

/**
 * Receives frames of a packet socket and makes them what they were on the wire: puts the VLAN tag back that the kernel
 * keeps beside a frame, and the address in front where that is wanted.
 *
 * <p>A frame is received behind {@link #room()} bytes, into which its beginning is moved if it gets a tag. So a frame
 * without one costs nothing more, and the rest of no frame is moved.
 */
final class PacketReceiver {

    /** A frame that is to be passed over; it has been counted. */
    static final int LOST = -1;

    private static final int TAG = 4;
    private static final int ADDRESSES_OF_ETHERNET = 12;

    /** How many lost frames one read passes over before others get their turn. */
    private static final int MAX_LOST = 64;

    private final PacketEndpoint endpoint;
    private final PacketCalls calls;
    private final PacketMessages messages;
    private final TapCounters counters;
    private final int headerSize;
    private final int kernelHeaderSize;
    private final boolean addresses;
    private final int room;

    PacketReceiver(PacketEndpoint endpoint, TapCounters counters, int messages) {
        this.endpoint = endpoint;
        this.counters = counters;
        calls = endpoint.calls();
        this.messages = calls.newMessages(messages);
        headerSize = endpoint.vnetHeaderSize();
        kernelHeaderSize = endpoint.kernelHeaderSize();
        addresses = endpoint.socket().hasAddresses();
        room = TAG + (addresses ? PacketSocket.ADDRESS_LENGTH : 0);
    }

    /** The bytes that have to be free in front of the place of a frame. */
    int room() {
        return room;
    }

    /** Makes a message ready and returns the address of its msghdr, which is always the same. */
    long prepare(int message, long place) {
        if (kernelHeaderSize == headerSize) {
            messages.prepare(message, 0, 0, place, ReceiveSlabs.MAX_FRAME);
        } else {
            // The kernel's header is shorter: the frame goes where it would with ours.
            messages.prepare(message, place, kernelHeaderSize, place + headerSize, ReceiveSlabs.MAX_FRAME - headerSize);
        }
        return messages.address(message);
    }

    /**
     * Receives one frame by a system call.
     *
     * @return what the kernel wrote, to be given to {@link #complete}; 0 if there is no frame
     */
    int receive(ByteBuf buffer, int index) throws IOException {
        long place = NativeAddress.of(buffer, index, ReceiveSlabs.MAX_FRAME);
        for (int lost = 0; lost < MAX_LOST; lost++) {
            prepare(0, place);
            int result = calls.receive(messages, 0);
            if (result > 0 && !messages.isTruncated(0)) {
                return result;
            }
            if (isOver(0, result)) {
                return 0;
            }
        }
        return 0;
    }

    /**
     * Judges a result that is no frame.
     *
     * @return false if a frame was lost, and the next one may be received
     * @throws IOException if the socket failed
     */
    boolean isOver(int message, int result) throws IOException {
        if (result > 0 && messages.isTruncated(message)) {
            counters.framesTruncated.increment();
            return false;
        }
        if (Errno.EINVAL.is(result)) {
            // Its offload has no place in a virtio-net header.
            counters.receiveErrors.increment();
            return false;
        }
        if (result < 0 && !endpoint.isPassing(-result)) {
            Errors.ioResult("recvmsg", result); // Returns for EAGAIN.
        }
        return true;
    }

    /** Whether the result of a message is a whole frame. */
    boolean isFrame(int message, int result) {
        return result > 0 && !messages.isTruncated(message);
    }

    /** The length of a frame in its place, with our header. */
    int length(int result) {
        return result + headerSize - kernelHeaderSize;
    }

    /**
     * Completes a frame in its place.
     *
     * @param index of the virtio-net header, or of the frame without one
     * @return how many bytes in front of the index it begins now
     */
    int complete(int message, ByteBuf buffer, int index, int length) {
        if (headerSize != kernelHeaderSize) {
            buffer.setZero(index + kernelHeaderSize, headerSize - kernelHeaderSize);
        }
        int grown = 0;
        int tag = messages.vlanTag(message);
        if (tag != 0 && length >= headerSize + ADDRESSES_OF_ETHERNET) {
            insertTag(buffer, index, tag);
            grown = TAG;
        }
        if (addresses) {
            grown += PacketSocket.ADDRESS_LENGTH;
            messages.copyAddress(message, buffer, index - grown);
        }
        return grown;
    }

    private void insertTag(ByteBuf buffer, int index, int tag) {
        int end = index + headerSize + ADDRESSES_OF_ETHERNET;
        int at = index;
        for (; at + Integer.BYTES <= end; at += Integer.BYTES) {
            buffer.setInt(at - TAG, buffer.getInt(at));
        }
        for (; at < end; at++) {
            buffer.setByte(at - TAG, buffer.getByte(at));
        }
        buffer.setInt(end - TAG, tag);
        if (headerSize > 0) {
            int header = index - TAG;
            if ((VirtioNetHeader.flags(buffer, header) & VirtioNetHeader.FLAG_NEEDS_CSUM) != 0) {
                VirtioNetHeader.checksumStart(buffer, header, VirtioNetHeader.checksumStart(buffer, header) + TAG);
            }
            if (VirtioNetHeader.gsoType(buffer, header) != VirtioNetHeader.GSO_NONE) {
                VirtioNetHeader.headerLengthHint(
                        buffer, header, VirtioNetHeader.headerLengthHint(buffer, header) + TAG);
            }
        }
    }
}
