/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.Wire;
import io.netty.buffer.ByteBuf;

/** Where the transport header of a well-formed test frame is. */
final class EthernetOffsets {

    private EthernetOffsets() {}

    /** Where the network header is, or -1. */
    static int network(ByteBuf frame, int index) {
        int network = EthernetHeader.network(frame, index, frame.writerIndex());
        return network == Wire.MALFORMED ? -1 : EthernetHeader.networkOffset(network);
    }

    /** The length of the TCP or UDP header of a GSO frame whose virtio-net header starts its buffer. */
    static int transportHeader(ByteBuf packet, int transport) {
        return VirtioNetHeader.checksumOffset(packet, 0) == UdpHeader.CHECKSUM_OFFSET
                ? UdpHeader.LENGTH
                : TcpHeader.headerLength(packet, transport);
    }

    static int transport(ByteBuf frame, int index) {
        int network = EthernetHeader.networkOffset(EthernetHeader.network(frame, index, frame.writerIndex()));
        int ip = index + network;
        return frame.getUnsignedByte(ip) >>> 4 == 4
                ? network + Ipv4Header.headerLength(frame, ip)
                : network + Ipv6Header.transportOffset(Ipv6Header.transport(frame, ip, frame.writerIndex()));
    }

    static boolean isUdp(ByteBuf frame, int index) {
        int network = EthernetHeader.networkOffset(EthernetHeader.network(frame, index, frame.writerIndex()));
        int ip = index + network;
        return (frame.getUnsignedByte(ip) >>> 4 == 4
                        ? Ipv4Header.protocol(frame, ip)
                        : Ipv6Header.transportProtocol(Ipv6Header.transport(frame, ip, frame.writerIndex())))
                == 17;
    }
}
