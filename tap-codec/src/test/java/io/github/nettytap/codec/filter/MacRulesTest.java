/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.testkit.Allocations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Random;

class MacRulesTest {

    private static final MacAddress OWN = MacAddress.parse("52:54:00:00:00:01");
    private static final MacAddress PEER = MacAddress.parse("52:54:00:00:00:02");
    private static final MacAddress GROUP = MacAddress.parse("01:00:5e:00:00:fb");
    private static final MacAddress OTHER_GROUP = MacAddress.parse("33:33:00:00:00:01");

    private static ByteBuf frame(MacAddress destination, MacAddress source, int... tags) {
        ByteBuf frame = Unpooled.buffer();
        frame.writeBytes(destination.toBytes()).writeBytes(source.toBytes());
        for (int tag : tags) {
            frame.writeShort(0x8100).writeShort(tag);
        }
        return frame.writeShort(0x0800).writeZero(46);
    }

    private static MacVerdict verdict(MacRules rules, ByteBuf frame) {
        return rules.verdict(frame, frame.readerIndex(), frame.writerIndex());
    }

    private static MacVerdict to(MacRules rules, MacAddress destination) {
        return verdict(rules, frame(destination, PEER));
    }

    private static MacVerdict from(MacRules rules, MacAddress source, int... tags) {
        return verdict(rules, frame(MacAddress.BROADCAST, source, tags));
    }

    @Test
    void aListedAddressIsAcceptedAndOthersAreNot() {
        MacRules rules = MacRules.builder().destination(OWN).destination(GROUP).build();

        assertThat(to(rules, OWN)).isEqualTo(MacVerdict.ACCEPT_UNICAST);
        assertThat(to(rules, PEER)).isEqualTo(MacVerdict.DROP_UNICAST);
        assertThat(to(rules, GROUP)).isEqualTo(MacVerdict.ACCEPT_GROUP);
        assertThat(to(rules, OTHER_GROUP)).isEqualTo(MacVerdict.DROP_GROUP);
        assertThat(to(rules, MacAddress.BROADCAST)).isEqualTo(MacVerdict.ACCEPT_BROADCAST);
    }

    @Test
    void broadcastCanBeRefused() {
        MacRules rules = MacRules.builder().broadcast(false).allMulticast(true).build();

        assertThat(to(rules, MacAddress.BROADCAST)).isEqualTo(MacVerdict.DROP_BROADCAST);
    }

    @Test
    void allMulticastAcceptsGroupsOnly() {
        MacRules rules =
                MacRules.builder().destination(GROUP).allMulticast(true).build();

        assertThat(to(rules, OTHER_GROUP)).isEqualTo(MacVerdict.ACCEPT_ALL_MULTICAST);
        assertThat(to(rules, GROUP)).isEqualTo(MacVerdict.ACCEPT_GROUP);
        assertThat(to(rules, OWN)).isEqualTo(MacVerdict.DROP_UNICAST);
    }

    @Test
    void promiscuousAcceptsEveryDestination() {
        MacRules rules = MacRules.builder()
                .destination(OWN)
                .promiscuous(true)
                .broadcast(false)
                .build();

        assertThat(to(rules, OWN)).isEqualTo(MacVerdict.ACCEPT_UNICAST);
        assertThat(to(rules, PEER)).isEqualTo(MacVerdict.ACCEPT_PROMISCUOUS);
        assertThat(to(rules, GROUP)).isEqualTo(MacVerdict.ACCEPT_ALL_MULTICAST);
        assertThat(to(rules, MacAddress.BROADCAST)).isEqualTo(MacVerdict.ACCEPT_BROADCAST);
    }

    @Test
    void aPortMaySendOnlyFromItsAddresses() {
        MacRules rules = MacRules.ALL.toBuilder().source(OWN).build();

        assertThat(from(rules, OWN)).isEqualTo(MacVerdict.ACCEPT_BROADCAST);
        assertThat(from(rules, PEER)).isEqualTo(MacVerdict.DROP_SOURCE);
        assertThat(from(rules, GROUP)).isEqualTo(MacVerdict.DROP_GROUP_SOURCE);
        assertThat(from(MacRules.ALL, PEER)).isEqualTo(MacVerdict.ACCEPT_BROADCAST);
    }

    @Test
    void withoutAnyListedSourceNothingMayBeSent() {
        MacRules rules = MacRules.ALL.toBuilder().checkSources().build();

        assertThat(from(rules, OWN)).isEqualTo(MacVerdict.DROP_SOURCE);
    }

    @Test
    void aSourceCanBeListedForOneVlan() {
        MacRules rules = MacRules.ALL.toBuilder().source(OWN, 5).source(PEER, 0).build();

        assertThat(from(rules, OWN, 0x6005)).isEqualTo(MacVerdict.ACCEPT_BROADCAST);
        assertThat(from(rules, OWN, 6)).isEqualTo(MacVerdict.DROP_SOURCE);
        assertThat(from(rules, OWN)).isEqualTo(MacVerdict.DROP_SOURCE);
        assertThat(from(rules, PEER)).isEqualTo(MacVerdict.ACCEPT_BROADCAST);
        assertThat(from(rules, PEER, 0x2000)).isEqualTo(MacVerdict.ACCEPT_BROADCAST);
        assertThat(from(rules, PEER, 5)).isEqualTo(MacVerdict.DROP_SOURCE);
    }

