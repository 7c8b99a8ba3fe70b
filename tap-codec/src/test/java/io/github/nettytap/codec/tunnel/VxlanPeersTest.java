/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.MacAddress;
import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

class VxlanPeersTest {

    private static final long SECOND = 1_000_000_000L;
    private static final MacAddress A = MacAddress.parse("52:54:00:00:00:0a");
    private static final MacAddress B = MacAddress.parse("52:54:00:00:00:0b");
    private static final InetAddress FIRST = address(1);
    private static final InetAddress SECOND_REMOTE = address(2);

    private final VxlanPeers peers = new VxlanPeers(4789, Duration.ofSeconds(10), 2);

    VxlanPeersTest() {
        peers.addNetwork(5);
    }

    private static InetAddress address(int last) {
        try {
            return InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) last});
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private InetAddress find(MacAddress address, long now) {
        InetSocketAddress remote = peers.find(5, address.value(), now);
        assertThat(remote == null || remote.getPort() == 4789).isTrue();
        return remote == null ? null : remote.getAddress();
    }

    @Test
    void anAddressIsLearnedAndMoves() {
        assertThat(find(A, 0)).isNull();
        peers.learn(5, A.value(), FIRST, 0);
        assertThat(find(A, 0)).isEqualTo(FIRST);
        peers.learn(5, A.value(), SECOND_REMOTE, 0);

        assertThat(find(A, 0)).isEqualTo(SECOND_REMOTE);
        assertThat(peers.moved()).isOne();
        assertThat(peers.size(5)).isOne();
    }

    @Test
    void whatIsNotSeenAgainIsForgotten() {
        peers.learn(5, A.value(), FIRST, 0);
        peers.learn(5, A.value(), FIRST, 5 * SECOND);

        assertThat(find(A, 15 * SECOND)).isEqualTo(FIRST);
        assertThat(find(A, 15 * SECOND + 1)).isNull();
        assertThat(peers.size(5)).isZero();
    }

    @Test
    void aClockThatWrapsDoesNotMatter() {
        peers.learn(5, A.value(), FIRST, Long.MAX_VALUE - 1);

        assertThat(find(A, Long.MIN_VALUE + SECOND)).isEqualTo(FIRST);
        assertThat(find(A, Long.MIN_VALUE + 11 * SECOND)).isNull();
    }

    @Test
    void whatIsSetStaysAndDoesNotMove() {
        peers.learn(5, A.value(), SECOND_REMOTE, 0);
        peers.set(5, A, FIRST);
        peers.learn(5, A.value(), SECOND_REMOTE, 1);

        assertThat(find(A, 1_000 * SECOND)).isEqualTo(FIRST);
        assertThat(peers.moved()).isZero();
    }

    @Test
    void aFullNetworkRefusesAndTakesAgainWhatIsOldWasForgotten() {
        peers.learn(5, A.value(), FIRST, 0);
        peers.learn(5, B.value(), FIRST, 5 * SECOND);
        peers.learn(5, 0x525400000003L, FIRST, 6 * SECOND);
        assertThat(peers.refused()).isOne();
        peers.learn(5, 0x525400000003L, FIRST, 11 * SECOND);

        assertThat(peers.refused()).isOne();
        assertThat(find(A, 11 * SECOND)).isNull();
        assertThat(find(B, 11 * SECOND)).isEqualTo(FIRST);
        assertThat(peers.find(5, 0x525400000003L, 11 * SECOND)).isNotNull();
    }

    @Test
    void whatIsSetDoesNotCountAgainstTheBound() {
        peers.learn(5, A.value(), FIRST, 0);
        peers.set(5, A, FIRST);
        peers.set(5, B, FIRST);
        peers.learn(5, 1, FIRST, 0);
        peers.learn(5, 2, FIRST, 0);
        peers.learn(5, 3, FIRST, 0);

        assertThat(peers.size(5)).isEqualTo(4);
        assertThat(peers.refused()).isOne();
    }

    @Test
    void groupAddressesAreNotLearned() {
        peers.learn(5, MacAddress.BROADCAST.value(), FIRST, 0);

        assertThat(peers.size(5)).isZero();
    }

    @Test
    void learningCanBeTurnedOff() {
        peers.learning(false);
        peers.learn(5, A.value(), FIRST, 0);

        assertThat(peers.size(5)).isZero();
    }

    @Test
    void networksAreKeptApart() {
        peers.addNetwork(6);
        peers.learn(5, A.value(), FIRST, 0);
        peers.learn(6, A.value(), SECOND_REMOTE, 0);
        peers.learn(7, A.value(), FIRST, 0);

        assertThat(find(A, 0)).isEqualTo(FIRST);
        assertThat(peers.find(6, A.value(), 0).getAddress()).isEqualTo(SECOND_REMOTE);
        assertThat(peers.find(7, A.value(), 0)).isNull();
        assertThat(peers.removeNetwork(6)).isTrue();
        assertThat(peers.removeNetwork(6)).isFalse();
        assertThat(peers.hasNetwork(6)).isFalse();
    }

    @Test
    void chosenAddressesDoNotCollide() {
        Set<Integer> slots = new HashSet<>();
        for (long i = 0; i < 65_536; i++) {
            long address = 0x5254_0000_0000L + (i << 16 ^ i << 32); // the map's own hash has one value for all
            slots.add((int) (peers.key(address) ^ peers.key(address) >>> 32) & 0x1_ffff);
        }

        // By chance, 65,536 keys hit 51,567 of 131,072 slots.
        assertThat(slots).hasSizeBetween(50_000, 53_000);
    }

    @Test
    void joiningAgainKeepsWhatIsKnown() {
        peers.learn(5, A.value(), FIRST, 0);
        peers.addNetwork(5);

        assertThat(peers.size(5)).isOne();
    }

    @Test
    void aRemoteTakesItsAddressesWithIt() {
        peers.addRemote(5, FIRST);
        peers.addRemote(5, FIRST);
        peers.addRemote(5, SECOND_REMOTE);
        peers.learn(5, A.value(), FIRST, 0);
        peers.set(5, B, SECOND_REMOTE);
        assertThat(peers.remotes(5)).hasSize(2);

        assertThat(peers.removeRemote(5, FIRST)).isTrue();
        assertThat(peers.removeRemote(5, FIRST)).isFalse();
        assertThat(peers.remotes(5)).extracting(InetSocketAddress::getAddress).containsExactly(SECOND_REMOTE);
        assertThat(find(A, 0)).isNull();
        assertThat(find(B, 0)).isEqualTo(SECOND_REMOTE);
    }

    @Test
    void anAddressCanBeForgotten() {
        peers.learn(5, A.value(), FIRST, 0);
        peers.set(5, B, FIRST);

        assertThat(peers.forget(5, A)).isTrue();
        assertThat(peers.forget(5, B)).isTrue();
        assertThat(peers.forget(5, A)).isFalse();
        assertThat(peers.size(5)).isZero();
    }

    @Test
    void allAddressesAreShown() {
        peers.learn(5, A.value(), FIRST, 0);
        peers.set(5, B, SECOND_REMOTE);
        List<String> shown = new ArrayList<>();
        peers.forEach(
                5,
                (address, remote, fixed) -> shown.add(
                        MacAddress.of(address) + " " + remote.getAddress().getHostAddress() + " " + fixed));
        peers.forEach(9, (address, remote, fixed) -> shown.add("none"));

        assertThat(shown)
                .containsExactlyInAnyOrder("52:54:00:00:00:0a 10.0.0.1 false", "52:54:00:00:00:0b 10.0.0.2 true");
    }

    @Test
    void aNetworkThatWasNotJoinedIsReported() {
        assertThatThrownBy(() -> peers.addRemote(9, FIRST)).hasMessage("network not joined: vni=9");
        assertThatThrownBy(() -> peers.addNetwork(1 << 24))
                .hasMessage("VNI out of range: vni=16777216 (expected: 0..16777215)");
        assertThat(peers.remotes(9)).isEmpty();
        assertThat(peers.size(9)).isZero();
    }
}
