/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.echo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.offload.Checksums;
import io.github.nettytap.codec.print.FramePrinter;
import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.MacAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.List;

class EchoHandlerTest {

    private static final String TO_US = "020000000007" + "020000000001";
    private static final String TO_ALL = "ffffffffffff" + "020000000001";

    private final EchoHandler echo = new EchoHandler(
            MacAddress.parse("02:00:00:00:00:07"),
            EchoAddresses.of(
                    List.of(Cidr.parse("10.0.0.0/29"), Cidr.parse("fd00::2")), List.of(Cidr.parse("10.0.0.1/24"))),
            7);
    private final EmbeddedChannel channel = new EmbeddedChannel(echo);

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    @Test
    void arpIsAnsweredWithOurMac() {
        assertThat(answer(TO_ALL + "0806" + "0001080006040001" + "0200000000010a000001" + "0000000000000a000002"))
                .isEqualTo("02:00:00:00:00:07 > 02:00:00:00:00:01, ethertype ARP (0x0806), length 42: "
                        + "Reply 10.0.0.2 is-at 02:00:00:00:00:07, length 28");
        assertThat(echo.count(EchoEvent.ARP)).isEqualTo(1);
    }

    @Test
    void arpForTheHostItselfIsNotAnswered() {
        assertThat(answer(TO_ALL + "0806" + "0001080006040001" + "02000000000100000000" + "0000000000000a000001"))
                .isNull();
        assertThat(echo.count(EchoEvent.IGNORED)).isEqualTo(1);
    }

    @Test
    void arpBeyondTheNetworkIsNotAnswered() {
        assertThat(answer(TO_ALL + "0806" + "0001080006040001" + "0200000000010a000001" + "0000000000000a000008"))
                .isNull();
    }

    @Test
    void pingGoesBackWithBothChecksumsRight() {
        assertThat(answer(TO_US + "0800" + "4500001d00004000400126de" + "0a0000010a000002" + "080095ef0001000261"))
                .isEqualTo("02:00:00:00:00:07 > 02:00:00:00:00:01, ethertype IPv4 (0x0800), length 43: "
                        + "10.0.0.2 > 10.0.0.1: ICMP echo reply, id 1, seq 2, length 9");
        assertThat(echo.count(EchoEvent.PING)).isEqualTo(1);
    }

    @Test
    void headerWithWrongChecksumIsIgnored() {
        assertThat(answer(TO_US + "0800" + "4500001d00004000400126df" + "0a0000010a000002" + "080095ef0001000261"))
                .isNull();
    }

    @Test
    void pingToTheBroadcastAddressIsIgnored() {
        assertThat(answer(TO_US + "0800" + "4500001d0000400040018ce1" + "0a000001ffffffff" + "080095ef0001000261"))
                .isNull();
    }

    @Test
    void nothingThatNamesABroadcastOrNetworkAddressIsAnswered() {
        // 10.0.0.0/29 is answered for but for its ends, and the host's side is of 10.0.0.0/24.
        for (String target : new String[] {"0a000000", "0a000007", "0a0000ff", "ffffffff"}) {
            assertThat(answer(TO_ALL + "0806" + "0001080006040001" + "0200000000010a000001" + "000000000000" + target))
                    .isNull();
        }
        for (String sender : new String[] {"0a000007", "0a0000ff", "ffffffff", "e0000001", "7f000001"}) {
            assertThat(answer(TO_ALL + "0806" + "0001080006040001" + "020000000001" + sender + "0000000000000a000002"))
                    .isNull();
            assertThat(answer(TO_US + "0800" + ping(sender, "0a000002"))).isNull();
        }
        for (String target : new String[] {"0a000000", "0a000007", "0a0000ff"}) {
            assertThat(answer(TO_US + "0800" + ping("0a000001", target))).isNull();
        }
        assertThat(answer(TO_US + "0800" + ping("0a000001", "0a000006"))).isNotNull();
    }

    @Test
    void nothingButQuestionsIsAnsweredThatCameToAllHosts() {
        assertThat(answer(TO_ALL + "0800" + ping("0a000001", "0a000002"))).isNull();
        assertThat(answer("01005e000001" + "020000000001" + "0800" + ping("0a000001", "0a000002")))
                .isNull();
        assertThat(answer(TO_US + "0800" + ping("0a000001", "0a000002"))).isNotNull();
    }

