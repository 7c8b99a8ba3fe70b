/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetAddress;

class CidrTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.1/24",
                "0.0.0.0/0",
                "255.255.255.255/32",
                "fd00::1/64",
                "::/0",
                "fe80::1/128",
                "::1/128",
                "fd00::/8",
                "1:0:2::3:4/64",
                "1::2:0:0:3:4/64",
                "1:2:3:4:5:6:7:8/64",
                "::ffff:10.0.0.1/128",
                "::ffff:0.0.0.0/96"
            })
    void textIsReadAndPrinted(String text) {
        assertThat(Cidr.parse(text)).hasToString(text);
    }

    @Test
    void addressWithoutLengthIsOneAddress() {
        assertThat(Cidr.parse("10.0.0.1")).isEqualTo(Cidr.parse("10.0.0.1/32"));
        assertThat(Cidr.parse("fd00::1").prefixLength()).isEqualTo(128);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/24",
                "localhost/8",
                "10.0.0/24",
                "10.0.0.1/",
                "10.0.0.1/x",
                "10.0.0.1/+24",
                "10.0.0.1/-0",
                "10.0.0.1/4294967320",
                "fe80::1%lo/64",
                "256.0.0.1/8",
                "1.2.3.4.5/8",
                "abc/8",
                "1::2::3/64",
                "::g/64"
            })
    void otherTextIsRefused(String text) {
        assertThatThrownBy(() -> Cidr.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not an address with prefix length: text=\"" + text
                        + "\" (expected: 10.0.0.1/24 or fd00::1/64)");
    }

    @Test
    void mappedAddressStaysIpv6() throws Exception {
        byte[] octets = new byte[16];
        octets[10] = octets[11] = (byte) 0xff;
        octets[12] = 10;
        octets[15] = 1;
        Cidr mapped = Cidr.of(octets, 128);
        assertThat(mapped.address().getAddress()).isEqualTo(octets);
        assertThat(mapped).isEqualTo(Cidr.parse("::ffff:10.0.0.1")).isNotEqualTo(Cidr.parse("10.0.0.1"));
        assertThatThrownBy(() -> Cidr.of(new byte[5], 8)).hasMessage("not an address: octets=5 (expected: 4 or 16)");
    }

    @Test
    void lengthOutOfRangeIsRefused() throws Exception {
        assertThatThrownBy(() -> Cidr.parse("10.0.0.1/33"))
                .hasMessage("prefix length out of range: address=10.0.0.1, prefixLength=33 (expected: 0 to 32)");
        assertThatThrownBy(() -> Cidr.of(InetAddress.getByName("::1"), -1))
                .hasMessage(
                        "prefix length out of range: address=0:0:0:0:0:0:0:1, prefixLength=-1 (expected: 0 to 128)");
    }
}
