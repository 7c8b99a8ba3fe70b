/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import static io.github.nettytap.codec.wire.Wire.MALFORMED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

class HeaderViewsTest {

    private static final String MACS = "525400000001525400000002";

    @Test
    void virtioFieldsAreWhereTheUapiHeaderHasThem() {
        ByteBuf header = bytes("8125 1234 5678 9abc def0 1122 00000000 00000000 3344 5566");

        assertThat(VirtioNetHeader.flags(header, 0)).isEqualTo(0x81);
        assertThat(VirtioNetHeader.gsoType(header, 0)).isEqualTo(0x25);
        assertThat(VirtioNetHeader.headerLengthHint(header, 0)).isEqualTo(0x3412);
        assertThat(VirtioNetHeader.gsoSize(header, 0)).isEqualTo(0x7856);
        assertThat(VirtioNetHeader.checksumStart(header, 0)).isEqualTo(0xbc9a);
        assertThat(VirtioNetHeader.checksumOffset(header, 0)).isEqualTo(0xf0de);
        assertThat(VirtioNetHeader.numBuffers(header, 0)).isEqualTo(0x2211);
        assertThat(VirtioNetHeader.outerTransportOffset(header, 0)).isEqualTo(0x4433);
        assertThat(VirtioNetHeader.innerNetworkOffset(header, 0)).isEqualTo(0x6655);
    }

