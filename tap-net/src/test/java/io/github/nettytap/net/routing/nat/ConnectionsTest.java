/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.nat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.TcpHeader;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

class ConnectionsTest {

    private static final int TCP = Ipv4Header.PROTOCOL_TCP;
    private static final int UDP = Ipv4Header.PROTOCOL_UDP;
    private static final int ICMP = Ipv4Header.PROTOCOL_ICMP;
    private static final int INSIDE = 0x0a00_0002;
    private static final int OUTSIDE = 0xc000_0201;
    private static final int REMOTE = 0xc633_6401;
    private static final int SYN = TcpHeader.FLAG_SYN;
    private static final int ACK = TcpHeader.FLAG_ACK;
    private static final int FIN = TcpHeader.FLAG_FIN;

    private Connections table = new Connections(NatSettings.DEFAULT);
    private long now = 1_000_000;

    private static NatSettings sizes(int connections, int perHost) {
        NatSettings like = NatSettings.DEFAULT;
        return new NatSettings(
                connections, perHost, like.tcpEstablished(), like.tcpTransitory(), like.udp(), like.icmp());
    }

    /** The connection from inside, made if it is not there. */
    private Connection open(int protocol, int inside, int port, int remote, int remotePort) {
        Mapping mapping = table.ofInside(protocol, inside, port, OUTSIDE);
        if (mapping == null) {
            mapping = table.addMapping(protocol, inside, port, OUTSIDE, now);
        }
        if (mapping == null) {
            return null;
        }
        Connection found = table.find(protocol, OUTSIDE, mapping.outsidePort, remote, remotePort);
        return found == null ? table.add(mapping, remote, remotePort, now) : found;
    }

    private void pass(long millis) {
        for (long end = now + millis; now < end; ) {
            now = Math.min(end, now + 1_000);
            table.tick(now);
        }
    }

    @Test
    void aPortInsideHasOnePortOutsideForAllRemotes() {
        Connection first = open(UDP, INSIDE, 5000, REMOTE, 80);
        Connection second = open(UDP, INSIDE, 5000, REMOTE + 1, 81);
        assertThat(second.mapping).isSameAs(first.mapping);
        assertThat(first.mapping.outsidePort).isEqualTo(5000);
        assertThat(table.ofPort(UDP, OUTSIDE, 5000)).isSameAs(first.mapping);
        assertThat(table.ofPort(TCP, OUTSIDE, 5000)).isNull();
        assertThat(table.ofPort(UDP, OUTSIDE + 1, 5000)).isNull();
        assertThat(table.find(UDP, OUTSIDE, 5000, REMOTE, 81)).isNull();
    }

    @Test
    void aPortThatIsTakenIsReplacedByOneOfItsRangeAndParity() {
        open(UDP, INSIDE, 5000, REMOTE, 80);
        open(UDP, INSIDE, 5001, REMOTE, 80);
        open(UDP, INSIDE, 500, REMOTE, 80);
        for (int host = 1; host <= 200; host++) {
            int even = open(UDP, INSIDE + host, 5000, REMOTE, 80).mapping.outsidePort;
            assertThat(even).isBetween(1024, 65_535).isEven();
            assertThat(open(UDP, INSIDE + host, 5001, REMOTE, 80).mapping.outsidePort)
                    .isBetween(1024, 65_535)
                    .isOdd();
            assertThat(open(UDP, INSIDE + host, 500, REMOTE, 80).mapping.outsidePort)
                    .isBetween(1, 1023)
                    .isEven();
        }
    }

    @Test
    void lowPortsThatAreAllTakenAreNoReasonToRefuse() {
        for (int host = 0; host < 1_100; host++) {
            assertThat(open(TCP, INSIDE + host, 500, REMOTE, 80)).isNotNull();
        }
    }

    @Test
    void aMappingEndsWithItsLastConnection() {
        open(UDP, INSIDE, 5000, REMOTE, 80);
        pass(200_000);
        open(UDP, INSIDE, 5000, REMOTE, 81);
        pass(150_000);
        assertThat(table.size()).isOne();
        assertThat(table.ofPort(UDP, OUTSIDE, 5000)).isNotNull();
        pass(200_000);
        assertThat(table.size()).isZero();
        assertThat(table.mappingCount()).isZero();
        assertThat(table.ofPort(UDP, OUTSIDE, 5000)).isNull();
    }

    @Test
    void timeoutsAreThoseOfTheRfcs() {
        Connection established = open(TCP, INSIDE, 1, REMOTE, 80);
        table.see(established, true, SYN, now);
        table.see(established, false, SYN | ACK, now);
        Connection closed = open(TCP, INSIDE, 2, REMOTE, 80);
        table.see(closed, true, SYN, now);
        table.see(closed, false, SYN | ACK, now);
        table.see(closed, true, FIN, now);
        table.see(closed, false, FIN, now);
        Connection refused = open(TCP, INSIDE, 3, REMOTE, 80);
        table.see(refused, true, SYN, now);
        table.see(refused, false, TcpHeader.FLAG_RST, now);
        open(UDP, INSIDE, 4, REMOTE, 80);
        open(ICMP, INSIDE, 5, REMOTE, 0);
        pass(59_000);
        assertThat(table.size()).isEqualTo(5);
        pass(3_000);
        assertThat(table.size()).as("after a minute, without the ping").isEqualTo(4);
        pass(181_000);
        assertThat(table.size()).as("after four minutes, without closed TCP").isEqualTo(2);
        pass(60_000);
        assertThat(table.size()).as("after five minutes, without UDP").isOne();
        pass(7_440_000 - 310_000);
        assertThat(table.size()).isOne();
        pass(20_000);
        assertThat(table.size()).isZero();
    }

