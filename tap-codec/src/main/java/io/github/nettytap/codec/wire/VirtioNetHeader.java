/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import io.netty.buffer.ByteBuf;

/**
 * The fields of the virtio-net header in front of each frame of a TAP that was opened with it.
 *
 * <pre>
 *  byte 0         1           2              4               6                8
 * +---------+-----------+--------------+---------------+----------------+-----------------+
 * |  flags  | gso_type  |   hdr_len    |   gso_size    |   csum_start   |   csum_offset   |
 * +---------+-----------+--------------+---------------+----------------+-----------------+
 * 10             12               16            18         20                22              24
 * +--------------+----------------+-------------+----------+-----------------+---------------+
 * | num_buffers  |   hash_value   | hash_report | reserved | outer_th_offset | inner_nh_offset |
 * +--------------+----------------+-------------+----------+-----------------+---------------+
 * </pre>
 *
 * <p>The header ends at byte 10, 12, 20 or 24, see {@link VnetHeader}. Every field is
 * little-endian: that is the byte order of virtio 1.0 and, once {@code TUNSETVNETLE} is set, of a TAP on every machine.
 * Offsets such as {@code csum_start} count from the first byte of the Ethernet frame that follows the header.
 *
 * <p>Two fields are not to be believed. {@code hdr_len} is a hint: for forwarded traffic the kernel reports the length
 * of whatever was linear in its buffer. {@code num_buffers} may be stale memory: kernels up to 6.12 skip the bytes from
 * 10 on when they fill a read buffer.
 *
 * <p>Source: virtio 1.2, section 5.1.6; {@code include/uapi/linux/virtio_net.h}.
 */
public final class VirtioNetHeader {

    /** The header without {@code num_buffers}: {@code struct virtio_net_hdr}. */
    public static final int LEGACY_LENGTH = 10;

    /** The header of virtio 1.0: {@code struct virtio_net_hdr_v1}, and {@code virtio_net_hdr_mrg_rxbuf}. */
    public static final int LENGTH = 12;

    /** The header with a hash report: {@code struct virtio_net_hdr_v1_hash}. */
    public static final int HASH_LENGTH = 20;

    /** The header with the offsets of a UDP tunnel: {@code struct virtio_net_hdr_v1_hash_tunnel}. */
    public static final int TUNNEL_LENGTH = 24;

    /** {@code VIRTIO_NET_HDR_F_NEEDS_CSUM}: the checksum at {@code csum_start + csum_offset} is partial. */
    public static final int FLAG_NEEDS_CSUM = 1;

    /** {@code VIRTIO_NET_HDR_F_DATA_VALID}: the checksums of the frame were verified. */
    public static final int FLAG_DATA_VALID = 2;

    /** {@code VIRTIO_NET_HDR_F_RSC_INFO}: the checksum fields carry receive-coalescing figures. */
    public static final int FLAG_RSC_INFO = 4;

    /** {@code VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM}: the outer UDP checksum of a tunnel is wanted too. */
    public static final int FLAG_UDP_TUNNEL_CSUM = 8;

    /** {@code VIRTIO_NET_HDR_GSO_NONE}: one frame as it goes on the wire. */
    public static final int GSO_NONE = 0;

    /** {@code VIRTIO_NET_HDR_GSO_TCPV4}: a TCP GSO frame over IPv4 (TSO). */
    public static final int GSO_TCPV4 = 1;

    /** {@code VIRTIO_NET_HDR_GSO_UDP}: a UDP datagram to be split into IP fragments (UFO). */
    public static final int GSO_UDP = 3;

    /** {@code VIRTIO_NET_HDR_GSO_TCPV6}: a TCP GSO frame over IPv6 (TSO). */
    public static final int GSO_TCPV6 = 4;

    /** {@code VIRTIO_NET_HDR_GSO_UDP_L4}: many UDP datagrams of one size (USO). */
    public static final int GSO_UDP_L4 = 5;

    /** {@code VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4}: the GSO frame is inside a UDP tunnel over IPv4. */
    public static final int GSO_UDP_TUNNEL_IPV4 = 0x20;

    /** {@code VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6}: the GSO frame is inside a UDP tunnel over IPv6. */
    public static final int GSO_UDP_TUNNEL_IPV6 = 0x40;

    /** {@code VIRTIO_NET_HDR_GSO_ECN}: the TCP GSO frame has CWR set. */
    public static final int GSO_ECN = 0x80;

    /** Where {@code csum_start} is in the header. */
    public static final int CHECKSUM_START_OFFSET = 6;

    /** Where {@code csum_offset} is in the header. */
    public static final int CHECKSUM_OFFSET_OFFSET = 8;

    private static final int GSO_TYPE = 1;
    private static final int HDR_LEN = 2;
    private static final int GSO_SIZE = 4;
    private static final int NUM_BUFFERS = 10;
    private static final int HASH_VALUE = 12;
    private static final int HASH_REPORT = 16;
    private static final int OUTER_TH_OFFSET = 20;
    private static final int INNER_NH_OFFSET = 22;

    private VirtioNetHeader() {}

