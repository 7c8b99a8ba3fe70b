/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import static io.github.nettytap.codec.wire.Wire.MALFORMED;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The views of ARP, ICMP, neighbor discovery and VXLAN. */
class ControlHeadersTest {

    private static final String ARP = "0001080006040001" + "5254000000010a000001" + "5254000000020a000002";
    /** An echo request as ping sends it, its checksum computed by the kernel. */
    private static final String PING = "0800f7fd00010001";

    private static ByteBuf bytes(String hex) {
        return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex.replace(" ", "")));
    }

    @Test
    void arpFieldsAreWhereTheRfcHasThem() {
        ByteBuf arp = bytes("ee" + ARP);

        assertThat(ArpHeader.check(arp, 1, arp.writerIndex())).isEqualTo(28);
        assertThat(ArpHeader.operation(arp, 1)).isEqualTo(ArpHeader.REQUEST);
        assertThat(ArpHeader.senderMac(arp, 1)).isEqualTo(0x525400000001L);
        assertThat(ArpHeader.senderIpv4(arp, 1)).isEqualTo(0x0a000001);
        assertThat(ArpHeader.targetMac(arp, 1)).isEqualTo(0x525400000002L);
        assertThat(ArpHeader.targetIpv4(arp, 1)).isEqualTo(0x0a000002);
    }

    @Test
    void arpIsWrittenAsItIsRead() {
        ByteBuf arp = Unpooled.buffer(28).writeZero(28);
        ArpHeader.write(arp, 0, 1, 0x525400000001L, 0x0a000001, 0x525400000002L, 0x0a000002);

        assertThat(ByteBufUtil.hexDump(arp)).isEqualTo(ARP);
    }

    @ParameterizedTest
    @CsvSource({"0, 0x0006", "2, 0x86dd", "4, 0x0804", "4, 0x0610"})
    void arpForOtherAddressesIsMalformed(int offset, String value) {
        ByteBuf arp = bytes(ARP).setShort(offset, Integer.decode(value));

        assertThat(ArpHeader.check(arp, 0, 28)).isEqualTo(MALFORMED);
    }

    @Test
    void aHeaderCutShortIsMalformed() {
        assertThat(ArpHeader.check(bytes(ARP), 0, 27)).isEqualTo(MALFORMED);
        assertThat(Icmpv4Header.check(0, 7)).isEqualTo(MALFORMED);
        assertThat(Icmpv6Header.check(0, 7)).isEqualTo(MALFORMED);
        assertThat(VxlanHeader.check(bytes("0800000000000500"), 0, 7)).isEqualTo(MALFORMED);
    }

    @Test
    void icmpv4FieldsAreWhereTheRfcHasThem() {
        ByteBuf icmp = bytes("0304 1234 5678 05dc");

        assertThat(Icmpv4Header.check(0, 8)).isEqualTo(8);
        assertThat(Icmpv4Header.type(icmp, 0)).isEqualTo(Icmpv4Header.DESTINATION_UNREACHABLE);
        assertThat(Icmpv4Header.code(icmp, 0)).isEqualTo(Icmpv4Header.CODE_FRAGMENTATION_NEEDED);
        assertThat(Icmpv4Header.checksum(icmp, 0)).isEqualTo(0x1234);
        assertThat(Icmpv4Header.identifier(icmp, 0)).isEqualTo(0x5678);
        assertThat(Icmpv4Header.sequence(icmp, 0)).isEqualTo(1_500);
        assertThat(Icmpv4Header.mtu(icmp, 0)).isEqualTo(1_500);
    }

    @Test
    void icmpv4IsWrittenAsItIsRead() {
        ByteBuf icmp = Unpooled.buffer(8).writeZero(8);
        Icmpv4Header.type(icmp, 0, 8);
        Icmpv4Header.code(icmp, 0, 0);
        Icmpv4Header.identifier(icmp, 0, 1);
        Icmpv4Header.sequence(icmp, 0, 1);
        Icmpv4Header.updateChecksum(icmp, 0, 8);

        assertThat(ByteBufUtil.hexDump(icmp)).isEqualTo(PING);
    }

    @Test
    void anyFlippedBitMakesTheIcmpv4ChecksumWrong() {
        assertThat(Icmpv4Header.isChecksumValid(bytes(PING), 0, 8)).isTrue();
        for (int bit = 0; bit < 64; bit++) {
            ByteBuf icmp = bytes(PING);
            icmp.setByte(bit / 8, icmp.getByte(bit / 8) ^ 1 << bit % 8);
            assertThat(Icmpv4Header.isChecksumValid(icmp, 0, 8)).isFalse();
        }
    }

    @Test
    void icmpv6FieldsAreWhereTheRfcHasThem() {
        ByteBuf icmp = bytes("8001 1234 5678 9abc");

        assertThat(Icmpv6Header.type(icmp, 0)).isEqualTo(Icmpv6Header.ECHO_REQUEST);
        assertThat(Icmpv6Header.code(icmp, 0)).isOne();
        assertThat(Icmpv6Header.checksum(icmp, 0)).isEqualTo(0x1234);
        assertThat(Icmpv6Header.identifier(icmp, 0)).isEqualTo(0x5678);
        assertThat(Icmpv6Header.sequence(icmp, 0)).isEqualTo(0x9abc);
        assertThat(Icmpv6Header.mtu(icmp, 0)).isEqualTo(0x56789abcL);
        assertThat(Icmpv6Header.pointer(icmp, 0)).isEqualTo(0x56789abcL);
        assertThat(Icmpv6Header.isError(127)).isTrue();
        assertThat(Icmpv6Header.isError(128)).isFalse();
    }

    @Test
    void theIcmpv6ChecksumCoversThePseudoHeader() {
        ByteBuf packet = bytes("6000000000083aff" + "fe800000000000000000000000000001"
                + "ff020000000000000000000000000001" + "8700000000000000");
        Icmpv6Header.updateChecksum(packet, 0, 40, 8);
        // ~(fe80 + 1 + ff02 + 1 + 8 + 3a + 8700), by hand
        assertThat(Icmpv6Header.checksum(packet, 40)).isEqualTo(0x7b37);
        assertThat(Icmpv6Header.isChecksumValid(packet, 0, 40, 8)).isTrue();
        packet.setByte(20, 1);
        assertThat(Icmpv6Header.isChecksumValid(packet, 0, 40, 8)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"133, 8", "134, 16", "135, 24", "136, 24", "137, 40", "128, -1"})
    void eachDiscoveryMessageHasItsLength(int type, int length) {
        ByteBuf message = Unpooled.buffer(64).writeZero(64).setByte(0, type);

        assertThat(NeighborDiscovery.check(message, 0, 64)).isEqualTo(length);
        if (length > 0) {
            assertThat(NeighborDiscovery.check(message, 0, length)).isEqualTo(length);
            assertThat(NeighborDiscovery.check(message, 0, length - 1)).isEqualTo(MALFORMED);
        }
    }

    @Test
    void advertisementFieldsAreWhereTheRfcHasThem() {
        ByteBuf router = bytes("8600 0000 40c0 0708 00007530 00000001");

        assertThat(NeighborDiscovery.currentHopLimit(router, 0)).isEqualTo(64);
        assertThat(NeighborDiscovery.routerFlags(router, 0))
                .isEqualTo(NeighborDiscovery.FLAG_MANAGED | NeighborDiscovery.FLAG_OTHER);
        assertThat(NeighborDiscovery.routerLifetime(router, 0)).isEqualTo(1_800);
        assertThat(NeighborDiscovery.reachableTime(router, 0)).isEqualTo(30_000);
        assertThat(NeighborDiscovery.retransmitTimer(router, 0)).isOne();
        assertThat(NeighborDiscovery.flags(bytes("88000000e0000000"), 0)).isEqualTo(0xe0);
        assertThat(NeighborDiscovery.targetIndex(5)).isEqualTo(13);
        assertThat(NeighborDiscovery.destinationIndex(5)).isEqualTo(29);
    }

    @Test
    void optionsAreFoundBehindUnknownOnes() {
        ByteBuf options = Unpooled.buffer(80).writeZero(80);
        NeighborOption.begin(options, 0, 200, 16);
        NeighborOption.begin(options, 16, NeighborOption.PREFIX_INFORMATION, 32);
        NeighborOption.prefixLength(options, 16, 64);
        NeighborOption.prefixFlags(options, 16, NeighborOption.FLAG_ON_LINK | NeighborOption.FLAG_AUTONOMOUS);
        NeighborOption.validLifetime(options, 16, 0xffff_ffffL);
        NeighborOption.preferredLifetime(options, 16, 600);
        NeighborOption.writeLinkLayerAddress(options, 48, 1, 0x525400000001L);
        NeighborOption.begin(options, 56, NeighborOption.MTU, 8);
        NeighborOption.mtu(options, 56, 1_400);

        assertThat(NeighborOption.find(options, 0, 64, NeighborOption.MTU)).isEqualTo(56);
        assertThat(NeighborOption.find(options, 0, 64, 1)).isEqualTo(48);
        assertThat(NeighborOption.find(options, 0, 64, 2)).isEqualTo(MALFORMED);
        assertThat(NeighborOption.linkLayerAddress(options, 48)).isEqualTo(0x525400000001L);
        assertThat(NeighborOption.mtu(options, 56)).isEqualTo(1_400);
        assertThat(NeighborOption.prefixIndex(16)).isEqualTo(32);
        assertThat(ByteBufUtil.hexDump(options, 16, 16)).isEqualTo("030440c0ffffffff0000025800000000");
    }

    @Test
    void anOptionWithoutLengthIsMalformed() {
        assertThat(NeighborOption.check(bytes("0100000000000000"), 0, 8)).isEqualTo(MALFORMED);
    }

    @Test
    void anOptionBeyondItsMessageIsMalformed() {
        assertThat(NeighborOption.check(bytes("0102000000000000"), 0, 8)).isEqualTo(MALFORMED);
        assertThat(NeighborOption.check(bytes("0101"), 0, 2)).isEqualTo(MALFORMED);
    }

    @Test
    void aPrefixTooShortForItsFieldsIsMalformed() {
        assertThat(NeighborOption.check(bytes("0301000000000000"), 0, 8)).isEqualTo(MALFORMED);
    }

    @Test
    void vxlanIsWrittenAsItIsRead() {
        ByteBuf vxlan = bytes("ffffffffffffffff");
        VxlanHeader.write(vxlan, 0, 0xabcdef);

        assertThat(ByteBufUtil.hexDump(vxlan)).isEqualTo("08000000abcdef00");
        assertThat(VxlanHeader.check(vxlan, 0, 8)).isEqualTo(8);
        assertThat(VxlanHeader.vni(vxlan, 0)).isEqualTo(0xabcdef);
    }

    @Test
    void vxlanIgnoresReservedBitsAndNeedsTheFlag() {
        assertThat(VxlanHeader.check(bytes("ffffffff000005ff"), 0, 8)).isEqualTo(8);
        assertThat(VxlanHeader.vni(bytes("ffffffff000005ff"), 0)).isEqualTo(5);
        assertThat(VxlanHeader.check(bytes("f7ffffff000005ff"), 0, 8)).isEqualTo(MALFORMED);
    }
}
