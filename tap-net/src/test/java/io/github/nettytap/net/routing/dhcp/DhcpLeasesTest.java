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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

class DhcpLeasesTest {

    private static final int FIRST = (int) IpAddress.low(address("10.0.0.10"));
    private static final ClientId ONE = ClientId.ofMac(0x02_00_00_00_00_01L);
    private static final ClientId TWO = ClientId.ofMac(0x02_00_00_00_00_02L);
    private static final ClientId THREE = ClientId.ofMac(0x02_00_00_00_00_03L);

    private final AtomicLong millis = new AtomicLong(1_000_000);
    private final List<String> told = new ArrayList<>();
    private final DhcpLeases leases = new DhcpLeases(
            new DhcpPool(address("10.0.0.10"), address("10.0.0.11"), List.of()),
            millis::get,
            (address, client, left) -> told.add(client + " " + left));

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
        assertThat(leases.lease(ONE, FIRST, false)).isTrue();
        assertThat(leases.lease(TWO, FIRST + 1, false)).isTrue();
        assertThat(leases.offer(THREE, 0)).isZero();
        assertThat(leases.leased()).isEqualTo(2);
    }

    /** A flood of clients asks, and none of them takes what it is offered. */
    @Test
    void offersThatNobodyTakesKeepNobodyOut() {
        leases.lease(ONE, FIRST, false);
        int offered = leases.offer(TWO, 0);
        for (int i = 0; i < 10_000; i++) {
            assertThat(leases.offer(ClientId.ofMac(0x66_00_00_00_00_00L + i), 0))
                    .isEqualTo(FIRST + 1);
        }
        assertThat(leases.lease(TWO, offered, true)).isTrue();
        assertThat(leases.offer(THREE, 0)).isZero();
        assertThat(leases.addressOf(ONE)).isEqualTo(FIRST);
    }

    @Test
    void clientWithoutAMacAddressIsAClientLikeAnyOther() {
        ClientId nobody = ClientId.ofMac(0);
        assertThat(leases.lease(nobody, FIRST, false)).isTrue();
        assertThat(leases.lease(TWO, FIRST, false)).isFalse();
        assertThat(leases.offer(TWO, 0)).isEqualTo(FIRST + 1);
        assertThat(leases.offer(nobody, 0)).isEqualTo(FIRST);
    }

    @Test
    void listenerHearsOfLeasesOnly() {
        leases.offer(ONE, 0);
        leases.lease(ONE, FIRST, true);
        leases.release(ONE, FIRST);
        leases.release(ONE, FIRST);
        assertThat(told).containsExactly(ONE + " 3600000", ONE + " 0");
    }

    @Test
    void leasesOfAnEarlierRunAreKnown() {
        leases.restore(FIRST, ONE, 1_000);
        leases.restore(FIRST, TWO, 1_000);
        leases.restore(FIRST + 1, TWO, -5_000);
        leases.restore(FIRST + 9, THREE, 1_000);
        assertThat(leases.leased()).isOne();
        assertThat(leases.offer(ONE, 0)).isEqualTo(FIRST);
        assertThat(leases.offer(TWO, 0)).isEqualTo(FIRST + 1);
    }

    /** Against a map, with everything that can happen in any order. */
    @Test
    void agreesWithAModel() {
        for (int seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            DhcpPool pool = new DhcpPool(address("10.0.0.10"), address("10.0.0.17"), List.of());
            DhcpLeases model = new DhcpLeases(pool, millis::get, (address, client, left) -> {});
            Map<Integer, ClientId> owners = new HashMap<>();
            Map<Integer, Long> ends = new HashMap<>();
            for (int step = 0; step < 4_000; step++) {
                ClientId client = ClientId.ofMac(random.nextInt(12));
                int address = FIRST + random.nextInt(8);
                long now = millis.addAndGet(random.nextInt(20_000));
                ends.forEach((each, end) -> {
                    if (end <= now) {
                        owners.remove(each);
                    }
                });
                switch (random.nextInt(6)) {
                    case 0, 1, 2 -> {
                        if (model.lease(client, address, random.nextBoolean())) {
                            assertThat(owners.getOrDefault(address, client)).isEqualTo(client);
                            owners.values().remove(client);
                            owners.put(address, client);
                            ends.put(address, now + 3_600_000);
                        }
                    }
                    case 3 -> {
                        int offered = model.offer(client, address);
                        assertThat(owners.getOrDefault(offered, client)).isEqualTo(client);
                        assertThat(owners.size() == 8 && offered != 0)
                                .isEqualTo(owners.size() == 8 && owners.containsValue(client));
                    }
                    case 4 -> {
                        model.release(client, address);
                        owners.remove(address, client);
                    }
                    default -> {
                        if (random.nextInt(4) == 0) {
                            model.decline(client, address);
                            owners.remove(address, client);
                        }
                    }
                }
            }
        }
    }

    @Test
    void wishIsGrantedIfItIsFree() {
        assertThat(leases.offer(ONE, FIRST + 1)).isEqualTo(FIRST + 1);
        assertThat(leases.offer(TWO, FIRST + 1)).isEqualTo(FIRST);
    }

    @Test
    void addressOfAnotherOrOfNobodyIsNotLeased() {
        leases.offer(ONE, 0);
        assertThat(leases.lease(TWO, FIRST, false)).isFalse();
        assertThat(leases.lease(TWO, FIRST + 2, false)).isFalse();
        assertThat(leases.lease(TWO, FIRST - 1, false)).isFalse();
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
        leases.lease(ONE, FIRST, false);
        leases.lease(TWO, FIRST + 1, false);
        millis.addAndGet(3_599_999);
        assertThat(leases.offer(THREE, 0)).isZero();
        millis.addAndGet(1);
        assertThat(leases.offer(THREE, 0)).isEqualTo(FIRST);
        assertThat(leases.lease(ONE, FIRST, false)).isFalse();
    }

    @Test
    void releasedAddressIsGivenOn() {
        leases.lease(ONE, FIRST, false);
        leases.lease(TWO, FIRST + 1, false);
        leases.release(TWO, FIRST + 1);
        assertThat(leases.offer(THREE, 0)).isEqualTo(FIRST + 1);
    }

    @Test
    void addressOfAnotherIsNotReleased() {
        leases.lease(ONE, FIRST, false);
        leases.lease(TWO, FIRST + 1, false);
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
        leases.lease(ONE, FIRST, false);
        leases.decline(ONE, FIRST);
        assertThat(leases.offer(ONE, FIRST)).isEqualTo(FIRST + 1);
        leases.lease(ONE, FIRST + 1, true);
        assertThat(leases.offer(TWO, 0)).isZero();
        millis.addAndGet(600_000);
        assertThat(leases.offer(TWO, 0)).isEqualTo(FIRST);
    }

    @Test
    void clientThatMovesToAnotherAddressLeavesItsFirst() {
        leases.lease(ONE, FIRST, false);
        leases.lease(ONE, FIRST + 1, false);
        assertThat(leases.lease(TWO, FIRST, false)).isTrue();
    }
}