    @Test
    void aDestinationCanBeListedForOneVlan() {
        MacRules rules =
                MacRules.builder().destination(OWN, 5).destination(GROUP, 5).build();

        assertThat(verdict(rules, frame(OWN, PEER, 5))).isEqualTo(MacVerdict.ACCEPT_UNICAST);
        assertThat(verdict(rules, frame(OWN, PEER, 6))).isEqualTo(MacVerdict.DROP_UNICAST);
        assertThat(verdict(rules, frame(GROUP, PEER, 5))).isEqualTo(MacVerdict.ACCEPT_GROUP);
        assertThat(verdict(rules, frame(GROUP, PEER))).isEqualTo(MacVerdict.DROP_GROUP);
    }

    @Test
    void theOutermostTagCounts() {
        MacRules rules = MacRules.ALL.toBuilder().vlan(5).build();
        ByteBuf qinq = frame(OWN, PEER, 5, 6).setShort(12, 0x88a8);

        assertThat(verdict(rules, qinq)).isEqualTo(MacVerdict.ACCEPT_PROMISCUOUS);
        assertThat(verdict(rules, frame(OWN, PEER, 6, 5))).isEqualTo(MacVerdict.DROP_VLAN);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 63, 64, 4094})
    void onlyListedVlansPass(int listed) {
        MacRules rules = MacRules.ALL.toBuilder().vlan(listed).build();

        for (int vlan = 1; vlan < 4096; vlan++) {
            assertThat(verdict(rules, frame(OWN, PEER, vlan)).isAccepted()).isEqualTo(vlan == listed);
        }
        assertThat(verdict(rules, frame(OWN, PEER)).isAccepted()).isEqualTo(listed == 0);
    }

    @Test
    void aFrameWithoutItsHeaderIsMalformed() {
        MacRules vlans = MacRules.ALL.toBuilder().vlan(5).build();
        ByteBuf tagged = frame(OWN, PEER, 5);

        for (int length = 0; length < 18; length++) {
            assertThat(vlans.verdict(tagged, 0, length)).isEqualTo(MacVerdict.DROP_MALFORMED);
            assertThat(MacRules.ALL.verdict(tagged, 0, length))
                    .isEqualTo(length < 14 ? MacVerdict.DROP_MALFORMED : MacVerdict.ACCEPT_PROMISCUOUS);
        }
    }

    @Test
    void aBuilderThatGoesOnDoesNotChangeItsRules() {
        MacRules.Builder builder = MacRules.builder().destination(OWN).vlan(0).checkSources();
        MacRules before = builder.build();
        builder.destination(PEER).vlan(5).source(PEER).promiscuous(true);

        assertThat(before)
                .hasToString("MacRules(unicasts=1, groups=0, sources=0, vlans=1, broadcast=true, allMulticast=false,"
                        + " promiscuous=false)");
        assertThat(before.toBuilder().build()).hasToString(before.toString());
        assertThat(builder.build().addressCount()).isEqualTo(3);
    }

    @Test
    void aVerdictMakesNoGarbage() {
        MacRules.Builder builder = MacRules.builder();
        Random random = new Random(1);
        for (int i = 0; i < 10_000; i++) {
            builder.destination(random.nextLong() & 0xfeff_ffff_ffffL).source(0x525400000000L + i);
        }
        MacRules rules = builder.vlan(0).vlan(5).build();
        ByteBuf frame = frame(OWN, PEER, 5);
        Runnable verdicts = () -> {
            for (int i = 0; i < 100_000; i++) {
                verdict(rules, frame);
            }
        };
        verdicts.run();
        // The measuring may allocate a little; a byte a verdict would be a hundred thousand.
        assertThat(Allocations.of(verdicts)).isLessThan(10_000);
    }

    @Test
    void whatCannotBeListedIsRefused() {
        MacRules.Builder builder = MacRules.builder();
        assertThatThrownBy(() -> builder.source(GROUP))
                .hasMessage("source is a group address: address=01:00:5e:00:00:fb (expected: unicast)");
        assertThatThrownBy(() -> builder.destination(1L << 48))
                .hasMessage("MAC address exceeds 48 bits: value=0x1000000000000");
        assertThatThrownBy(() -> builder.vlan(4095))
                .hasMessage("VLAN out of range: vlan=4095 (expected: 1..4094, or 0 for untagged)");
        assertThatThrownBy(() -> builder.destination(OWN, -1))
                .hasMessage("VLAN out of range: vlan=-1 (expected: 1..4094, or 0 for untagged)");
    }
}