    @Test
    void virtioSettersWriteWhatTheGettersRead() {
        ByteBuf header = Unpooled.wrappedBuffer(new byte[24]);

        VirtioNetHeader.flags(header, 0, 0x81);
        VirtioNetHeader.gsoType(header, 0, 0x25);
        VirtioNetHeader.headerLengthHint(header, 0, 0x3412);
        VirtioNetHeader.gsoSize(header, 0, 0x7856);
        VirtioNetHeader.checksumStart(header, 0, 0xbc9a);
        VirtioNetHeader.checksumOffset(header, 0, 0xf0de);
        VirtioNetHeader.numBuffers(header, 0, 0x2211);
        VirtioNetHeader.outerTransportOffset(header, 0, 0x4433);
        VirtioNetHeader.innerNetworkOffset(header, 0, 0x6655);

        assertThat(ByteBufUtil.hexDump(header)).isEqualTo("8125123456789abcdef011220000000000000000" + "33445566");
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 12, 20, 24})
    void clearWritesTheWholeVirtioHeaderAndNothingElse(int length) {
        ByteBuf buffer = Unpooled.buffer().writeBytes(new byte[0]);
        for (int i = 0; i < 30; i++) {
            buffer.writeByte(0xee);
        }

        VirtioNetHeader.clear(buffer, 2, length);

        assertThat(ByteBufUtil.hexDump(buffer)).isEqualTo("eeee" + "00".repeat(length) + "ee".repeat(28 - length));
    }

    @Test
    void frameIsPlainWithoutSegmentationAndPartialChecksum() {
        for (int flags = 0; flags < 256; flags++) {
            for (int type = 0; type < 256; type++) {
                ByteBuf header = Unpooled.buffer(12).writeByte(flags).writeByte(type);

                assertThat(VirtioNetHeader.isPlain(header, 0)).isEqualTo(type == 0 && (flags & 0b1101) == 0);
            }
        }
    }

    /** Doclint would want a paragraph for each accessor; one line is what a reader needs. */
    @Test
    void eachPublicMemberHasItsLine() throws IOException {
        List<String> bare = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of("src/main/java/io/github/nettytap/codec/wire"))) {
            for (Path file : files.toList()) {
                List<String> lines = Files.readAllLines(file);
                for (int i = 1; i < lines.size(); i++) {
                    boolean documented = lines.get(i - 1).endsWith("*/")
                            || lines.get(i - 1).strip().startsWith("@");
                    if (lines.get(i).matches(" {0,4}public .*") && !documented) {
                        bare.add(file.getFileName() + ":" + (i + 1) + lines.get(i));
                    }
                }
            }
        }
        assertThat(bare).isEmpty();
    }

    @Test
    void headersHaveFiveLengths() {
        for (VnetHeader header : VnetHeader.values()) {
            assertThat(VnetHeader.ofLength(header.length())).isSameAs(header);
        }
        for (int length : new int[] {-1, 1, 9, 11, 13, 25}) {
            assertThatThrownBy(() -> VnetHeader.ofLength(length))
                    .hasMessage("unknown virtio-net header: length=" + length
                            + " (expected: 0 for none, 10, 12, 20 or 24)");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0800, 14, 0800",
        "0042, 14, 0042",
        "8100 0005 86dd, 18, 86dd",
        "88a8 0064 8100 0005 0800, 22, 0800",
        "8100 0001 8100 0002 8100 0003 0806, 26, 0806",
    })
    void networkHeaderIsFoundBehindTags(String types, int offset, String type) {
        ByteBuf frame = bytes(MACS + types);

        int network = EthernetHeader.network(frame, 0, frame.writerIndex());

        assertThat(EthernetHeader.networkOffset(network)).isEqualTo(offset);
        assertThat(EthernetHeader.networkType(network)).isEqualTo(Integer.parseInt(type, 16));
    }

    @Test
    void frameThatEndsWithinItsTagsIsMalformed() {
        ByteBuf frame = bytes(MACS + "88a8 0064 8100 0005 0800");

        for (int limit = 0; limit < frame.writerIndex(); limit++) {
            assertThat(EthernetHeader.network(frame, 0, limit)).isEqualTo(MALFORMED);
        }
    }

    @Test
    void moreThanEightTagsAreMalformed() {
        ByteBuf eight = bytes(MACS + "81000001".repeat(8) + "0800");
        ByteBuf nine = bytes(MACS + "81000001".repeat(9) + "0800");

        assertThat(EthernetHeader.networkOffset(EthernetHeader.network(eight, 0, eight.writerIndex())))
                .isEqualTo(14 + 8 * 4);
        assertThat(EthernetHeader.network(nine, 0, nine.writerIndex())).isEqualTo(MALFORMED);
    }

    @Test
    void ethernetFieldsRoundTrip() {
        ByteBuf frame = bytes(MACS + "8100 a005 0800");

        assertThat(EthernetHeader.destination(frame, 0)).isEqualTo(0x5254_0000_0001L);
        assertThat(EthernetHeader.source(frame, 0)).isEqualTo(0x5254_0000_0002L);
        assertThat(EthernetHeader.type(frame, 0)).isEqualTo(EthernetHeader.TYPE_VLAN);
        assertThat(EthernetHeader.tagControl(frame, 0)).isEqualTo(0xa005);
        EthernetHeader.destination(frame, 0, 0xffff_ffff_ffffL);
        EthernetHeader.tagControl(frame, 0, 7);
        assertThat(ByteBufUtil.hexDump(frame)).isEqualTo("ffffffffffff525400000002810000070800");
    }

    @Test
    void ipv4CheckNeedsVersionLengthsAndBytes() {
        ByteBuf header = bytes("46ff0018 12344000 4006b861 c0a80001 c0a800c7 01020304");

        assertThat(Ipv4Header.check(header, 0, 24)).isEqualTo(24);
        assertThat(Ipv4Header.check(header, 0, 23)).isEqualTo(MALFORMED);
        assertThat(Ipv4Header.check(header, 0, 19)).isEqualTo(MALFORMED);
        assertThat(Ipv4Header.check(header, 1, 0)).isEqualTo(MALFORMED);
        assertThat(Ipv4Header.check(header.copy().setByte(0, 0x66), 0, 24)).isEqualTo(MALFORMED);
        assertThat(Ipv4Header.check(header.copy().setByte(0, 0x44), 0, 24)).isEqualTo(MALFORMED);
        assertThat(Ipv4Header.check(header.copy().setByte(0, 0x47), 0, 24)).isEqualTo(MALFORMED);
        assertThat(Ipv4Header.check(header.copy().setShort(2, 25), 0, 24)).isEqualTo(MALFORMED);
        assertThat(Ipv4Header.check(header.copy().setShort(2, 23), 0, 24)).isEqualTo(MALFORMED);
    }

    @Test
    void ipv4FieldsAreWhereTheRfcHasThem() {
        ByteBuf header = bytes("45ff0014 12342001 4006b861 c0a80001 c0a800c7");

        assertThat(Ipv4Header.headerLength(header, 0)).isEqualTo(20);
        assertThat(Ipv4Header.typeOfService(header, 0)).isEqualTo(0xff);
        assertThat(Ipv4Header.totalLength(header, 0)).isEqualTo(20);
        assertThat(Ipv4Header.identification(header, 0)).isEqualTo(0x1234);
        assertThat(Ipv4Header.fragment(header, 0)).isEqualTo(0x2001);
        assertThat(Ipv4Header.isFragment(header, 0)).isTrue();
        assertThat(Ipv4Header.timeToLive(header, 0)).isEqualTo(64);
        assertThat(Ipv4Header.protocol(header, 0)).isEqualTo(6);
        assertThat(Ipv4Header.checksum(header, 0)).isEqualTo(0xb861);
        assertThat(Ipv4Header.source(header, 0)).isEqualTo(0xc0a80001);
        assertThat(Ipv4Header.destination(header, 0)).isEqualTo(0xc0a800c7);
    }

    @ParameterizedTest
    @CsvSource({"0000, false", "4000, false", "8000, false", "2000, true", "0001, true", "1fff, true"})
    void fragmentIsAnyWithOffsetOrMoreToCome(String word, boolean fragment) {
        ByteBuf header = Unpooled.wrappedBuffer(new byte[20]).setShort(6, Integer.parseInt(word, 16));

        assertThat(Ipv4Header.isFragment(header, 0)).isEqualTo(fragment);
    }

    @Test
    void ipv6FieldsAreWhereTheRfcHasThem() {
        ByteBuf header =
                bytes("6ab12345 0004 06 40" + "20010db8000000000000000000000001" + "ff".repeat(16) + "01020304");

        assertThat(Ipv6Header.check(header, 0, 44)).isEqualTo(40);
        assertThat(Ipv6Header.check(header, 0, 43)).isEqualTo(MALFORMED);
        assertThat(Ipv6Header.check(header.copy().setByte(0, 0x4a), 0, 44)).isEqualTo(MALFORMED);
        assertThat(Ipv6Header.trafficClass(header, 0)).isEqualTo(0xab);
        assertThat(Ipv6Header.flowLabel(header, 0)).isEqualTo(0x12345);
        assertThat(Ipv6Header.payloadLength(header, 0)).isEqualTo(4);
        assertThat(Ipv6Header.nextHeader(header, 0)).isEqualTo(6);
        assertThat(Ipv6Header.hopLimit(header, 0)).isEqualTo(64);
        assertThat(header.getInt(Ipv6Header.sourceIndex(0))).isEqualTo(0x20010db8);
        assertThat(header.getInt(Ipv6Header.destinationIndex(0))).isEqualTo(-1);
    }

    @ParameterizedTest
    @CsvSource({
        "6, '', 40, 6",
        "0, 06 00 000000000000, 48, 6",
        "0, 2b 00 000000000000 3c 01 0000000000000000000000000000 11 00 000000000000, 72, 17",
        "44, 06 00 0000 00000000, 40, 44",
        "51, 06 04 0000 00000000, 40, 51",
        "59, '', 40, 59",
    })
    void transportHeaderIsFoundBehindExtensionHeaders(int first, String extensions, int offset, int protocol) {
        ByteBuf packet = bytes("60000000 0000" + String.format("%02x", first) + "40" + "00".repeat(32) + extensions);

        int transport = Ipv6Header.transport(packet, 0, packet.writerIndex());

        assertThat(Ipv6Header.transportOffset(transport)).isEqualTo(offset);
        assertThat(Ipv6Header.transportProtocol(transport)).isEqualTo(protocol);
    }

    @Test
    void packetThatEndsWithinItsExtensionHeadersIsMalformed() {
        ByteBuf packet = bytes("60000000 0000 00 40" + "00".repeat(32) + "0601" + "00".repeat(14));

        for (int limit = 40; limit < packet.writerIndex(); limit++) {
            assertThat(Ipv6Header.transport(packet, 0, limit)).isEqualTo(MALFORMED);
        }
    }

    @Test
    void tcpCheckNeedsTheOptionsToo() {
        ByteBuf header = bytes("0050 1f90 01020304 05060708 60 c1 2000 abcd 0009 01010101");

        assertThat(TcpHeader.check(header, 0, 24)).isEqualTo(24);
        assertThat(TcpHeader.check(header, 0, 23)).isEqualTo(MALFORMED);
        assertThat(TcpHeader.check(header, 0, 19)).isEqualTo(MALFORMED);
        assertThat(TcpHeader.check(header.copy().setByte(12, 0x40), 0, 24)).isEqualTo(MALFORMED);
    }

    @Test
    void tcpFieldsAreWhereTheRfcHasThem() {
        ByteBuf header = bytes("0050 1f90 01020304 05060708 60 c1 2000 abcd 0009 01010101");

        assertThat(TcpHeader.sourcePort(header, 0)).isEqualTo(80);
        assertThat(TcpHeader.destinationPort(header, 0)).isEqualTo(8080);
        assertThat(TcpHeader.sequence(header, 0)).isEqualTo(0x01020304);
        assertThat(TcpHeader.acknowledgment(header, 0)).isEqualTo(0x05060708);
        assertThat(TcpHeader.headerLength(header, 0)).isEqualTo(24);
        assertThat(TcpHeader.flags(header, 0)).isEqualTo(TcpHeader.FLAG_CWR | TcpHeader.FLAG_ECE | TcpHeader.FLAG_FIN);
        assertThat(TcpHeader.window(header, 0)).isEqualTo(0x2000);
        assertThat(TcpHeader.checksum(header, 0)).isEqualTo(0xabcd);
        assertThat(TcpHeader.urgentPointer(header, 0)).isEqualTo(9);
    }

    @Test
    void udpCheckNeedsALengthThatFits() {
        ByteBuf header = bytes("0035 1f90 000a abcd 0000");

        assertThat(UdpHeader.check(header, 0, 10)).isEqualTo(8);
        assertThat(UdpHeader.check(header, 0, 9)).isEqualTo(MALFORMED);
        assertThat(UdpHeader.check(header, 0, 7)).isEqualTo(MALFORMED);
        assertThat(UdpHeader.check(header.copy().setShort(4, 7), 0, 10)).isEqualTo(MALFORMED);
        assertThat(UdpHeader.sourcePort(header, 0)).isEqualTo(53);
        assertThat(UdpHeader.destinationPort(header, 0)).isEqualTo(8080);
        assertThat(UdpHeader.length(header, 0)).isEqualTo(10);
        assertThat(UdpHeader.checksum(header, 0)).isEqualTo(0xabcd);
    }

    private static ByteBuf bytes(String hex) {
        return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex.replace(" ", "")));
    }
}
