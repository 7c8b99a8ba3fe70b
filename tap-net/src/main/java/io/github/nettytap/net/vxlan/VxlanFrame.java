/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import io.github.nettytap.codec.wire.VxlanHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.DefaultByteBufHolder;

/**
 * An Ethernet frame in one of the networks of a VXLAN endpoint. The content is the inner frame, complete: with all
 * checksums complete and not longer than the network's MTU, since the far end knows nothing of offloads.
 */
public final class VxlanFrame extends DefaultByteBufHolder {

    private final int vni;

    /**
     * Makes a frame.
     *
     * @param vni the network
     * @param content the Ethernet frame, which belongs to the new object
     * @throws IllegalArgumentException if the VNI has more than 24 bits
     */
    public VxlanFrame(int vni, ByteBuf content) {
        super(content);
        this.vni = checkVni(vni);
    }

    static int checkVni(int vni) {
        if (vni < 0 || vni > VxlanHeader.MAX_VNI) {
            throw new IllegalArgumentException(
                    "VNI out of range: vni=" + vni + " (expected: 0.." + VxlanHeader.MAX_VNI + ')');
        }
        return vni;
    }

    /**
     * The network.
     *
     * @return the VNI
     */
    public int vni() {
        return vni;
    }

    @Override
    public VxlanFrame copy() {
        return (VxlanFrame) super.copy();
    }

    @Override
    public VxlanFrame duplicate() {
        return (VxlanFrame) super.duplicate();
    }

    @Override
    public VxlanFrame retainedDuplicate() {
        return (VxlanFrame) super.retainedDuplicate();
    }

    @Override
    public VxlanFrame replace(ByteBuf content) {
        return new VxlanFrame(vni, content);
    }

    @Override
    public VxlanFrame retain() {
        super.retain();
        return this;
    }

    @Override
    public VxlanFrame retain(int increment) {
        super.retain(increment);
        return this;
    }

    @Override
    public VxlanFrame touch() {
        super.touch();
        return this;
    }

    @Override
    public VxlanFrame touch(Object hint) {
        super.touch(hint);
        return this;
    }

    @Override
    public boolean equals(Object other) {
        return super.equals(other) && ((VxlanFrame) other).vni == vni;
    }

    @Override
    public int hashCode() {
        return 31 * super.hashCode() + vni;
    }

    @Override
    public String toString() {
        return "VxlanFrame(vni=" + vni + ", " + contentToString() + ')';
    }
}
