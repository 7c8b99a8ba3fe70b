/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The virtio-net header of an offloaded frame, as a capture notes it in the comment of the frame.
 *
 * <p>Pcapng has no place for the header, and a link type that carries it would hide the frame from every tool. So the
 * frame is stored as Ethernet, its flags say what is unfinished about it (checksum not ready, segmentation offloaded),
 * and the fields stand in a comment that people can read and a replay can parse, named as in
 * {@code uapi/linux/virtio_net.h}:
 *
 * <pre>virtio-net: flags=0x1 gso_type=0x1 hdr_len=66 gso_size=1448 csum_start=34 csum_offset=16</pre>
 *
 * <p>A frame in a tunnel has {@code outer_th_offset=34 inner_nh_offset=64} behind that.
 *
 * @param flags 1 checksum is partial, 2 checksum is valid
 * @param gsoType the kind of segmentation left to do, 0 for none
 * @param headerLength the length of all headers, a hint
 * @param gsoSize the payload of one segment
 * @param checksumStart where the checksum begins, from the start of the Ethernet header
 * @param checksumOffset where the checksum is stored, from {@code checksumStart}
 * @param outerTransportOffset where the outer UDP header of a tunnel is, from the start of the Ethernet header, else 0
 * @param innerNetworkOffset where the inner IP header of a tunnel is, from the start of the Ethernet header, else 0
 */
public record VirtioNetNote(
        int flags,
        int gsoType,
        int headerLength,
        int gsoSize,
        int checksumStart,
        int checksumOffset,
        int outerTransportOffset,
        int innerNetworkOffset) {

    private static final int GSO_TUNNEL = VirtioNetHeader.GSO_UDP_TUNNEL_IPV4 | VirtioNetHeader.GSO_UDP_TUNNEL_IPV6;

    private static final Pattern TEXT = Pattern.compile("(?m)^virtio-net: flags=0x([0-9a-f]{1,2})"
            + " gso_type=0x([0-9a-f]{1,2}) hdr_len=(\\d{1,5}) gso_size=(\\d{1,5})"
            + " csum_start=(\\d{1,5}) csum_offset=(\\d{1,5})"
            + "(?: outer_th_offset=(\\d{1,5}) inner_nh_offset=(\\d{1,5}))?$");

    /**
     * Makes a note of a frame that is not in a tunnel.
     *
     * @param flags 1 checksum is partial, 2 checksum is valid
     * @param gsoType the kind of segmentation left to do, 0 for none
     * @param headerLength the length of all headers, a hint
     * @param gsoSize the payload of one segment
     * @param checksumStart where the checksum begins, from the start of the Ethernet header
     * @param checksumOffset where the checksum is stored, from {@code checksumStart}
     */
    public VirtioNetNote(int flags, int gsoType, int headerLength, int gsoSize, int checksumStart, int checksumOffset) {
        this(flags, gsoType, headerLength, gsoSize, checksumStart, checksumOffset, 0, 0);
    }

    /**
     * Makes a note that has the offsets of a tunnel, too.
     *
     * @param outer where the outer UDP header is, from the start of the Ethernet header
     * @param inner where the inner IP header is, from the start of the Ethernet header
     * @return the note
     */
    public VirtioNetNote withTunnel(int outer, int inner) {
        return outer == outerTransportOffset && inner == innerNetworkOffset
                ? this
                : new VirtioNetNote(flags, gsoType, headerLength, gsoSize, checksumStart, checksumOffset, outer, inner);
    }

    /**
     * Reads the note of a frame.
     *
     * @param comment the comment of a captured frame, may be null
     * @return the note, null if the comment holds none
     */
    public static VirtioNetNote parse(String comment) {
        Matcher matcher = comment == null ? null : TEXT.matcher(comment);
        if (matcher == null || !matcher.find()) {
            return null;
        }
        VirtioNetNote note = new VirtioNetNote(
                Integer.parseInt(matcher.group(1), 16),
                Integer.parseInt(matcher.group(2), 16),
                Integer.parseInt(matcher.group(3)) & 0xffff,
                Integer.parseInt(matcher.group(4)) & 0xffff,
                Integer.parseInt(matcher.group(5)) & 0xffff,
                Integer.parseInt(matcher.group(6)) & 0xffff);
        return matcher.group(7) == null
                ? note
                : note.withTunnel(
                        Integer.parseInt(matcher.group(7)) & 0xffff, Integer.parseInt(matcher.group(8)) & 0xffff);
    }

    /**
     * Reads a header.
     *
     * @param buffer holds the header
     * @param index where it starts; its first 10 bytes must be there
     * @return a note of it
     */
    public static VirtioNetNote read(ByteBuf buffer, int index) {
        return new VirtioNetNote(
                VirtioNetHeader.flags(buffer, index),
                VirtioNetHeader.gsoType(buffer, index),
                VirtioNetHeader.headerLengthHint(buffer, index),
                VirtioNetHeader.gsoSize(buffer, index),
                VirtioNetHeader.checksumStart(buffer, index),
                VirtioNetHeader.checksumOffset(buffer, index));
    }

    /**
     * Tells whether a header has room for the note.
     *
     * @param header the header
     * @return false for a frame in a tunnel and a header without fields for that, or for no header at all
     */
    public boolean fits(VnetHeader header) {
        return header.hasTunnelOffsets() || header.isPresent() && (gsoType & GSO_TUNNEL) == 0;
    }

    /**
     * Writes the header that was noted. Fields that the note does not have are left alone.
     *
     * @param buffer where to
     * @param index where the header starts
     * @param header which header it is; the note must {@linkplain #fits fit}
     */
    public void write(ByteBuf buffer, int index, VnetHeader header) {
        VirtioNetHeader.flags(buffer, index, flags);
        VirtioNetHeader.gsoType(buffer, index, gsoType);
        VirtioNetHeader.headerLengthHint(buffer, index, headerLength);
        VirtioNetHeader.gsoSize(buffer, index, gsoSize);
        VirtioNetHeader.checksumStart(buffer, index, checksumStart);
        VirtioNetHeader.checksumOffset(buffer, index, checksumOffset);
        if (header.hasTunnelOffsets()) {
            VirtioNetHeader.outerTransportOffset(buffer, index, outerTransportOffset);
            VirtioNetHeader.innerNetworkOffset(buffer, index, innerNetworkOffset);
        }
    }

    /** What the note means in the flags of a packet block. */
    int packetFlags() {
        int result = 0;
        if ((flags & VirtioNetHeader.FLAG_NEEDS_CSUM) != 0) {
            result |= PcapngLayout.FLAG_CHECKSUM_NOT_READY;
        }
        if ((flags & VirtioNetHeader.FLAG_DATA_VALID) != 0) {
            result |= PcapngLayout.FLAG_CHECKSUM_VALID;
        }
        if ((gsoType & ~VirtioNetHeader.GSO_ECN) != 0) {
            result |= PcapngLayout.FLAG_SEGMENTATION_OFFLOADED;
        }
        return result;
    }

    /** The note as it stands in the comment. */
    @Override
    public String toString() {
        return "virtio-net: flags=0x" + Integer.toHexString(flags)
                + " gso_type=0x" + Integer.toHexString(gsoType)
                + " hdr_len=" + headerLength
                + " gso_size=" + gsoSize
                + " csum_start=" + checksumStart
                + " csum_offset=" + checksumOffset
                + (outerTransportOffset == 0 && innerNetworkOffset == 0
                        ? ""
                        : " outer_th_offset=" + outerTransportOffset + " inner_nh_offset=" + innerNetworkOffset);
    }
}