    private static String ping(String source, String destination) {
        ByteBuf packet = Unpooled.wrappedBuffer(
                ByteBufUtil.decodeHexDump("4500001d0000400040010000" + source + destination + "080095ef0001000261"));
        Ipv4Header.updateChecksum(packet, 0);
        return ByteBufUtil.hexDump(packet);
    }

    @Test
    void partialChecksumStaysAsItWas() {
        VirtioNetFrame request = VirtioNetFrame.partial(udp(5000, 7), 34, 6);
        channel.writeInbound(request);
        VirtioNetFrame reply = channel.readOutbound();
        ByteBuf content = reply.content();
        Checksums.complete(content, content.readerIndex(), content.writerIndex(), 34, 6);
        assertThat(Checksums.verify(content, content.readerIndex(), content.writerIndex()))
                .isEqualTo(Checksums.Result.CORRECT);
        assertThat(reply.checksum()).isEqualTo(ChecksumState.PARTIAL);
        assertThat(FramePrinter.PLAIN.print(content)).isEqualTo("IP 10.0.0.2.7 > 10.0.0.1.5000: UDP, length 1");
        reply.release();
    }

    @Test
    void answerOfAnotherEchoServiceEndsHere() {
        channel.writeInbound(VirtioNetFrame.partial(udp(7, 7), 34, 6));
        assertThat(channel.outboundMessages()).isEmpty();
        assertThat(echo.count(EchoEvent.IGNORED)).isEqualTo(1);
    }

    @Test
    void otherPortsAreIgnored() {
        channel.writeInbound(VirtioNetFrame.partial(udp(5000, 8), 34, 6));
        assertThat(channel.outboundMessages()).isEmpty();
    }

    /** Its checksum field holds the sum of the pseudo header 0a000001 0a000002 0011 0009. */
    private static ByteBuf udp(int from, int to) {
        return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(TO_US + "0800" + "4500001d00004000401126ce"
                + "0a0000010a000002" + String.format("%04x%04x", from, to) + "0009141d" + "61"));
    }

    @Test
    void duplicateAddressDetectionIsAnsweredToAllNodes() {
        String solicitation = "3333ff000002" + "020000000001" + "86dd" + "6000000000183aff"
                + "00000000000000000000000000000000" + "ff0200000000000000000001ff000002"
                + "8700" + "7da3" + "00000000" + "fd000000000000000000000000000002";
        assertThat(answer(solicitation))
                .isEqualTo("02:00:00:00:00:07 > 33:33:00:00:00:01, ethertype IPv6 (0x86dd), length 86: "
                        + "fd00::2 > ff02::1: ICMP6, neighbor advertisement, tgt is fd00::2, length 32");
        assertThat(echo.count(EchoEvent.NEIGHBOR)).isEqualTo(1);
    }

    @Test
    void hostBitsThatAreSetAreRefused() {
        assertThatThrownBy(() -> EchoAddresses.of(List.of(Cidr.parse("224.0.0.1")), List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no host has this address: address=224.0.0.1/32 (expected: neither a group nor loopback)");
        assertThatThrownBy(() -> EchoAddresses.of(List.of(Cidr.parse("10.0.0.2")), List.of(Cidr.parse("10.0.0.2/24"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("address of both sides: address=10.0.0.2 (expected: the other side has one of its own)");
        assertThatThrownBy(() -> EchoAddresses.of(List.of(Cidr.parse("10.0.0.2/24")), List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("neither an address nor a network: address=10.0.0.2/24 (expected: 10.0.0.2 for this one, or"
                        + " an address with zeros behind the first 24 bits for all of a network)");
    }

    /** The answer as text, after a look at its checksums; null if there is none. */
    private String answer(String hex) {
        ByteBuf frame = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex));
        channel.writeInbound(VirtioNetFrame.complete(frame, ChecksumState.NONE));
        VirtioNetFrame reply = channel.readOutbound();
        if (reply == null) {
            return null;
        }
        try {
            ByteBuf content = reply.content();
            assertThat(Checksums.verify(content, content.readerIndex(), content.writerIndex()))
                    .isNotEqualTo(Checksums.Result.WRONG);
            return FramePrinter.LINK_LEVEL.print(content);
        } finally {
            reply.release();
        }
    }
}
