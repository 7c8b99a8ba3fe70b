/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.InternetChecksum;
import io.github.nettytap.codec.wire.MacAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

class MulticastSnoopingTest {

    private static final int ROUTER = 0;
    private static final int LISTENER = 1;
    private static final int OTHER = 2;
    private static final int VLAN = 10;
    private static final int CAPACITY = 64;
    private static final int BUDGET = 16;
    private static final String ALL = "0 1 2";
    private static final String GROUP = "239.1.2.3";
    private static final String GROUP6 = "ff05::1:3";

    private final MulticastSnooping snooping = new MulticastSnooping(CAPACITY, BUDGET);
    private long now = 1_000;
    private boolean heardByAll = true;

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
        assertThat(ports(snooping.receivers(frame, 14, VLAN + 1, OTHER, mac(frame), true, now)))
                .isEqualTo(ALL);
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
            assertThat(ports(snooping.receivers(whole.slice(0, length), 14, VLAN, OTHER, mac(whole), true, now)))
                    .isEqualTo(ALL);
        }
        whole.release();
    }

    @Test
    void aPortWithTooManyGroupsGetsWhatNobodyIsKnownToListenToAndOthersLoseNothing() {
        routerAsks();
        send(OTHER, igmp(0x16, GROUP));
        for (int i = 0; i < 3 * CAPACITY; i++) {
            send(LISTENER, igmp(0x16, "239.2.0." + i));
        }
        assertThat(data(ROUTER, GROUP)).as("of the other port").isEqualTo("0 1 2");
        assertThat(data(OTHER, "239.2.0.1")).as("forgotten, and so sent there").isEqualTo("0 1");
        assertThat(data(OTHER, "239.9.9.9")).isEqualTo("0 1");
        assertThat(snooping.counters().size()).isEqualTo(BUDGET + 1);
        assertThat(snooping.counters().evicted()).isEqualTo(3 * CAPACITY - BUDGET);
        now += GroupTable.MEMBERSHIP_SECONDS - 10;
        routerAsks();
        now += 11;
        assertThat(data(OTHER, "239.9.9.9")).isEqualTo("0");
    }

    @Test
    void aFullTableFloodsUnknownGroupsToThosePortsThatLostOne() {
        MulticastSnooping full = new MulticastSnooping(4, 4);
        for (int port = 0; port < 8; port++) {
            ByteBuf report = igmp(0x16, "239.2.0." + port);
            full.receivers(report, 14, VLAN, port, mac(report), true, now);
            report.release();
        }
        ByteBuf query = ipv4("10.0.0.1", "224.0.0.1", 2, igmpBody(0x11, "0.0.0.0"));
        full.receivers(query, 14, VLAN, 9, mac(query), true, now);
        query.release();
        ByteBuf data = ipv4Data("239.2.0.0");
        Receivers receivers = full.receivers(data, 14, VLAN, 9, mac(data), true, now);
        data.release();
        assertThat(receivers.include(0))
                .as("lost its membership, and still gets its group")
                .isTrue();
        assertThat(receivers.include(7)).isFalse();
    }

    @Test
    void aPortEntersSoManyGroupsASecondAndGetsTheOthersFlooded() {
        MulticastSnooping large = new MulticastSnooping(100_000, 100_000);
        for (int i = 0; i < 1_000; i++) {
            ByteBuf report = igmp(0x16, "239.2." + (i >> 8) + "." + (i & 0xff));
            large.receivers(report, 14, VLAN, LISTENER, mac(report), true, now);
            report.release();
        }
        assertThat(large.counters().size()).isEqualTo(GroupTable.MAX_JOINS_PER_SECOND);
        assertThat(large.counters().refused()).isEqualTo(1_000 - GroupTable.MAX_JOINS_PER_SECOND);
    }

    @Test
    void groupsThatGoEverywhereAndAddressesThatAreNoGroupsAreNotEntered() {
        for (String group : List.of("224.0.0.251", "10.0.0.1", "0.0.0.0", "255.255.255.255")) {
            send(LISTENER, igmp(0x16, group));
        }
        for (String group : List.of("ff02::1", "ff01::5", "ff00::5", "fe80::1", "::")) {
            send(LISTENER, mld(131, group));
        }
        assertThat(snooping.counters().size()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        // S flag and robustness, number of sources: whether those who do not answer are forgotten
        "02, 0000, true",
        "00, 0000, true",
        "0a, 0000, false",
        "02, 0001, false"
    })
    void queriesOfVersion3SayWhetherTimersComeForward(String flags, String sources, boolean forgets) {
        routerAsks();
        send(LISTENER, igmp(0x16, GROUP));
        send(LISTENER, mld(131, GROUP6));
        String source = sources.equals("0001") ? "0a000009" : "";
        send(
                ROUTER,
                ipv4("10.0.0.1", GROUP, 2, checksummed("110a0000" + hex(GROUP) + flags + "7d" + sources + source, 0)));
        String source6 = sources.equals("0001") ? hex("2001:db8::9") : "";
        send(ROUTER, mldMessage(GROUP6, "8200000003e80000" + hex(GROUP6) + flags + "7d" + sources + source6));
        now += GroupTable.LAST_MEMBER_SECONDS + 1;
        assertThat(data(OTHER, GROUP)).isEqualTo(forgets ? "0" : "0 1");
        assertThat(data6(OTHER, GROUP6)).isEqualTo(forgets ? "0" : "0 1");
    }

    @Test
    void whoIsAskedHasTheTimeThatTheQuerySays() {
        routerAsks();
        send(LISTENER, igmp(0x16, GROUP));
        // 5.0 s, robustness 3: 15 s and the grain.
        send(ROUTER, ipv4("10.0.0.1", GROUP, 2, checksummed("11320000" + hex(GROUP) + "037d0000", 0)));
        now += 16;
        assertThat(data(OTHER, GROUP)).isEqualTo("0 1");
        now += 1;
        assertThat(data(OTHER, GROUP)).isEqualTo("0");
    }

    @Test
    void responseCodesAreFloatingPointNumbersInTheNewerVersions() {
        assertThat(QueryTimes.igmp(0x7f, true)).isEqualTo(127);
        assertThat(QueryTimes.igmp(0x80, true)).isEqualTo(128);
        assertThat(QueryTimes.igmp(0xff, true)).isEqualTo(31_744);
        assertThat(QueryTimes.igmp(0xff, false)).isEqualTo(255);
        assertThat(QueryTimes.mld(0x7fff, true)).isEqualTo(32_767);
        assertThat(QueryTimes.mld(0x8000, true)).isEqualTo(32_768);
        assertThat(QueryTimes.mld(0xffff, true)).isEqualTo(8_387_584);
        assertThat(QueryTimes.mld(0xffff, false)).isEqualTo(65_535);
    }

    /**
     * An isolated port, or one whose storm limit is used up, could end what others listen to without their hearing of
     * it.
     */
    @Test
    void aQueryThatListenersWillNotHearEndsNothing() {
        routerAsks();
        send(LISTENER, igmp(0x16, GROUP));
        heardByAll = false;
        send(OTHER, ipv4("10.0.0.9", GROUP, 2, igmpBody(0x11, GROUP)));
        heardByAll = true;
        // To another group than it asks about.
        send(OTHER, ipv4("10.0.0.9", "239.9.9.9", 2, igmpBody(0x11, GROUP)));
        // To the right group, in a frame to another.
        ByteBuf query = ipv4("10.0.0.9", GROUP, 2, igmpBody(0x11, GROUP));
        snooping.receivers(
                query, 14, VLAN, OTHER, MacAddress.parse("01:00:5e:09:09:09").value(), true, now);
        query.release();
        now += GroupTable.LAST_MEMBER_SECONDS + 1;
        assertThat(data(ROUTER, GROUP)).contains("1");
    }

    @Test
    void helloOfPimMarksItsPortAsLongAsItSays() {
        routerAsks();
        // Hold time 210 s behind another option.
        String hello = "20000000" + "00130004" + "00000001" + "0001000200d2";
        assertThat(send(OTHER, ipv4("10.0.0.7", "224.0.0.13", 103, hello))).isEqualTo(ALL);
        assertThat(send(OTHER, ipv6("ff02::d", 103, 1, hello))).isEqualTo(ALL);
        assertThat(data(LISTENER, GROUP)).isEqualTo("0 2");
        assertThat(data6(LISTENER, GROUP6)).isEqualTo("0 2");
        assertThat(send(LISTENER, igmp(0x16, GROUP))).isEqualTo("0 2");
        now += 211;
        assertThat(data(LISTENER, "239.9.9.9")).isEqualTo("0");
        assertThat(data6(LISTENER, GROUP6)).isEqualTo("0");
        send(OTHER, ipv4("10.0.0.7", "224.0.0.13", 103, hello));
        send(OTHER, ipv4("10.0.0.7", "224.0.0.13", 103, "20000000" + "000100020000"));
        assertThat(data(LISTENER, "239.9.9.9")).as("it says goodbye").isEqualTo("0");
    }

    @Test
    void otherMessagesOfPimAndHellosToElsewhereMarkNothing() {
        routerAsks();
        send(OTHER, ipv4("10.0.0.7", "224.0.0.13", 103, "23000000"));
        send(OTHER, ipv4("10.0.0.7", GROUP, 103, "20000000"));
        send(OTHER, ipv4("10.0.0.7", "224.0.0.13", 103, "200000"));
        assertThat(data(LISTENER, "239.9.9.9")).isEqualTo("0");
    }

    @Test
    void advertisementOfAMulticastRouterMarksItsPort() {
        routerAsks();
        assertThat(send(OTHER, ipv4("10.0.0.7", "224.0.0.106", 2, checksummed("30140000" + "007d0002", 0))))
                .isEqualTo(ALL);
        assertThat(send(OTHER, mldMessage("ff02::6a", "97140000" + "007d0002"))).isEqualTo(ALL);
        assertThat(data(LISTENER, GROUP)).isEqualTo("0 2");
        assertThat(data6(LISTENER, GROUP6)).isEqualTo("0 2");
        send(OTHER, ipv4("10.0.0.7", "224.0.0.106", 2, checksummed("32000000", 0)));
        send(OTHER, mldMessage("ff02::6a", "99000000"));
        assertThat(data(LISTENER, GROUP)).isEqualTo("0");
        assertThat(data6(LISTENER, GROUP6)).isEqualTo("0");
    }

    @Test
    void aRouterPortThatWasSetGetsEverything() {
        snooping.staticRouter(OTHER, true);
        routerAsks();
        assertThat(data(LISTENER, GROUP)).isEqualTo("0 2");
        snooping.remove(OTHER);
        assertThat(data6(LISTENER, GROUP6)).isEqualTo("0 2");
        snooping.staticRouter(OTHER, false);
        assertThat(data(LISTENER, GROUP)).isEqualTo("0");
    }

    /** A report may have room for many records, and each costs the same whatever the table holds. */
    @Test
    void randomReportsNeverExceedAnyBudget() {
        Random random = new Random(3);
        for (int i = 0; i < 100_000; i++) {
            now += random.nextInt(50) == 0 ? 1 : 0;
            int port = random.nextInt(3);
            String group = "239.1." + random.nextInt(2) + "." + random.nextInt(200);
            switch (random.nextInt(10)) {
                case 0 -> send(port, igmp(0x17, group));
                case 1 -> snooping.remove(random.nextInt(20) == 0 ? port : 99);
                case 2 -> send(port, ipv4("10.0.0.1", group, 2, igmpBody(0x11, group)));
                default -> send(port, igmp(0x16, group));
            }
            assertThat(snooping.counters().size()).isLessThanOrEqualTo(3 * BUDGET);
        }
        now += GroupTable.MEMBERSHIP_SECONDS + 1;
        assertThat(data(OTHER, GROUP)).isEqualTo(ALL);
        assertThat(snooping.counters().size()).isZero();
    }

    /** As frames to an IP group have it, whatever the frame that the other methods make. */
    private static long mac(ByteBuf frame) {
        return frame.getUnsignedShort(12) == 0x0800
                ? 0x0100_5e00_0000L | frame.getInt(30) & 0x7f_ffffL
                : 0x3333_0000_0000L | frame.getUnsignedInt(50);
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
            return ports(snooping.receivers(frame, 14, VLAN, from, mac(frame), heardByAll, now));
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