    @Test
    void portsThatAreUsedAgainAreANewConnection() {
        Connection connection = open(TCP, INSIDE, 1, REMOTE, 80);
        table.see(connection, true, SYN, now);
        table.see(connection, false, SYN | ACK, now);
        assertThat(connection.isConfirmed()).isTrue();
        table.see(connection, false, TcpHeader.FLAG_RST, now);
        assertThat(connection.isConfirmed()).isFalse();
        table.see(connection, true, SYN, now);
        assertThat(connection.isConfirmed()).as("nobody has answered this one").isFalse();
        table.see(connection, false, SYN | ACK, now);
        assertThat(connection.isConfirmed()).isTrue();
    }

    @Test
    void aHostThatFillsItsBudgetHarmsItselfOnly() {
        table = new Connections(sizes(1_000, 100));
        Connection honest = open(UDP, INSIDE, 5000, REMOTE, 80);
        Connection own = open(TCP, INSIDE + 1, 5000, REMOTE, 80);
        table.see(own, false, SYN | ACK, now);
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            assertThat(open(UDP, INSIDE + 1, random.nextInt(65_536), REMOTE + random.nextInt(), random.nextInt(65_536)))
                    .isNotNull();
        }
        assertThat(table.size()).isEqualTo(101);
        assertThat(honest.isInTable()).isTrue();
        assertThat(own.isInTable()).as("what was answered goes last").isTrue();
    }

    @Test
    void aFullTableOfConversationsRefusesWhoWouldHaveAsMany() {
        table = new Connections(sizes(4, 2));
        for (int host = 0; host < 4; host++) {
            table.see(open(UDP, INSIDE + host, 5000, REMOTE, 80), false, 0, now);
        }
        assertThat(open(UDP, INSIDE + 9, 5000, REMOTE, 80)).isNull();
        assertThat(table.mappingCount()).isEqualTo(4);
        // Somebody has two, and gives one away.
        table = new Connections(sizes(4, 2));
        for (int host = 0; host < 4; host++) {
            table.see(open(UDP, INSIDE + host / 2, 5000 + host % 2, REMOTE, 80), false, 0, now);
        }
        assertThat(open(UDP, INSIDE + 9, 5000, REMOTE, 80)).isNotNull();
    }

    /** Whatever comes and goes, mappings, ports and connections tell the same story. */
    @Test
    void agreesWithAModel() {
        for (int seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            int perHost = 1 + random.nextInt(20);
            table = new Connections(sizes(perHost + random.nextInt(40), perHost));
            Map<Connection, Mapping> all = new HashMap<>();
            for (int step = 0; step < 3_000; step++) {
                int port = 1_000 + random.nextInt(8);
                int protocol = random.nextBoolean() ? UDP : TCP;
                Connection connection =
                        open(protocol, INSIDE + random.nextInt(5), port, REMOTE + random.nextInt(3), random.nextInt(3));
                if (connection != null) {
                    all.put(connection, connection.mapping);
                    if (random.nextInt(3) == 0) {
                        table.see(connection, random.nextBoolean(), random.nextInt(32), now);
                    }
                }
                if (random.nextInt(50) == 0) {
                    pass(random.nextInt(300_000));
                }
            }
            all.keySet().removeIf(connection -> !connection.isInTable());
            assertThat(table.size()).isEqualTo(all.size());
            assertThat(table.mappingCount())
                    .isEqualTo((int) all.values().stream().distinct().count());
            all.forEach((connection, mapping) -> {
                assertThat(mapping.isInTable()).isTrue();
                assertThat(table.ofPort(mapping.protocol, OUTSIDE, mapping.outsidePort))
                        .isSameAs(mapping);
                assertThat(table.find(
                                mapping.protocol,
                                OUTSIDE,
                                mapping.outsidePort,
                                connection.remoteAddress,
                                connection.remotePort))
                        .isSameAs(connection);
            });
        }
    }

    @Test
    void settingsAreChecked() {
        assertThatThrownBy(() -> sizes(10, 11)).hasMessageContaining("not more for a host than for all");
        assertThatThrownBy(() -> new NatSettings(
                        10,
                        10,
                        Duration.ofDays(31),
                        Duration.ofMinutes(1),
                        Duration.ofMinutes(1),
                        Duration.ofMinutes(1)))
                .hasMessageContaining("tcpEstablished")
                .hasMessageContaining("1 second to 30 days");
    }
}
