/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.net.routing.packet.IpAddress;
import org.junit.jupiter.api.Test;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

class DhcpLeasesTest {

    private static final int FIRST = (int) IpAddress.low(address("10.0.0.10"));
    private static final long ONE = 0x02_00_00_00_00_01L;
    private static final long TWO = 0x02_00_00_00_00_02L;
    private static final long THREE = 0x02_00_00_00_00_03L;

    private final AtomicLong millis = new AtomicLong(1_000_000);
    private final DhcpLeases leases =
            new DhcpLeases(new DhcpPool(address("10.0.0.10"), address("10.0.0.11"), List.of()), millis::get);

    private static Inet4Address address(String text) {
        try {
            return (Inet4Address) InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void eachClientGetsAnAddressOfItsOwnAndKeepsIt() {
        assertThat(leases.offer(ONE, 0)).isEqualTo(FIRST);
        assertThat(leases.offer(TWO, 0)).isEqualTo(FIRST + 1);
        assertThat(leases.offer(ONE, 0)).isEqualTo(FIRST);
        assertThat(leases.lease(ONE, FIRST)).isTrue();
        assertThat(leases.offer(THREE, 0)).isZero();
    }

    @Test
    void wishIsGrantedIfItIsFree() {
        assertThat(leases.offer(ONE, FIRST + 1)).isEqualTo(FIRST + 1);
        assertThat(leases.offer(TWO, FIRST + 1)).isEqualTo(FIRST);
    }

    @Test
    void addressOfAnotherOrOfNobodyIsNotLeased() {
        leases.offer(ONE, 0);
        assertThat(leases.lease(TWO, FIRST)).isFalse();
        assertThat(leases.lease(TWO, FIRST + 2)).isFalse();
        assertThat(leases.lease(TWO, FIRST - 1)).isFalse();
    }

    @Test
    void offerThatIsNotTakenIsFreeAgain() {
        leases.offer(ONE, 0);
        leases.offer(TWO, 0);
        millis.addAndGet(60_000);
        assertThat(leases.offer(THREE, 0)).isEqualTo(FIRST);
    }

    @Test
    void leaseEnds() {
        leases.lease(ONE, FIRST);
        leases.lease(TWO, FIRST + 1);
        millis.addAndGet(3_599_999);
        assertThat(leases.offer(THREE, 0)).isZero();
        millis.addAndGet(1);
        assertThat(leases.offer(THREE, 0)).isEqualTo(FIRST);
        assertThat(leases.lease(ONE, FIRST)).isFalse();
    }

    @Test
    void releasedAddressIsGivenOn() {
        leases.lease(ONE, FIRST);
        leases.lease(TWO, FIRST + 1);
        leases.release(TWO, FIRST + 1);
        assertThat(leases.offer(THREE, 0)).isEqualTo(FIRST + 1);
    }

    @Test
    void addressOfAnotherIsNotReleased() {
        leases.lease(ONE, FIRST);
        leases.lease(TWO, FIRST + 1);
        leases.release(TWO, FIRST);
        assertThat(leases.offer(THREE, 0)).isZero();
    }

    @Test
    void offerThatTheClientTurnsDownIsFreeAtOnce() {
        leases.offer(ONE, 0);
        leases.offer(TWO, 0);
        leases.withdraw(TWO);
        assertThat(leases.offer(THREE, 0)).isEqualTo(FIRST + 1);
    }

    @Test
    void declinedAddressIsGivenToNobodyForAWhile() {
        leases.lease(ONE, FIRST);
        leases.decline(ONE, FIRST);
        assertThat(leases.offer(ONE, FIRST)).isEqualTo(FIRST + 1);
        assertThat(leases.offer(TWO, 0)).isZero();
        millis.addAndGet(600_000);
        assertThat(leases.offer(TWO, 0)).isEqualTo(FIRST);
    }

    @Test
    void clientThatMovesToAnotherAddressLeavesItsFirst() {
        leases.lease(ONE, FIRST);
        leases.lease(ONE, FIRST + 1);
        assertThat(leases.lease(TWO, FIRST)).isTrue();
    }
}
