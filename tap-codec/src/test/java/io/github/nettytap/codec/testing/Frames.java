/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.testing;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

import java.util.Random;

/** Builds frames for tests: TCP or UDP, IPv4 or IPv6, tags, options and extension headers as asked. */
public final class Frames {

    public boolean v6;
    public boolean udp;
    public int[] tags = {};
    public byte[] ipOptions = {};
    public byte[] extensions = {};
    public int extensionType = 60;
    public byte[] tcpOptions = {};
    public int payload = 100;
    public int payloadSeed = 1;
    public int tcpFlags = TcpHeader.FLAG_ACK;
    public int sequence = 1_000;
    public int acknowledgment = 77;
    public int window = 500;
    public int sourcePort = 40_000;
    public int destinationPort = 80;
    public int identification = 7;
    public int fragment = Ipv4Header.DONT_FRAGMENT;
    public int tos;
    public int ttl = 64;
    public int flowLabel = 5;
    public int lastAddressByte = 2;
    public boolean partial;
    public boolean zeroUdpChecksum;

    public static Frames tcp4() {
        return new Frames();
    }

    public static Frames tcp6() {
        Frames frames = new Frames();
        frames.v6 = true;
        return frames;
    }

    public static Frames udp4() {
        Frames frames = new Frames();
        frames.udp = true;
        return frames;
    }

    public static Frames udp6() {
        Frames frames = udp4();
        frames.v6 = true;
        return frames;
    }

    public int networkOffset() {
        return EthernetHeader.LENGTH + 4 * tags.length;
    }

    public int transportOffset() {
        return networkOffset() + (v6 ? 40 + extensions.length : 20 + ipOptions.length);
    }

    public int headers() {
        return transportOffset() + (udp ? UdpHeader.LENGTH : TcpHeader.MIN_LENGTH + tcpOptions.length);
    }

    /** The frame alone, with whole checksums unless partial ones are asked for. */
    public ByteBuf frame() {
        ByteBuf frame = Unpooled.directBuffer(headers() + payload);
        appendTo(frame);
        return frame;
    }

    /** A virtio-net header of zeros of this length, then the frame. */
    public ByteBuf packet(int headerLength) {
        ByteBuf packet = Unpooled.directBuffer(headerLength + headers() + payload);
        packet.writeZero(headerLength);
        appendTo(packet);
        return packet;
    }

    /** A superframe with its virtio-net header. */
    public ByteBuf superframe(int headerLength, int gsoSize) {
        partial = true;
        ByteBuf packet = packet(headerLength);
        int type = udp ? VirtioNetHeader.GSO_UDP_L4 : v6 ? VirtioNetHeader.GSO_TCPV6 : VirtioNetHeader.GSO_TCPV4;
        boolean ecn = !udp && (tcpFlags & TcpHeader.FLAG_CWR) != 0;
        VirtioNetHeader.flags(packet, 0, VirtioNetHeader.FLAG_NEEDS_CSUM);
        VirtioNetHeader.gsoType(packet, 0, ecn ? type | VirtioNetHeader.GSO_ECN : type);
        VirtioNetHeader.headerLengthHint(packet, 0, headers());
        VirtioNetHeader.gsoSize(packet, 0, gsoSize);
        VirtioNetHeader.checksumStart(packet, 0, transportOffset());
        VirtioNetHeader.checksumOffset(packet, 0, udp ? 6 : 16);
        return packet;
    }

    private void appendTo(ByteBuf frame) {
        int index = frame.writerIndex();
        frame.writeBytes(new byte[] {0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2});
        for (int i = 0; i < tags.length; i++) {
            frame.writeShort(i < tags.length - 1 ? EthernetHeader.TYPE_QINQ : EthernetHeader.TYPE_VLAN);
            frame.writeShort(tags[i]);
        }
        int transportLength = headers() - transportOffset() + payload;
        if (v6) {
            appendIpv6(frame, transportLength);
        } else {
            appendIpv4(frame, transportLength);
        }
        int transport = index + transportOffset();
        if (udp) {
            frame.writeShort(sourcePort)
                    .writeShort(destinationPort)
                    .writeShort(transportLength)
                    .writeShort(0);
        } else {
            frame.writeShort(sourcePort)
                    .writeShort(destinationPort)
                    .writeInt(sequence)
                    .writeInt(acknowledgment);
            frame.writeByte(5 + tcpOptions.length / 4 << 4).writeByte(tcpFlags).writeShort(window);
            frame.writeShort(0).writeShort(0).writeBytes(tcpOptions);
        }
        byte[] data = new byte[payload];
        new Random(payloadSeed).nextBytes(data);
        frame.writeBytes(data);
        writeChecksum(frame, index + networkOffset(), transport, transportLength);
    }

    private void writeChecksum(ByteBuf frame, int ip, int transport, int length) {
        int protocol = udp ? 17 : 6;
        int pseudo = v6
                ? InternetChecksum.pseudoHeaderV6(frame, ip, protocol, length)
                : InternetChecksum.pseudoHeaderV4(frame, ip, protocol, length);
        int field = transport + (udp ? 6 : 16);
        if (partial) {
            frame.setShort(field, pseudo);
        } else if (!udp) {
            frame.setShort(field, InternetChecksum.complement(InternetChecksum.sum(frame, transport, length, pseudo)));
        } else if (!zeroUdpChecksum) {
            int sum = InternetChecksum.sum(frame, transport, length, pseudo);
            frame.setShort(field, InternetChecksum.udp(InternetChecksum.complement(sum)));
        }
    }

    private void appendIpv4(ByteBuf frame, int transportLength) {
        int ip = frame.writerIndex() + 2;
        int headerLength = 20 + ipOptions.length;
        frame.writeShort(EthernetHeader.TYPE_IPV4);
        frame.writeByte(0x40 | headerLength / 4).writeByte(tos).writeShort(headerLength + transportLength);
        frame.writeShort(identification).writeShort(fragment).writeByte(ttl).writeByte(udp ? 17 : 6);
        frame.writeShort(0)
                .writeInt(0x0a4d0001)
                .writeInt(0x0a4d0000 | lastAddressByte)
                .writeBytes(ipOptions);
        Ipv4Header.updateChecksum(frame, ip);
    }

    private void appendIpv6(ByteBuf frame, int transportLength) {
        int protocol = udp ? 17 : 6;
        frame.writeShort(EthernetHeader.TYPE_IPV6);
        frame.writeInt(6 << 28 | tos << 20 | flowLabel).writeShort(extensions.length + transportLength);
        frame.writeByte(extensions.length > 0 ? extensionType : protocol).writeByte(ttl);
        frame.writeLong(0xfd77000000000000L).writeLong(1);
        frame.writeLong(0xfd77000000000000L).writeLong(lastAddressByte);
        if (extensions.length > 0) {
            extensions[0] = (byte) protocol;
            extensions[1] = (byte) (extensions.length / 8 - 1);
            frame.writeBytes(extensions);
        }
    }
}
