/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.MacAddress;
import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

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
    void inAFullTableANewAddressReplacesOneOfItsOwnEndpointThatNobodyTalksTo() {
        peers.learn(5, A.value(), FIRST, 0);
        peers.learn(5, B.value(), FIRST, 5 * SECOND);
        find(A, 5 * SECOND);
        peers.learn(5, 0x525400000003L, FIRST, 6 * SECOND);

        assertThat(peers.evicted()).isOne();
        assertThat(find(A, 6 * SECOND)).isEqualTo(FIRST);
        assertThat(find(B, 6 * SECOND)).isNull();
        assertThat(peers.size(5)).isEqualTo(2);
    }

    @Test
    void whatIsOldMakesRoomBeforeAnythingIsEvicted() {
        peers.learn(5, A.value(), FIRST, 0);
        peers.learn(5, B.value(), FIRST, 11 * SECOND);
        peers.learn(5, 0x525400000003L, FIRST, 13 * SECOND);

        assertThat(peers.evicted()).isZero();
        assertThat(find(B, 13 * SECOND)).isEqualTo(FIRST);
        assertThat(peers.learned()).isEqualTo(2);
    }

    /** One endpoint, or whoever forges its address, makes up a million inner addresses beside an honest one. */
    @Test
    void anEndpointThatFloodsTheTableTakesNothingFromAnother() {
        VxlanPeers large = new VxlanPeers(4789, Duration.ofSeconds(300), 4_096);
        large.addNetwork(5);
        for (int i = 1; i <= 1_000; i++) {
            large.learn(5, 0x5254_0000_0000L + i, SECOND_REMOTE, 0);
        }
        for (int i = 0; i < 1_000_000; i++) {
            large.learn(5, 0x0600_0000_0000L + i, FIRST, i * 100_000L);
        }
        for (int i = 1; i <= 1_000; i++) {
            assertThat(large.find(5, 0x5254_0000_0000L + i, 100 * SECOND)).isNotNull();
        }
        large.learn(5, A.value(), SECOND_REMOTE, 100 * SECOND);
        assertThat(large.find(5, A.value(), 100 * SECOND))
                .as("a new one of the honest")
                .isNotNull();
        assertThat(large.learned()).isLessThanOrEqualTo(4_096);
    }

    @Test
    void onceSomebodyIsAllowedToSendOthersAreNot() {
        assertThat(peers.isAllowed(FIRST)).isTrue();
        peers.allowSender(SECOND_REMOTE);
        assertThat(peers.isAllowed(FIRST)).isFalse();
        assertThat(peers.isAllowed(SECOND_REMOTE)).isTrue();
    }

    @Test
    void whatIsSetDoesNotCountAgainstTheBound() {
        peers.learn(5, A.value(), FIRST, 0);
        peers.set(5, A, FIRST);
        peers.set(5, B, FIRST);
        peers.learn(5, 0x20, FIRST, 0);
        peers.learn(5, 0x22, FIRST, 0);
        peers.learn(5, 0x24, FIRST, 0);

        assertThat(peers.size(5)).isEqualTo(4);
        assertThat(peers.evicted()).isOne();
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
