/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.codec.offload.VlanTagging;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * A frame with its tag and without: each form is made when the first port wants it, and then shared by all that do.
 *
 * <p>Of the loop that the frame came in on; one frame at a time.
 */
final class VlanVariants {

    private static final int PRIORITY_AND_DEI = 0xf000;

    private final ByteBufAllocator allocator;
    private final int vnetHeaderSize;
    private ByteBuf tagged;
    private ByteBuf untagged;
    private ByteBuf received;
    private int vlan;

    VlanVariants(ByteBufAllocator allocator, int vnetHeaderSize) {
        this.allocator = allocator;
        this.vnetHeaderSize = vnetHeaderSize;
    }

    /** Takes a frame that comes from a transparent port and goes to such ports, or one of a VLAN without a tag. */
    void takeUntagged(ByteBuf frame, int frameVlan) {
        received = frame;
        untagged = frame;
        tagged = null;
        vlan = frameVlan;
    }

    /** Takes a frame with the tag of its VLAN. */
    void takeTagged(ByteBuf frame, int frameVlan) {
        received = frame;
        tagged = frame;
        untagged = null;
        vlan = frameVlan;
    }

    /** Takes a frame whose tag has a priority, and no VLAN. */
    void takePriorityTagged(ByteBuf frame, int frameVlan) {
        received = frame;
        tagged = null;
        untagged = null;
        vlan = frameVlan;
    }

    /** The frame as a port sends it, for the caller to own. */
    ByteBuf of(SwitchPort port) {
        // A duplicate, since an NIO view of a buffer must not be used by two loops at a time.
        return (port.sendsTagged(vlan) ? tagged() : untagged()).retainedDuplicate();
    }

    private ByteBuf tagged() {
        if (tagged == null) {
            tagged = received == untagged
                    ? VlanTagging.push(received, vnetHeaderSize, EthernetHeader.TYPE_VLAN, vlan, allocator)
                    : VlanTagging.retag(received, vnetHeaderSize, priority() | vlan, allocator);
        }
        return tagged;
    }

    private int priority() {
        return EthernetHeader.tagControl(received, received.readerIndex() + vnetHeaderSize) & PRIORITY_AND_DEI;
    }

    private ByteBuf untagged() {
        if (untagged == null) {
            untagged = VlanTagging.pop(received, vnetHeaderSize, allocator);
        }
        return untagged;
    }

    /** Releases what was taken and made of it. */
    void release() {
        if (tagged != null && tagged != received) {
            tagged.release();
        }
        if (untagged != null && untagged != received) {
            untagged.release();
        }
        received.release();
        received = null;
        tagged = null;
        untagged = null;
    }
}
