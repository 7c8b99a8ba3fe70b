/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.InternetChecksum;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

class MulticastSnoopingTest {

    private static final int ROUTER = 0;
    private static final int LISTENER = 1;
    private static final int OTHER = 2;
    private static final int VLAN = 10;
    private static final String ALL = "0 1 2";
    private static final String GROUP = "239.1.2.3";
    private static final String GROUP6 = "ff05::1:3";

    private final MulticastSnooping snooping = new MulticastSnooping();
    private long now = 1_000;

    @Test
    void everythingIsFloodedAsLongAsNoRouterAsks() {
        send(LISTENER, igmp(0x16, GROUP));
        assertThat(data(OTHER, GROUP)).isEqualTo(ALL);
        assertThat(data6(OTHER, GROUP6)).isEqualTo(ALL);
    }

    @Test
    void groupGoesToItsListenersAndToRouters() {
        routerAsks();
        assertThat(data(OTHER, GROUP)).isEqualTo("0");
        send(LISTENER, igmp(0x16, GROUP));
        assertThat(data(OTHER, GROUP)).isEqualTo("0 1");
        assertThat(data(OTHER, "239.1.2.4")).isEqualTo("0");
    }

    @Test
    void groupsThatShareAMacAddressAreToldApart() {
        routerAsks();
        send(LISTENER, igmp(0x16, "239.1.2.3"));
        assertThat(data(OTHER, "238.129.2.3")).isEqualTo("0");
    }

    @Test
    void vlansHaveGroupsAndRoutersOfTheirOwn() {
        routerAsks();
        send(LISTENER, igmp(0x16, GROUP));
        ByteBuf frame = ipv4Data(GROUP);
        assertThat(ports(snooping.receivers(frame, 14, VLAN + 1, OTHER, now))).isEqualTo(ALL);
        frame.release();
    }

    @Test
    void queriesGoEverywhereAndReportsToRoutersOnly() {
        assertThat(routerAsks()).isEqualTo(ALL);
        assertThat(send(LISTENER, igmp(0x16, GROUP))).isEqualTo("0");
        assertThat(send(LISTENER, igmp(0x12, GROUP))).isEqualTo("0");
        assertThat(send(LISTENER, igmp(0x17, GROUP))).isEqualTo("0");
    }

    @Test
    void queryWithoutAnAddressComesFromNoRouter() {
        assertThat(send(ROUTER, ipv4("0.0.0.0", "224.0.0.1", 2, igmpBody(0x11, "0.0.0.0"))))
                .isEqualTo(ALL);
        send(LISTENER, igmp(0x16, GROUP));
        assertThat(data(OTHER, GROUP)).isEqualTo(ALL);
    }

    @Test
    void groupsOfTheLinkGoEverywhere() {
        routerAsks();
        assertThat(data(OTHER, "224.0.0.5")).isEqualTo(ALL);
        assertThat(data(OTHER, "224.0.1.5")).isEqualTo("0");
        assertThat(data6(OTHER, "ff02::1")).isEqualTo(ALL);
    }

    @Test
    void neighborDiscoveryGoesEverywhereUntilItsGroupIsKnown() {
        routerAsks();
        assertThat(data6(OTHER, "ff02::1:ff00:7")).isEqualTo(ALL);
        send(LISTENER, mld(131, "ff02::1:ff00:7"));
        assertThat(data6(OTHER, "ff02::1:ff00:7")).isEqualTo("0 1");
    }

    @Test
    void listenerThatLeavesIsGivenTimeForOthersToSpeak() {
        routerAsks();
        send(LISTENER, igmp(0x16, GROUP));
        send(LISTENER, igmp(0x17, GROUP));
        assertThat(data(OTHER, GROUP)).isEqualTo("0 1");
        now += GroupTable.LAST_MEMBER_SECONDS + 1;
        assertThat(data(OTHER, GROUP)).isEqualTo("0");
    }

    @Test
    void reportAfterALeaveKeepsThePort() {
        routerAsks();
        send(LISTENER, igmp(0x16, GROUP));
        send(LISTENER, igmp(0x17, GROUP));
        send(LISTENER, igmp(0x16, GROUP));
        now += GroupTable.LAST_MEMBER_SECONDS + 1;
        assertThat(data(OTHER, GROUP)).isEqualTo("0 1");
    }

