/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Cidr;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;

class DhcpPoolTest {

    @ParameterizedTest
    @CsvSource({
        "10.0.0.2, 10.0.0.254, 10.0.0.1/24, true",
        "10.0.0.1, 10.0.0.254, 10.0.0.1/24, false",
        "10.0.0.2, 10.0.0.255, 10.0.0.1/24, false",
        "10.0.0.0, 10.0.0.9, 10.0.0.100/24, false",
        "10.0.0.2, 10.0.1.2, 10.0.0.1/24, false",
        "10.0.0.255, 10.0.1.0, 10.0.0.1/23, true",
        "10.0.0.1, 10.0.0.1, 10.0.0.0/31, true",
        "10.0.0.2, 10.0.0.9, 2001:db8::1/64, false"
    })
    void fitsWhereAllAreAddressesOfHosts(String first, String last, String network, boolean fits) throws Exception {
        DhcpPool pool = new DhcpPool(
                (Inet4Address) InetAddress.getByName(first), (Inet4Address) InetAddress.getByName(last), List.of());
        assertThat(pool.fits(Cidr.parse(network))).isEqualTo(fits);
    }
}
