/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.packet.Ipv4Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the kernel has left to others of a packet that is translated. */
class PartialChecksumTest {

    private static final int HEADER = 12;
    private static final int IP = HEADER + EthernetHeader.LENGTH;
    private static final int UDP = IP + Ipv4Header.MIN_LENGTH;
    private static final int LENGTH = UdpHeader.LENGTH + 60;
    private static final int HOST = 0x0a00_0002;
    private static final int REMOTE = 0xc633_6402;

    private static final int OUTSIDE = 0xc633_6401;

    private final SourceNat nat = new SourceNat(VnetHeader.ofLength(HEADER), () -> 0, NatSettings.DEFAULT);
    private final ByteBuf frame = Unpooled.directBuffer(UDP + LENGTH).writeZero(UDP + LENGTH);

    @AfterEach
    void release() {
        frame.release();
    }

    /** A datagram from the host, with this much for the next to complete. */
    private void datagram(int checksumStart) {
        EthernetHeader.type(frame, HEADER, EthernetHeader.TYPE_IPV4);
        Ipv4Packets.write(frame, IP, Ipv4Header.MIN_LENGTH + LENGTH, Ipv4Header.PROTOCOL_UDP, HOST, REMOTE);
        UdpHeader.sourcePort(frame, UDP, 40_000);
        UdpHeader.destinationPort(frame, UDP, 4789);
        UdpHeader.length(frame, UDP, LENGTH);
        VirtioNetHeader.flags(frame, 0, VirtioNetHeader.FLAG_NEEDS_CSUM);
        VirtioNetHeader.checksumStart(frame, 0, checksumStart);
        VirtioNetHeader.checksumOffset(frame, 0, UdpHeader.CHECKSUM_OFFSET);
    }

    private int pseudoHeader() {
        return InternetChecksum.pseudoHeaderV4(frame, IP, Ipv4Header.PROTOCOL_UDP, LENGTH);
    }

    @Test
    void partialOneStaysTheSumOfThePseudoHeader() {
        datagram(UDP - HEADER);
        UdpHeader.checksum(frame, UDP, InternetChecksum.sum(frame, UDP, 0, pseudoHeader()));
        assertThat(nat.translate(frame, IP, OUTSIDE)).isEqualTo(SourceNat.Translation.DONE);
        assertThat(UdpHeader.checksum(frame, UDP)).isEqualTo(InternetChecksum.sum(frame, UDP, 0, pseudoHeader()));
    }

    @Test
    void wholeOneOfATunnelStaysWholeThoughThatOfThePacketInsideIsPartial() {
        datagram(UDP + 42 - HEADER);
        UdpHeader.checksum(
                frame, UDP, InternetChecksum.complement(InternetChecksum.sum(frame, UDP, LENGTH, pseudoHeader())));
        assertThat(nat.translate(frame, IP, OUTSIDE)).isEqualTo(SourceNat.Translation.DONE);
        assertThat(InternetChecksum.sum(frame, UDP, LENGTH, pseudoHeader())).isEqualTo(0xffff);
    }
}
