/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.netty.buffer.ByteBuf;

/** Where the transport header of a well-formed test frame is. */
final class EthernetOffsets {

    private EthernetOffsets() {}

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
