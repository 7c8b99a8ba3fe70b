/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * Puts VLAN tags into packets and takes them out, as a network card does with VLAN offload.
 *
 * <pre>
 *  virtio-net header | destination source |            type payload …
 *  virtio-net header | destination source | 0x8100 TCI | type payload …
 *                                           ^ what is counted from the first byte of the frame moves by 4
 * </pre>
 *
 * <p>A GSO frame stays one: segmentation repeats whatever tags it has. The packet that is given is not changed, since
 * it may be on its way to others; the result has its head in memory of its own, and shares the rest unless it is so
 * short that copying costs less than a buffer in two parts.
 */
public final class VlanTagging {

    private static final int ADDRESSES = 12;
    private static final int MAX_UNSIGNED_SHORT = 0xffff;
    private static final int TUNNEL_BITS = VirtioNetHeader.GSO_UDP_TUNNEL_IPV4 | VirtioNetHeader.GSO_UDP_TUNNEL_IPV6;

    /** As in {@code VirtioNetCodec}: up to this length a copy costs less than a composite and a write of two parts. */
    private static final int COPY_LIMIT = 4096;

    private VlanTagging() {}

    /**
     * Puts a tag in front of those that are there.
     *
     * @param packet header and frame, from reader to writer index, with a complete Ethernet header; unchanged, and
     *     still the caller's
     * @param headerLength the length of the virtio-net header in front of the frame, 0 for none
     * @param type {@link EthernetHeader#TYPE_VLAN} or {@link EthernetHeader#TYPE_QINQ}
     * @param control the control information: priority, DEI and VLAN id
     * @param alloc where the result comes from
     * @return a packet of the same form, which belongs to the caller
     */
    public static ByteBuf push(ByteBuf packet, int headerLength, int type, int control, ByteBufAllocator alloc) {
        return edit(packet, headerLength, 0, type << Short.SIZE | control, alloc);
    }

    /**
     * Takes the outermost tag out.
     *
     * @param packet header and frame, from reader to writer index, with a tag; unchanged, and still the caller's
     * @param headerLength the length of the virtio-net header in front of the frame, 0 for none
     * @param alloc where the result comes from
     * @return a packet of the same form, which belongs to the caller
     */
    public static ByteBuf pop(ByteBuf packet, int headerLength, ByteBufAllocator alloc) {
        return edit(packet, headerLength, EthernetHeader.TAG_LENGTH, 0, alloc);
    }

    /**
     * Replaces the control information of the outermost tag.
     *
     * @param packet header and frame, from reader to writer index, with a tag; unchanged, and still the caller's
     * @param headerLength the length of the virtio-net header in front of the frame, 0 for none
     * @param control the control information: priority, DEI and VLAN id
     * @param alloc where the result comes from
     * @return a packet of the same form, which belongs to the caller
     */
    public static ByteBuf retag(ByteBuf packet, int headerLength, int control, ByteBufAllocator alloc) {
        int type = EthernetHeader.type(packet, packet.readerIndex() + headerLength);
        return edit(packet, headerLength, EthernetHeader.TAG_LENGTH, type << Short.SIZE | control, alloc);
    }

    /** Neither a type nor a tag is zero: 0 stands for no tag. */
    private static ByteBuf edit(ByteBuf packet, int headerLength, int removed, int tag, ByteBufAllocator alloc) {
        int kept = headerLength + ADDRESSES;
        int added = tag == 0 ? 0 : EthernetHeader.TAG_LENGTH;
        int rest = packet.readerIndex() + kept + removed;
        int length = packet.writerIndex() - rest;
        boolean copied = length <= COPY_LIMIT;
        ByteBuf head = alloc.directBuffer(kept + added + (copied ? length : 0));
        packet.getBytes(packet.readerIndex(), head, kept);
        if (added > 0) {
            head.writeInt(tag);
        }
        if (headerLength > 0 && added != removed) {
            moveOffsets(head, headerLength, added - removed);
        }
        if (copied) {
            packet.getBytes(rest, head, length);
            return head;
        }
        return alloc.compositeDirectBuffer(2)
                .addComponent(true, head)
                .addComponent(true, packet.retainedSlice(rest, length));
    }

    private static void moveOffsets(ByteBuf header, int headerLength, int by) {
        int hint = VirtioNetHeader.headerLengthHint(header, 0);
        if (hint != 0) {
            // Kernels refuse a hint that ends within the Ethernet header; one that does not fit is left out.
            int moved = Math.max(hint + by, EthernetHeader.LENGTH);
            VirtioNetHeader.headerLengthHint(header, 0, moved > MAX_UNSIGNED_SHORT ? 0 : moved);
        }
        if ((VirtioNetHeader.flags(header, 0) & VirtioNetHeader.FLAG_NEEDS_CSUM) != 0) {
            VirtioNetHeader.checksumStart(header, 0, VirtioNetHeader.checksumStart(header, 0) + by);
        }
        if (headerLength >= VirtioNetHeader.TUNNEL_LENGTH && (VirtioNetHeader.gsoType(header, 0) & TUNNEL_BITS) != 0) {
            VirtioNetHeader.outerTransportOffset(header, 0, VirtioNetHeader.outerTransportOffset(header, 0) + by);
            VirtioNetHeader.innerNetworkOffset(header, 0, VirtioNetHeader.innerNetworkOffset(header, 0) + by);
        }
    }
}
