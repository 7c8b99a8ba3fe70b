/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.filter;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.nettytap.codec.testing.CountedBuf;
import io.github.nettytap.codec.wire.MacAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

import java.util.HashSet;
import java.util.Set;

class MacRulesFuzzTest {

    /** The same rules in the plainest form. */
    private static final class Model {
        private final Set<String> destinations = new HashSet<>();
        private final Set<String> sources = new HashSet<>();
        private final Set<Integer> vlans = new HashSet<>();
        private boolean checkSources;
        private boolean broadcast;
        private boolean allMulticast;
        private boolean promiscuous;

        private boolean isAccepted(long destination, long source, int vlan) {
            if (!vlans.isEmpty() && !vlans.contains(vlan)) {
                return false;
            }
            boolean known = sources.contains(source + "") || sources.contains(source + "/" + vlan);
            if (checkSources && (isGroup(source) || !known)) {
                return false;
            }
            if (promiscuous) {
                return true;
            }
            if (destination == 0xffff_ffff_ffffL) {
                return broadcast;
            }
            return destinations.contains(destination + "")
                    || destinations.contains(destination + "/" + vlan)
                    || allMulticast && isGroup(destination);
        }

        private static boolean isGroup(long address) {
            return (address >>> 40 & 1) != 0;
        }
    }

    /** Few different ones, so that rules and frames meet. */
    private static long address(FuzzedDataProvider data) {
        long address = data.consumeLong(0, 0xffff_ffff_ffffL);
        return data.consumeBoolean() ? address & 0x0100_0000_0003L : address;
    }

    private static void addRule(FuzzedDataProvider data, MacRules.Builder rules, Model model) {
        long address = address(data);
        int vlan = data.consumeInt(0, 4094);
        switch (data.consumeInt(0, 8)) {
            case 0:
                rules.destination(address);
                model.destinations.add(address + "");
                break;
            case 1:
                rules.destination(MacAddress.of(address), vlan);
                model.destinations.add(address + "/" + vlan);
                break;
            case 2:
                if (!Model.isGroup(address)) {
                    rules.source(address);
                    model.sources.add(address + "");
                    model.checkSources = true;
                }
                break;
            case 3:
                if (!Model.isGroup(address)) {
                    rules.source(MacAddress.of(address), vlan);
                    model.sources.add(address + "/" + vlan);
                    model.checkSources = true;
                }
                break;
            case 4:
                rules.vlan(vlan);
                model.vlans.add(vlan);
                break;
            case 5:
                rules.checkSources();
                model.checkSources = true;
                break;
            case 6:
                model.broadcast = data.consumeBoolean();
                rules.broadcast(model.broadcast);
                break;
            case 7:
                model.allMulticast = data.consumeBoolean();
                rules.allMulticast(model.allMulticast);
                break;
            default:
                model.promiscuous = data.consumeBoolean();
                rules.promiscuous(model.promiscuous);
        }
    }

    @FuzzTest(maxDuration = "1m")
    void aVerdictIsWhatTheRulesSay(FuzzedDataProvider data) {
        MacRules.Builder builder = MacRules.builder().broadcast(false);
        Model model = new Model();
        for (int i = data.consumeInt(0, 20); i > 0; i--) {
            addRule(data, builder, model);
        }
        long destination = address(data);
        long source = address(data);
        boolean tagged = data.consumeBoolean();
        int vlan = tagged ? data.consumeInt(0, 4094) : 0;
        ByteBuf frame = Unpooled.buffer(18)
                .writeShort((int) (destination >>> 32))
                .writeInt((int) destination)
                .writeShort((int) (source >>> 32))
                .writeInt((int) source);
        if (tagged) {
            frame.writeShort(0x8100)
                    .writeShort(data.consumeInt(0, 15) << 12 | vlan)
                    .writeShort(0x0800);
        } else {
            frame.writeShort(0x0800);
        }
        MacRules rules = builder.build();
        MacRules copy = rules.toBuilder().build();

        MacVerdict verdict = rules.verdict(frame, 0, frame.writerIndex());
        assertThat(verdict.isAccepted()).isEqualTo(model.isAccepted(destination, source, vlan));

        assertThat(copy.verdict(frame, 0, frame.writerIndex())).isEqualTo(verdict);
    }

    @FuzzTest(maxDuration = "1m")
    void anyBytesAreJudged(byte[] data) {
        CountedBuf frame = new CountedBuf(data);
        MacRules rules = MacRules.ALL.toBuilder().vlan(0).vlan(5).build();
        boolean tagged =
                data.length >= 14 && (frame.getShort(12) == (short) 0x8100 || frame.getShort(12) == (short) 0x88a8);

        frame.clearReads();
        assertThat(rules.verdict(frame, 0, data.length) == MacVerdict.DROP_MALFORMED)
                .isEqualTo(data.length < (tagged ? 18 : 14));
        // Addresses and tag, however long the frame is.
        assertThat(frame.reads()).isLessThan(10);
    }
}
