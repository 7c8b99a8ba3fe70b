/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.Ipv6Header;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.Wire;
import io.netty.buffer.ByteBuf;

/**
 * What the coalescer needs to know of one frame: its flow, and whether it may be part of a superframe. Offsets count from
 * the first byte of the frame. One object serves all frames, one after the other.
 */
final class Segment {

    private static final int FORBIDDEN_FLAGS = TcpHeader.FLAG_SYN | TcpHeader.FLAG_RST | TcpHeader.FLAG_URG;

    ByteBuf content;
    int index;
    int network;
    int transport;
    int headers;
    int payload;
    boolean v6;
    boolean tcp;
    int hash;

    /**
     * Reads a frame.
     *
     * @return true if the frame belongs to a TCP or UDP flow
     */
    boolean read(VirtioNetFrame frame) {
        content = frame.content();
        index = content.readerIndex();
        int limit = content.writerIndex();
        int found = EthernetHeader.network(content, index, limit);
        if (found == Wire.MALFORMED) {
            return false;
        }
        network = EthernetHeader.networkOffset(found);
        int type = EthernetHeader.networkType(found);
        v6 = type == EthernetHeader.TYPE_IPV6;
        if (!(v6 ? readIpv6(limit) : type == EthernetHeader.TYPE_IPV4 && readIpv4(limit))) {
            return false;
        }
        hash = hash();
        return true;
    }

    private boolean readIpv4(int limit) {
        int ip = index + network;
        int length = Ipv4Header.check(content, ip, limit);
        if (length == Wire.MALFORMED || Ipv4Header.isFragment(content, ip)) {
            return false;
        }
        transport = network + length;
        return readTransport(Ipv4Header.protocol(content, ip), ip + Ipv4Header.totalLength(content, ip));
    }

    private boolean readIpv6(int limit) {
        int ip = index + network;
        if (Ipv6Header.check(content, ip, limit) == Wire.MALFORMED) {
            return false;
        }
        int end = ip + Ipv6Header.LENGTH + Ipv6Header.payloadLength(content, ip);
        int found = Ipv6Header.transport(content, ip, end);
        if (found == Wire.MALFORMED) {
            return false;
        }
        transport = network + Ipv6Header.transportOffset(found);
        return readTransport(Ipv6Header.transportProtocol(found), end);
    }

    private boolean readTransport(int protocol, int end) {
        tcp = protocol == Ipv4Header.PROTOCOL_TCP;
        if (!tcp && protocol != Ipv4Header.PROTOCOL_UDP) {
            return false;
        }
        int start = index + transport;
        int length = tcp ? TcpHeader.check(content, start, end) : UdpHeader.check(content, start, end);
        if (length == Wire.MALFORMED) {
            return false;
        }
        headers = transport + length;
        payload = end - index - headers;
        return true;
    }

    private int hash() {
        int ip = index + network;
        int addresses = v6
                ? content.getInt(Ipv6Header.sourceIndex(ip) + 12) * 31
                        + content.getInt(Ipv6Header.destinationIndex(ip) + 12)
                : Ipv4Header.source(content, ip) * 31 + Ipv4Header.destination(content, ip);
        int mixed = (addresses * 31 + content.getInt(index + transport)) * 0x9e3779b9;
        return mixed ^ mixed >>> 16;
    }

    /** Tells whether the frame may be part of a superframe, which means that its checksums are right, too. */
    boolean isCandidate(VirtioNetFrame frame) {
        int limit = content.writerIndex();
        if (frame.isSuperframe() || frame.verdict() != FrameVerdict.WELL_FORMED || payload == 0) {
            return false;
        }
        // Padding would become payload.
        if (index + headers + payload != limit) {
            return false;
        }
        int start = index + transport;
        if (tcp) {
            int flags = TcpHeader.flags(content, start);
            if ((flags & FORBIDDEN_FLAGS) != 0 || (flags & TcpHeader.FLAG_ACK) == 0) {
                return false;
            }
        } else if (UdpHeader.length(content, start) != limit - start || UdpHeader.checksum(content, start) == 0) {
            return false;
        }
        return hasRightNetworkHeader() && hasRightChecksum(frame);
    }

    private boolean hasRightNetworkHeader() {
        int ip = index + network;
        if (v6) {
            return !Checksums.isSourceRouted(content, ip, transport - network);
        }
        return transport - network == Ipv4Header.MIN_LENGTH
                && InternetChecksum.sum(content, ip, Ipv4Header.MIN_LENGTH) == 0xffff;
    }

    private boolean hasRightChecksum(VirtioNetFrame frame) {
        ChecksumState state = frame.checksum();
        if (state == ChecksumState.PARTIAL) {
            int field = tcp ? TcpHeader.CHECKSUM_OFFSET : UdpHeader.CHECKSUM_OFFSET;
            return frame.checksumStart() == transport && frame.checksumOffset() == field;
        }
        if (state == ChecksumState.VALID) {
            return true;
        }
        int protocol = tcp ? Ipv4Header.PROTOCOL_TCP : Ipv4Header.PROTOCOL_UDP;
        return Checksums.isCorrect(content, index + network, v6, protocol, index + transport, content.writerIndex());
    }
}
