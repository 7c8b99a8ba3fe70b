/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import io.github.nettytap.codec.wire.VirtioNetHeader;
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
 * @param flags 1 checksum is partial, 2 checksum is valid
 * @param gsoType the kind of segmentation left to do, 0 for none
 * @param headerLength the length of all headers, a hint
 * @param gsoSize the payload of one segment
 * @param checksumStart where the checksum begins, from the start of the Ethernet header
 * @param checksumOffset where the checksum is stored, from {@code checksumStart}
 */
public record VirtioNetNote(
        int flags, int gsoType, int headerLength, int gsoSize, int checksumStart, int checksumOffset) {

    private static final Pattern TEXT = Pattern.compile("(?m)^virtio-net: flags=0x([0-9a-f]{1,2})"
            + " gso_type=0x([0-9a-f]{1,2}) hdr_len=(\\d{1,5}) gso_size=(\\d{1,5})"
            + " csum_start=(\\d{1,5}) csum_offset=(\\d{1,5})$");

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
        return new VirtioNetNote(
                Integer.parseInt(matcher.group(1), 16),
                Integer.parseInt(matcher.group(2), 16),
                Integer.parseInt(matcher.group(3)) & 0xffff,
                Integer.parseInt(matcher.group(4)) & 0xffff,
                Integer.parseInt(matcher.group(5)) & 0xffff,
                Integer.parseInt(matcher.group(6)) & 0xffff);
    }

    /**
     * Tells whether a header says anything: most frames are plain, and theirs does not.
     *
     * @param buffer holds the header
     * @param index where it starts; its first 10 bytes must be there
     * @return true if the frame is offloaded, or its checksum known to be right
     */
    public static boolean isWorthNoting(ByteBuf buffer, int index) {
        return VirtioNetHeader.flags(buffer, index) != 0 || VirtioNetHeader.gsoType(buffer, index) != 0;
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
                + " csum_offset=" + checksumOffset;
    }
}
