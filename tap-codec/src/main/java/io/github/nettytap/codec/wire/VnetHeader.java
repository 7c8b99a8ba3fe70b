/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

/**
 * Which virtio-net header stands in front of each frame of a device, if any: a TAP has one size, set once with
 * {@code TUNSETVNETHDRSZ}. {@link VirtioNetHeader} shows the fields.
 *
 * <p>Source: {@code include/uapi/linux/virtio_net.h}; virtio 1.2, section 5.1.6.
 */
public enum VnetHeader {

    /** No header: the buffer is the frame, complete. */
    NONE(0),

    /** 10 bytes, without {@code num_buffers}: {@code struct virtio_net_hdr}. */
    LEGACY(10),

    /** 12 bytes, the header of virtio 1.0: {@code struct virtio_net_hdr_v1}. */
    V1(12),

    /** 20 bytes, with a hash report: {@code struct virtio_net_hdr_v1_hash}. */
    HASH(20),

    /** 24 bytes, with the offsets of a UDP tunnel: {@code struct virtio_net_hdr_v1_hash_tunnel}. */
    TUNNEL(24);

    private final int length;

    VnetHeader(int length) {
        this.length = length;
    }

    /** {@return the length in bytes: 0, 10, 12, 20 or 24} */
    public int length() {
        return length;
    }

    /** {@return whether there is a header, which is what offloads need} */
    public boolean isPresent() {
        return this != NONE;
    }

    /** {@return whether the header has the offsets of a UDP tunnel} */
    public boolean hasTunnelOffsets() {
        return this == TUNNEL;
    }

    /**
     * Finds the header of a length that came from outside: the kernel, a command line, a file.
     *
     * @param length the length in bytes
     * @return the header
     * @throws IllegalArgumentException if no header has this length
     */
    public static VnetHeader ofLength(int length) {
        for (VnetHeader header : values()) {
            if (header.length == length) {
                return header;
            }
        }
        throw new IllegalArgumentException(
                "unknown virtio-net header: length=" + length + " (expected: 0 for none, 10, 12, 20 or 24)");
    }
}
