/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.packet;

import io.github.nettytap.codec.offload.Checksums;
import io.github.nettytap.codec.virtio.FrameValidator;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.netty.buffer.ByteBuf;

/** What a frame with a virtio-net header will be on the wire. The header has been validated. */
public final class PacketSize {

    private PacketSize() {}

    /**
     * Cuts off what is behind the packet: padding to the least length of a frame. The virtio-net header was checked
     * against the whole frame, so it is checked again against what is left.
     *
     * @param frame its writer index is set to the end
     * @param end the index behind the packet, within the frame
     * @param vnetHeaderSize the length of its virtio-net header in bytes, 0 if it has none
     * @return false if the header points behind the packet; the frame is then malformed
     */
    public static boolean trim(ByteBuf frame, int end, int vnetHeaderSize) {
        if (frame.writerIndex() == end) {
            return true;
        }
        frame.writerIndex(end);
        int header = frame.readerIndex();
        return vnetHeaderSize == 0
                || VirtioNetHeader.isPlain(frame, header)
                || FrameValidator.validate(frame, header, end, vnetHeaderSize) == FrameVerdict.WELL_FORMED;
    }

    /**
     * The length of the IP packet, or of the longest of those that a GSO frame is cut into.
     *
     * @param frame unchanged
     * @param vnetHeaderSize the length of its virtio-net header in bytes, 0 if it has none
     * @return the length in bytes, IP header included, to compare with an MTU
     */
    public static int onWire(ByteBuf frame, int vnetHeaderSize) {
        int header = frame.readerIndex();
        int ethernet = header + vnetHeaderSize;
        int ip = ethernet + EthernetHeader.LENGTH;
        if (!isGsoFrame(frame, vnetHeaderSize)) {
            return frame.writerIndex() - ip;
        }
        int transport = ethernet + VirtioNetHeader.checksumStart(frame, header);
        boolean isUdp = VirtioNetHeader.gsoType(frame, header) == VirtioNetHeader.GSO_UDP_L4;
        int transportLength = isUdp ? UdpHeader.LENGTH : TcpHeader.headerLength(frame, transport);
        return transport - ip + transportLength + VirtioNetHeader.gsoSize(frame, header);
    }

    static boolean isGsoFrame(ByteBuf frame, int vnetHeaderSize) {
        return vnetHeaderSize > 0 && VirtioNetHeader.gsoType(frame, frame.readerIndex()) != VirtioNetHeader.GSO_NONE;
    }

    /**
     * Whether the transport checksum is only the sum of the pseudo header so far.
     *
     * @param frame unchanged
     * @param vnetHeaderSize the length of its virtio-net header in bytes, 0 if it has none
     * @return whether the virtio-net header asks for the checksum to be completed
     */
    public static boolean isChecksumPartial(ByteBuf frame, int vnetHeaderSize) {
        return vnetHeaderSize > 0
                && (VirtioNetHeader.flags(frame, frame.readerIndex()) & VirtioNetHeader.FLAG_NEEDS_CSUM) != 0;
    }

    /**
     * Completes the transport checksum if it is partial, and clears the virtio-net header. Not for GSO frames.
     *
     * @param frame changed in place
     * @param vnetHeaderSize the length of its virtio-net header in bytes, 0 if it has none
     */
    public static void completeChecksum(ByteBuf frame, int vnetHeaderSize) {
        int header = frame.readerIndex();
        if (isChecksumPartial(frame, vnetHeaderSize)) {
            Checksums.complete(
                    frame,
                    header + vnetHeaderSize,
                    frame.writerIndex(),
                    VirtioNetHeader.checksumStart(frame, header),
                    VirtioNetHeader.checksumOffset(frame, header));
            VirtioNetHeader.clear(frame, header, vnetHeaderSize);
        }
    }
}