    /**
     * Proves that the accessors of a header of this length are safe: those of {@code num_buffers}, of the hash and of
     * the tunnel only when the length covers them.
     *
     * @param index the index of the header
     * @param limit the index behind the last byte that may be read
     * @param headerLength the length of the header that the device is set to
     * @return {@code headerLength}, or {@link Wire#MALFORMED} if the bytes end before
     */
    public static int check(int index, int limit, int headerLength) {
        return limit - index >= headerLength ? headerLength : Wire.MALFORMED;
    }

    /**
     * Tells in one comparison whether the frame is one as it goes on the wire, with nothing left to do: no segmentation
     * and no partial checksum.
     *
     * @param buffer the buffer
     * @param index the index of the header
     * @return true for a plain frame
     */
    public static boolean isPlain(ByteBuf buffer, int index) {
        return (buffer.getShortLE(index) & (0xff00 | FLAG_NEEDS_CSUM | FLAG_RSC_INFO | FLAG_UDP_TUNNEL_CSUM)) == 0;
    }

    /**
     * Writes zero into every byte of the header, which is the header of a plain frame.
     *
     * @param buffer the buffer
     * @param index the index of the header
     * @param headerLength the length of the header
     */
    public static void clear(ByteBuf buffer, int index, int headerLength) {
        buffer.setLong(index, 0);
        if (headerLength >= LENGTH) {
            buffer.setInt(index + Long.BYTES, 0);
        } else {
            buffer.setShort(index + Long.BYTES, 0);
        }
        if (headerLength > LENGTH) {
            buffer.setZero(index + LENGTH, headerLength - LENGTH);
        }
    }

    /** {@return {@code flags}} */
    public static int flags(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index);
    }

    /** Writes {@code flags}. */
    public static void flags(ByteBuf buffer, int index, int value) {
        buffer.setByte(index, value);
    }

    /** {@return {@code gso_type}, with the ECN and tunnel bits} */
    public static int gsoType(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index + GSO_TYPE);
    }

    /** Writes {@code gso_type}, with the ECN and tunnel bits. */
    public static void gsoType(ByteBuf buffer, int index, int value) {
        buffer.setByte(index + GSO_TYPE, value);
    }

    /** {@return {@code hdr_len}, which is a hint only} */
    public static int headerLengthHint(ByteBuf buffer, int index) {
        return buffer.getUnsignedShortLE(index + HDR_LEN);
    }

    /** Writes {@code hdr_len}, which is a hint only. */
    public static void headerLengthHint(ByteBuf buffer, int index, int value) {
        buffer.setShortLE(index + HDR_LEN, value);
    }

    /** {@return {@code gso_size}: payload bytes of each segment} */
    public static int gsoSize(ByteBuf buffer, int index) {
        return buffer.getUnsignedShortLE(index + GSO_SIZE);
    }

    /** Writes {@code gso_size}: payload bytes of each segment. */
    public static void gsoSize(ByteBuf buffer, int index, int value) {
        buffer.setShortLE(index + GSO_SIZE, value);
    }

    /** {@return {@code csum_start}: where the partial checksum starts, from the first byte of the frame} */
    public static int checksumStart(ByteBuf buffer, int index) {
        return buffer.getUnsignedShortLE(index + CHECKSUM_START_OFFSET);
    }

    /** Writes {@code csum_start}: where the partial checksum starts, from the first byte of the frame. */
    public static void checksumStart(ByteBuf buffer, int index, int value) {
        buffer.setShortLE(index + CHECKSUM_START_OFFSET, value);
    }

    /** {@return {@code csum_offset}: where the checksum field is, from {@code csum_start}} */
    public static int checksumOffset(ByteBuf buffer, int index) {
        return buffer.getUnsignedShortLE(index + CHECKSUM_OFFSET_OFFSET);
    }

    /** Writes {@code csum_offset}: where the checksum field is, from {@code csum_start}. */
    public static void checksumOffset(ByteBuf buffer, int index, int value) {
        buffer.setShortLE(index + CHECKSUM_OFFSET_OFFSET, value);
    }

    /** {@return {@code num_buffers}, which a TAP does not fill reliably} */
    public static int numBuffers(ByteBuf buffer, int index) {
        return buffer.getUnsignedShortLE(index + NUM_BUFFERS);
    }

    /** Writes {@code num_buffers}, which a TAP does not fill reliably. */
    public static void numBuffers(ByteBuf buffer, int index, int value) {
        buffer.setShortLE(index + NUM_BUFFERS, value);
    }

    /** {@return {@code outer_th_offset}: where the outer UDP header starts, from the first byte of the frame} */
    public static int outerTransportOffset(ByteBuf buffer, int index) {
        return buffer.getUnsignedShortLE(index + OUTER_TH_OFFSET);
    }

    /** Writes {@code outer_th_offset}: where the outer UDP header starts, from the first byte of the frame. */
    public static void outerTransportOffset(ByteBuf buffer, int index, int value) {
        buffer.setShortLE(index + OUTER_TH_OFFSET, value);
    }

    /** {@return {@code inner_nh_offset}: where the inner IP header starts, from the first byte of the frame} */
    public static int innerNetworkOffset(ByteBuf buffer, int index) {
        return buffer.getUnsignedShortLE(index + INNER_NH_OFFSET);
    }

    /** Writes {@code inner_nh_offset}: where the inner IP header starts, from the first byte of the frame. */
    public static void innerNetworkOffset(ByteBuf buffer, int index, int value) {
        buffer.setShortLE(index + INNER_NH_OFFSET, value);
    }
}
