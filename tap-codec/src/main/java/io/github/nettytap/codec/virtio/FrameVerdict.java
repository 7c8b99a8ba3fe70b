/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.virtio;

/**
 * What the validation of a virtio-net header against its frame found: {@link #WELL_FORMED} or the first reason why not.
 *
 * <p>Where the kernel refuses a write with {@code EINVAL}, there is a reason here too. Where it accepts a frame that it
 * drops later without a word, the reason is marked <em>stricter</em>.
 */
public enum FrameVerdict {

    /** The header and the frame fit together. */
    WELL_FORMED,

    /** The frame has something left to do, and goes to a device without a virtio-net header, which could not say so. */
    NO_HEADER,

    /** The packet is shorter than its virtio-net header and an Ethernet header. */
    TRUNCATED,

    /** The frame is longer than an IPv6 packet without jumbogram behind eight VLAN tags; stricter. */
    FRAME_TOO_LONG,

    /**
     * {@code hdr_len} is beyond the frame, or does not even cover the Ethernet header; stricter by the bytes of the
     * virtio-net header behind its tenth, which Linux 6.18 counts as frame.
     */
    HEADER_LENGTH,

    /** The partial checksum field is not within the frame. */
    CHECKSUM_OUT_OF_FRAME,

    /**
     * {@code csum_start} is where no transport header can be: before the end of the shortest IPv4 header, or so far
     * that the kernel could not address it in its own buffer; stricter, the kernel takes 20 and more.
     */
    CHECKSUM_START,

    /** A GSO frame whose {@code csum_offset} is not that of the checksum field of its protocol. */
    CHECKSUM_OFFSET,

    /** A GSO frame whose {@code csum_start} is not its transport header; stricter. */
    CHECKSUM_START_MISMATCH,

    /** {@code gso_type} is none that virtio defines. */
    UNKNOWN_GSO_TYPE,

    /** {@code gso_type} asks for IP fragmentation of UDP (UFO), which no kernel sends since 4.14; stricter. */
    UNSUPPORTED_GSO_TYPE,

    /** The ECN bit on a GSO frame that is not TCP. */
    ECN_WITHOUT_TCP,

    /** {@code gso_size} is 0, or 0xffff, by which the kernel means something else ({@code GSO_BY_FRAGS}). */
    GSO_SIZE,

    /** A GSO frame without {@code NEEDS_CSUM}, against virtio 1.2, section 5.1.6.2.1; stricter for TCP. */
    GSO_WITHOUT_CHECKSUM,

    /**
     * A UDP GSO frame of more than 128 datagrams ({@code UDP_MAX_SEGMENTS}), or a TCP GSO frame of more than
     * {@value FrameValidator#MAX_TCP_SEGMENTS} segments; that is stricter.
     */
    TOO_MANY_SEGMENTS,

    /**
     * A GSO frame with more than {@value FrameValidator#MAX_GSO_HEADERS} bytes of headers, which each segment would
     * repeat; stricter.
     */
    HEADERS_TOO_LONG,

    /** A GSO frame whose IP header is missing, truncated, or of another version than its type says; stricter. */
    NETWORK_HEADER,

    /** A GSO frame that is an IP fragment; stricter. */
    FRAGMENT,

    /** A GSO frame whose transport protocol is not the one of its type; stricter. */
    TRANSPORT_PROTOCOL,

    /** A GSO frame whose TCP or UDP header is truncated or has an impossible length; stricter. */
    TRANSPORT_HEADER,

    /** A GSO frame whose IP or UDP length is not the length of the frame; stricter. */
    LENGTH_MISMATCH,

    /** A tunnel bit on a device whose header has no room for the offsets of a tunnel. */
    TUNNEL_WITHOUT_OFFSETS,

    /** A tunnel GSO frame with both IP versions, or whose offsets do not fit its headers. */
    TUNNEL_OFFSETS
}
