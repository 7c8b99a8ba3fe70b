/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import java.util.OptionalInt;

/** What the TUN/TAP driver tells about a link of its own. */
public final class TunLink {

    private static final int IFF_TAP = 2;

    private final Attributes data;

    TunLink(Attributes data) {
        this.data = data;
    }

    /**
     * Whether frames have an Ethernet header.
     *
     * @return true for a TAP, false for a TUN
     */
    public boolean isTap() {
        return data.u8(Rtm.IFLA_TUN_TYPE, 0) == IFF_TAP;
    }

    /**
     * Whether several queues may attach.
     *
     * @return true for a multi-queue device
     */
    public boolean isMultiQueue() {
        return data.u8(Rtm.IFLA_TUN_MULTI_QUEUE, 0) != 0;
    }

    /**
     * Whether the device outlives its last descriptor.
     *
     * @return true for a persistent device
     */
    public boolean isPersistent() {
        return data.u8(Rtm.IFLA_TUN_PERSIST, 0) != 0;
    }

    /**
     * Whether each frame is preceded by the four bytes of {@code struct tun_pi}.
     *
     * @return true if the device was opened without IFF_NO_PI
     */
    public boolean hasPacketInformation() {
        return data.u8(Rtm.IFLA_TUN_PI, 0) != 0;
    }

    /**
     * Whether each frame is preceded by a virtio-net header.
     *
     * @return true if the header is on
     */
    public boolean hasVnetHeader() {
        return data.u8(Rtm.IFLA_TUN_VNET_HDR, 0) != 0;
    }

    /**
     * The user who may attach without privilege.
     *
     * @return the uid, empty if none was set
     */
    public OptionalInt owner() {
        return id(Rtm.IFLA_TUN_OWNER);
    }

    /**
     * The group whose members may attach without privilege.
     *
     * @return the gid, empty if none was set
     */
    public OptionalInt group() {
        return id(Rtm.IFLA_TUN_GROUP);
    }

    /**
     * The queues that take part in the traffic.
     *
     * @return their number; 0 for a single-queue device, of which the kernel does not tell
     */
    public int queues() {
        return data.u32(Rtm.IFLA_TUN_NUM_QUEUES, 0);
    }

    /**
     * The queues that are attached but switched off.
     *
     * @return their number
     */
    public int disabledQueues() {
        return data.u32(Rtm.IFLA_TUN_NUM_DISABLED_QUEUES, 0);
    }

    private OptionalInt id(int attribute) {
        return data.has(attribute) ? OptionalInt.of(data.u32(attribute, 0)) : OptionalInt.empty();
    }
}