    @Test
    void whoDoesNotAnswerAQueryForAGroupDoesNotListen() {
        routerAsks();
        send(LISTENER, igmp(0x16, GROUP));
        send(OTHER, igmp(0x16, GROUP));
        send(ROUTER, ipv4("10.0.0.1", GROUP, 2, igmpBody(0x11, GROUP)));
        send(LISTENER, igmp(0x16, GROUP));
        now += GroupTable.LAST_MEMBER_SECONDS + 1;
        assertThat(data(ROUTER, GROUP)).isEqualTo("0 1");
    }

    @Test
    void membershipAndRouterAreForgottenInTime() {
        routerAsks();
        send(LISTENER, igmp(0x16, GROUP));
        now += 200;
        routerAsks();
        now += GroupTable.MEMBERSHIP_SECONDS - 200 + 1;
        assertThat(data(OTHER, GROUP)).isEqualTo("0");
        now += GroupTable.ROUTER_SECONDS;
        assertThat(data(OTHER, GROUP)).isEqualTo(ALL);
    }

    @Test
    void portThatIsGoneListensToNothing() {
        routerAsks();
        send(LISTENER, igmp(0x16, GROUP));
        snooping.remove(LISTENER);
        assertThat(data(OTHER, GROUP)).isEqualTo("0");
        snooping.remove(ROUTER);
        assertThat(data(OTHER, GROUP)).isEqualTo(ALL);
    }

    @Test
    void recordsOfIgmpVersion3JoinAndLeave() {
        routerAsks();
        // MODE_IS_EXCLUDE 239.1.2.3, ALLOW_NEW_SOURCES 239.1.2.4 of one source with auxiliary data, BLOCK 239.1.2.5
        send(
                LISTENER,
                igmpV3(3, "02000000ef010203" + "05010001ef010204" + "0a000009" + "deadbeef" + "06000000ef010205"));
        assertThat(data(OTHER, "239.1.2.3")).isEqualTo("0 1");
        assertThat(data(OTHER, "239.1.2.4")).isEqualTo("0 1");
        assertThat(data(OTHER, "239.1.2.5")).isEqualTo("0");
        send(LISTENER, igmpV3(1, "03000000ef010203"));
        now += GroupTable.LAST_MEMBER_SECONDS + 1;
        assertThat(data(OTHER, "239.1.2.3")).isEqualTo("0");
    }

    @Test
    void recordsBeyondTheEndOfAReportAreIgnored() {
        routerAsks();
        assertThat(send(LISTENER, igmpV3(9, "02000000ef010203" + "0200"))).isEqualTo("0");
        assertThat(data(OTHER, "239.1.2.3")).isEqualTo("0 1");
    }

    @Test
    void mldOfBothVersionsJoinsAndLeaves() {
        routerAsks();
        send(LISTENER, mld(131, GROUP6));
        assertThat(data6(OTHER, GROUP6)).isEqualTo("0 1");
        send(LISTENER, mld(132, GROUP6));
        now += GroupTable.LAST_MEMBER_SECONDS + 1;
        assertThat(data6(OTHER, GROUP6)).isEqualTo("0");
        send(OTHER, mldV2(1, "04000000" + hex("ff05::1:3")));
        assertThat(data6(LISTENER, GROUP6)).isEqualTo("0 2");
        send(OTHER, mldV2(1, "03000000" + hex("ff05::1:3")));
        now += GroupTable.LAST_MEMBER_SECONDS + 1;
        assertThat(data6(LISTENER, GROUP6)).isEqualTo("0");
    }

    @Test
    void messageWithAWrongChecksumSaysNothing() {
        routerAsks();
        ByteBuf report = igmp(0x16, GROUP);
        report.setByte(report.writerIndex() - 1, 99);
        send(LISTENER, report);
        assertThat(data(OTHER, GROUP)).isEqualTo("0");
        ByteBuf mld = mld(131, GROUP6);
        mld.setByte(mld.writerIndex() - 1, 99);
        send(LISTENER, mld);
        assertThat(data6(OTHER, GROUP6)).isEqualTo("0");
    }

    @Test
    void messageOfMldFromBeyondTheLinkSaysNothing() {
        routerAsks();
        ByteBuf mld = mld(131, GROUP6);
        mld.setByte(14 + 7, 64);
        send(LISTENER, mld);
        assertThat(data6(OTHER, GROUP6)).isEqualTo("0");
    }

