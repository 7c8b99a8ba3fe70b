/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.net.routing.packet.Ipv4Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FragmentedDatagramsTest {

    private final FragmentedDatagrams datagrams = new FragmentedDatagrams();
    private final Connection connection = new Connection(new Mapping(Ipv4Header.PROTOCOL_UDP, 1, 2, 3, 4), 5, 6);
    private final ByteBuf packet = Unpooled.buffer().writeZero(Ipv4Header.MIN_LENGTH);

    @AfterEach
    void release() {
        packet.release();
    }

    private ByteBuf fragment(int identification, int source) {
        Ipv4Packets.write(packet, 0, Ipv4Header.MIN_LENGTH, Ipv4Header.PROTOCOL_UDP, source, 5);
        Ipv4Header.identification(packet, 0, identification);
        return packet;
    }

    @Test
    void datagramsAreToldApart() {
        datagrams.remember(fragment(7, 1), 0, connection, 0);
        assertThat(datagrams.find(fragment(7, 1), 0, 0)).isSameAs(connection);
        assertThat(datagrams.find(fragment(8, 1), 0, 0)).isNull();
        assertThat(datagrams.find(fragment(7, 2), 0, 0)).isNull();
    }

    @Test
    void oldestIsForgottenWhenThereAreTooMany() {
        for (int identification = 0; identification <= FragmentedDatagrams.BUDGET; identification++) {
            datagrams.remember(fragment(identification, 1), 0, connection, 0);
        }
        assertThat(datagrams.find(fragment(0, 1), 0, 0)).isNull();
        assertThat(datagrams.find(fragment(1, 1), 0, 0)).isSameAs(connection);
        assertThat(datagrams.find(fragment(FragmentedDatagrams.BUDGET, 1), 0, 0))
                .isSameAs(connection);
    }

    @Test
    void whatIsTooOldIsForgotten() {
        datagrams.remember(fragment(7, 1), 0, connection, 0);
        assertThat(datagrams.find(fragment(7, 1), 0, 30_000)).isSameAs(connection);
        assertThat(datagrams.find(fragment(7, 1), 0, 30_001)).isNull();
        datagrams.tick(31_000);
        assertThat(datagrams.find(fragment(7, 1), 0, 30_000)).isNull();
    }
}
