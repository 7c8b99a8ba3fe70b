/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.codec;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.netty.buffer.ByteBuf;

/** Writes the packets that the benchmarks work on. */
final class GsoFrames {

    static final int HEADER = VirtioNetHeader.LENGTH;
    static final int SEGMENT = 1448;
    private static final int OPTIONS = 12;
    private static final int NETWORK = EthernetHeader.LENGTH;
    private static final int TRANSPORT = NETWORK + Ipv4Header.MIN_LENGTH;
    static final int HEADERS = TRANSPORT + TcpHeader.MIN_LENGTH + OPTIONS;

    private GsoFrames() {}

    /** Appends a virtio-net header and a TCP GSO frame, as Linux sends them with timestamps at an MTU of 1500. */
    static ByteBuf appendTcp(ByteBuf packet, int payload) {
        int frame = packet.writerIndex() + HEADER;
        packet.writeZero(HEADER + HEADERS);
        for (int i = 0; i < payload; i++) {
            packet.writeByte(i * 31 + (i >>> 8));
        }
        int header = frame - HEADER;
        VirtioNetHeader.flags(packet, header, VirtioNetHeader.FLAG_NEEDS_CSUM);
        VirtioNetHeader.gsoType(packet, header, VirtioNetHeader.GSO_TCPV4);
        VirtioNetHeader.headerLengthHint(packet, header, HEADERS);
        VirtioNetHeader.gsoSize(packet, header, SEGMENT);
        VirtioNetHeader.checksumStart(packet, header, TRANSPORT);
        VirtioNetHeader.checksumOffset(packet, header, TcpHeader.CHECKSUM_OFFSET);
        EthernetHeader.destination(packet, frame, 0x5254_0000_0001L);
        EthernetHeader.source(packet, frame, 0x5254_0000_0002L);
        EthernetHeader.type(packet, frame, EthernetHeader.TYPE_IPV4);
        int ip = frame + NETWORK;
        packet.setByte(ip, 0x45);
        Ipv4Header.totalLength(packet, ip, packet.writerIndex() - ip);
        Ipv4Header.fragment(packet, ip, Ipv4Header.DONT_FRAGMENT);
        Ipv4Header.timeToLive(packet, ip, 64);
        Ipv4Header.protocol(packet, ip, Ipv4Header.PROTOCOL_TCP);
        Ipv4Header.source(packet, ip, 0x0a4d0001);
        Ipv4Header.destination(packet, ip, 0x0a4d0002);
        Ipv4Header.updateChecksum(packet, ip);
        int tcp = frame + TRANSPORT;
        TcpHeader.sourcePort(packet, tcp, 40_000);
        TcpHeader.destinationPort(packet, tcp, 5_201);
        TcpHeader.flags(packet, tcp, TcpHeader.FLAG_ACK);
        packet.setByte(tcp + 12, (TcpHeader.MIN_LENGTH + OPTIONS) / 4 << 4);
        int length = packet.writerIndex() - tcp;
        TcpHeader.checksum(packet, tcp, InternetChecksum.pseudoHeaderV4(packet, ip, Ipv4Header.PROTOCOL_TCP, length));
        return packet;
    }
}
