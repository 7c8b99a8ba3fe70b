/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.packet;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordRouteTest {

    private static final int ADDRESS = 0x0a00_0001;

    /** A header with these options, in hexadecimal. */
    private static ByteBuf header(String options) {
        byte[] octets = ByteBufUtil.decodeHexDump(options);
        ByteBuf header = Unpooled.buffer();
        header.writeZero(Ipv4Header.MIN_LENGTH).writeBytes(octets);
        Ipv4Packets.write(header, 0, header.writerIndex(), Ipv4Header.PROTOCOL_UDP, 1, 2);
        header.setByte(0, 4 << 4 | header.writerIndex() / 4);
        Ipv4Header.updateChecksum(header, 0);
        return header;
    }

    private static int record(ByteBuf header) {
        return RecordRoute.record(header, 0, header.writerIndex(), ADDRESS);
    }

    private static String options(ByteBuf header) {
        return ByteBufUtil.hexDump(header, Ipv4Header.MIN_LENGTH, header.writerIndex() - Ipv4Header.MIN_LENGTH);
    }

    @ParameterizedTest
    @CsvSource({
        // The first place, the second, and behind another option.
        "070b04000000000000000000, 070b080a0000010000000000",
        "070b080b0b0b0b0000000000, 070b0c0b0b0b0b0a00000100",
        "0194040000" + "07070400000000, 0194040000" + "0707080a000001"
    })
    void addressGoesWhereThePointerSays(String before, String after) {
        ByteBuf header = header(before);
        assertThat(record(header)).isEqualTo(RecordRoute.NO_PROBLEM);
        assertThat(options(header)).isEqualTo(after);
        assertThat(InternetChecksum.sum(header, 0, header.writerIndex())).isEqualTo(0xffff);
    }

    @ParameterizedTest
    @CsvSource({
        // Full; no such option; an end of the list before it.
        "0707080b0b0b0b00",
        "9404000001010100",
        "0007070400000000"
    })
    void packetWithoutRoomStaysAsItIs(String options) {
        ByteBuf header = header(options);
        assertThat(record(header)).isEqualTo(RecordRoute.NO_PROBLEM);
        assertThat(options(header)).isEqualTo(options);
    }

    @ParameterizedTest
    @CsvSource({
        // Room for half an address; a pointer into the option's own head; lengths that cannot be.
        "0706040000000000, 22",
        "0707030000000000, 22",
        "0702000000000000, 21",
        "0709040000000000, 21",
        "9401000000000000, 21",
        "0101010101010194, 27"
    })
    void brokenOptionIsPointedAt(String options, int octet) {
        ByteBuf header = header(options);
        assertThat(record(header)).isEqualTo(octet);
        assertThat(options(header)).isEqualTo(options);
    }

    @Test
    void headerWithoutOptionsStaysAsItIs() {
        assertThat(record(header(""))).isEqualTo(RecordRoute.NO_PROBLEM);
    }
}
