/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.TcpHeader;
import org.junit.jupiter.api.Test;

class ConnectionTableTest {

    private static final int TCP = Ipv4Header.PROTOCOL_TCP;
    private static final int UDP = Ipv4Header.PROTOCOL_UDP;
    private static final int INSIDE = 0x0a00_0002;
    private static final int OUTSIDE = 0xc000_0201;
    private static final int REMOTE = 0xc633_6401;

    private final ConnectionTable table = new ConnectionTable(3);

    private Connection add(int protocol, int inside, int port) {
        return table.add(protocol, inside, port, OUTSIDE, REMOTE, 80);
    }

    /** As many ticks as it takes to come by every bucket. */
    private void expireAll(long now) {
        for (int i = 0; i < 16; i++) {
            table.expire(now);
        }
    }

    @Test
    void connectionIsFoundFromBothSides() {
        Connection connection = add(TCP, INSIDE, 5000);
        assertThat(table.ofInside(TCP, INSIDE, 5000, REMOTE, 80)).isSameAs(connection);
        assertThat(table.ofOutside(TCP, OUTSIDE, 5000, REMOTE, 80)).isSameAs(connection);
        assertThat(table.ofInside(UDP, INSIDE, 5000, REMOTE, 80)).isNull();
        assertThat(table.ofOutside(TCP, OUTSIDE, 5000, REMOTE, 81)).isNull();
        assertThat(table.ofOutside(TCP, OUTSIDE, 5000, REMOTE + 1, 80)).isNull();
    }

    @Test
    void portThatIsTakenOutsideIsReplaced() {
        Connection first = add(TCP, INSIDE, 5000);
        Connection second = add(TCP, INSIDE + 1, 5000);
        assertThat(first.outsidePort).isEqualTo(5000);
        assertThat(second.outsidePort).isNotEqualTo(5000).isBetween(1024, 65_535);
        assertThat(table.ofOutside(TCP, OUTSIDE, second.outsidePort, REMOTE, 80))
                .isSameAs(second);
    }

    @Test
    void fullTableTakesNoMore() {
        add(TCP, INSIDE, 1);
        add(TCP, INSIDE, 2);
        add(TCP, INSIDE, 3);
        assertThat(add(TCP, INSIDE, 4)).isNull();
        assertThat(table.size()).isEqualTo(3);
    }

    @Test
    void silentConnectionIsRemovedFromBothSides() {
        add(UDP, INSIDE, 5000).see(0, true, 0);
        expireAll(300_000);
        assertThat(table.size()).isEqualTo(1);
        expireAll(300_001);
        assertThat(table.size()).isZero();
        assertThat(table.ofInside(UDP, INSIDE, 5000, REMOTE, 80)).isNull();
        assertThat(table.ofOutside(UDP, OUTSIDE, 5000, REMOTE, 80)).isNull();
    }

    @Test
    void establishedTcpLivesLongerThanOneThatIsClosedOrWasNeverAnswered() {
        Connection established = add(TCP, INSIDE, 1);
        established.see(0, true, TcpHeader.FLAG_SYN);
        established.see(0, false, TcpHeader.FLAG_SYN | TcpHeader.FLAG_ACK);
        Connection closed = add(TCP, INSIDE, 2);
        closed.see(0, true, TcpHeader.FLAG_FIN);
        closed.see(0, false, TcpHeader.FLAG_FIN);
        add(TCP, INSIDE, 3).see(0, true, TcpHeader.FLAG_SYN);
        expireAll(240_001);
        assertThat(table.size()).isEqualTo(1);
        expireAll(7_440_001);
        assertThat(table.size()).isZero();
    }
}