    @Test
    void framesThatAreCutShortAreFlooded() {
        routerAsks();
        ByteBuf whole = igmp(0x16, GROUP);
        for (int length = 14; length < 34; length++) {
            assertThat(ports(snooping.receivers(whole.slice(0, length), 14, VLAN, OTHER, now)))
                    .isEqualTo(ALL);
        }
        whole.release();
    }

    @Test
    void tooManyGroupsAreFloodedAndNotCutOff() {
        routerAsks();
        for (int i = 0; i <= GroupTable.MAX_GROUPS; i++) {
            send(LISTENER, igmp(0x16, "239.2." + (i >> 8) + "." + (i & 0xff)));
        }
        assertThat(data(OTHER, GROUP)).isEqualTo(ALL);
        assertThat(data(OTHER, "239.2.0.1")).isEqualTo("0 1");
    }

    private String routerAsks() {
        send(ROUTER, mld(130, "::"));
        return send(ROUTER, ipv4("10.0.0.1", "224.0.0.1", 2, igmpBody(0x11, "0.0.0.0")));
    }

    private String data(int from, String group) {
        return send(from, ipv4Data(group));
    }

    private String data6(int from, String group) {
        return send(from, ipv6(group, 17, 64, "0001000200080000"));
    }

    private String send(int from, ByteBuf frame) {
        try {
            return ports(snooping.receivers(frame, 14, VLAN, from, now));
        } finally {
            frame.release();
        }
    }

    private static String ports(Receivers receivers) {
        return IntStream.range(0, 3)
                .filter(receivers::include)
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(" "));
    }

    private static ByteBuf ipv4Data(String group) {
        return ipv4("10.0.0.9", group, 17, "0001000200080000");
    }

    private static ByteBuf igmp(int type, String group) {
        return ipv4("10.0.0.2", group, 2, igmpBody(type, group));
    }

    private static ByteBuf igmpV3(int records, String body) {
        return ipv4("10.0.0.2", "224.0.0.22", 2, checksummed(String.format("220000000000%04x", records) + body, 0));
    }

    private static String igmpBody(int type, String group) {
        return checksummed(String.format("%02x000000", type) + hex(group), 0);
    }

    private static String checksummed(String body, int pseudoHeader) {
        ByteBuf buffer = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(body));
        int sum = InternetChecksum.sum(buffer, 0, buffer.readableBytes(), pseudoHeader);
        buffer.setShort(2, InternetChecksum.complement(sum));
        return ByteBufUtil.hexDump(buffer);
    }

    private static ByteBuf ipv4(String source, String destination, int protocol, String body) {
        int length = 20 + body.length() / 2;
        return frame("0800" + String.format("4500%04x0000000001%02x0000", length, protocol) + hex(source)
                + hex(destination) + body);
    }

    private static ByteBuf mld(int type, String group) {
        return mldMessage(type == 130 ? "ff02::1" : group, String.format("%02x00000000000000", type) + hex(group));
    }

    private static ByteBuf mldV2(int records, String body) {
        return mldMessage("ff02::16", String.format("8f0000000000%04x", records) + body);
    }

    /** With the router alert in front. */
    private static ByteBuf mldMessage(String destination, String body) {
        ByteBuf addresses = Unpooled.wrappedBuffer(
                ByteBufUtil.decodeHexDump("0000000000000000" + hex("fe80::2") + hex(destination)));
        int pseudoHeader = InternetChecksum.pseudoHeaderV6(addresses, 0, 58, body.length() / 2);
        return ipv6(destination, 0, 1, "3a00050200000000" + checksummed(body, pseudoHeader));
    }

    private static ByteBuf ipv6(String destination, int next, int hopLimit, String body) {
        return frame("86dd" + String.format("60000000%04x%02x%02x", body.length() / 2, next, hopLimit) + hex("fe80::2")
                + hex(destination) + body);
    }

    private static ByteBuf frame(String typeAndPayload) {
        return Unpooled.directBuffer()
                .writeBytes(ByteBufUtil.decodeHexDump("01005e00000102000000000a" + typeAndPayload));
    }

    private static String hex(String address) {
        try {
            return ByteBufUtil.hexDump(InetAddress.getByName(address).getAddress());
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
