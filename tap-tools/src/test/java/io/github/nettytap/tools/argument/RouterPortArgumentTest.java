/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.routing.PortSettings;
import io.github.nettytap.net.routing.dns.DnsSettings;
import io.github.nettytap.net.routing.nat.PortForward;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.TypeConversionException;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

class RouterPortArgumentTest {

    private static RouterPortArgument parse(String text) {
        return new RouterPortArgument.Converter().convert(text);
    }

    @Test
    void addressesAndSettingsMayBeMixed() {
        assertThat(parse("tap0=10.0.0.1/24,mtu=1400,advertise,2001:db8::1/64,offloads=none"))
                .isEqualTo(new RouterPortArgument(
                        "tap0",
                        new PortSettings(
                                List.of(Cidr.parse("10.0.0.1/24"), Cidr.parse("2001:db8::1/64")), true, false, null),
                        1400,
                        Offloads.NONE));
    }

    @Test
    void portWithoutAddressesIsRefused() {
        assertThatThrownBy(() -> parse("tap0"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("no addresses: port=tap0 (expected: TAP=ADDRESS/LENGTH, for example tap0=10.0.0.1/24)");
    }

    @Test
    void addressWithoutPrefixLengthIsRefused() {
        assertThatThrownBy(() -> parse("tap0=10.0.0.1"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("address without prefix length, or no such setting: setting=10.0.0.1 (expected: an address"
                        + " like 10.0.0.1/24 or 2001:db8::1/64, advertise, nat,"
                        + " forward=PROTOCOL:PORT->ADDRESS:PORT, reverse-path, dhcp=FIRST-LAST, domain=NAME,"
                        + " search=NAME, leases=FILE, lease=DURATION, host=MAC@ADDRESS, dns, dns=ADDRESS, mac=MAC,"
                        + " mtu=BYTES, offloads=all|none)");
    }

    @Test
    void settingsOfTheDhcpServerStandBesideItsAddresses() throws Exception {
        PortSettings settings = parse("tap0=10.0.0.1/24,domain=lab.example,search=lab.example,search=example.org,"
                        + "host=02:00:00:00:00:07@10.0.0.7,lease=30min,leases=/var/lib/leases,"
                        + "dhcp=10.0.0.100-10.0.0.199,reverse-path,mac=02:00:00:00:00:01")
                .settings();
        assertThat(settings.dns().domain()).isEqualTo("lab.example");
        assertThat(settings.dns().search()).containsExactly("lab.example", "example.org");
        assertThat(settings.dhcp().leaseTime()).isEqualTo(Duration.ofMinutes(30));
        assertThat(settings.dhcp().leaseFile()).isEqualTo(Path.of("/var/lib/leases"));
        assertThat(settings.dhcp().fixed())
                .containsExactly(Map.entry(
                        MacAddress.parse("02:00:00:00:00:07"), (Inet4Address) InetAddress.getByName("10.0.0.7")));
        assertThat(settings.checksReversePath()).isTrue();
        assertThat(settings.mac()).isEqualTo(MacAddress.parse("02:00:00:00:00:01"));
        assertThatThrownBy(() -> parse("tap0=10.0.0.1/24,domain=lab.example"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("nobody to be told of this: port=tap0=10.0.0.1/24,domain=lab.example,"
                        + " setting=domain=lab.example (expected: dhcp=FIRST-LAST, advertise or dns too)");
        assertThatThrownBy(() -> parse("tap0=10.0.0.1/24,dhcp=10.0.0.100-10.0.0.199,domain=-"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageStartingWith("no domain name: name=-");
        assertThatThrownBy(() -> parse("tap0=10.0.0.1/24,dhcp=10.0.0.100-10.0.0.199,host=10.0.0.7"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("no client and address: host=10.0.0.7 (expected: MAC@ADDRESS)");
    }

    @Test
    void nameServersAreAskedOrTold() throws Exception {
        InetAddress own = InetAddress.getByName("192.0.2.1");
        InetAddress given = InetAddress.getByName("192.0.2.2");
        InetAddress ofSystem = InetAddress.getByName("192.0.2.3");
        DnsSettings two = parse("tap0=10.0.0.1/24,dns=192.0.2.1,dns,domain=lab.example")
                .settings(List.of(given), List.of(ofSystem))
                .dns();
        assertThat(two).isEqualTo(DnsSettings.answering(List.of(own)).withDomain("lab.example", List.of()));
        RouterPortArgument port = parse("tap0=10.0.0.1/24,dns");
        assertThat(port.settings(List.of(given), List.of(ofSystem)).dns())
                .isEqualTo(DnsSettings.answering(List.of(given)));
        assertThat(port.settings(List.of(), List.of(ofSystem)).dns())
                .isEqualTo(DnsSettings.answering(List.of(ofSystem)));
        assertThat(parse("tap0=10.0.0.1/24,dhcp=10.0.0.100-10.0.0.199")
                        .settings(List.of(given), List.of(ofSystem))
                        .dns())
                .isEqualTo(DnsSettings.telling(List.of(given)));
        assertThatThrownBy(() -> parse("tap0=10.0.0.1/24,dns=example.org")).isInstanceOf(TypeConversionException.class);
    }

    @Test
    void forwardsAreOfAPortWithNat() {
        assertThat(parse("up=192.0.2.1/24,nat,forward=tcp:2222->10.0.0.100:22,forward=udp:192.0.2.1:53->10.0.0.1:53")
                        .settings()
                        .forwards())
                .map(PortForward::toString)
                .containsExactly("tcp:2222->10.0.0.100:22", "udp:192.0.2.1:53->10.0.0.1:53");
        assertThatThrownBy(() -> parse("up=192.0.2.1/24,forward=tcp:2222->10.0.0.100:22"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("a forward of a port without NAT: forward=tcp:2222->10.0.0.100:22 (expected: NAT on this"
                        + " port; without it, hosts inside are reached by their own addresses)");
        assertThatThrownBy(() -> parse("up=192.0.2.1/24,nat,forward=tcp:2222"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("no port forward: forward=tcp:2222 (expected: tcp or udp, a port, and the host inside with"
                        + " its port, as tcp:2222->10.0.0.100:22 or tcp:192.0.2.1:2222->10.0.0.100:22)");
        assertThatThrownBy(
                        () -> parse("up=192.0.2.1/24,nat,forward=tcp:22->10.0.0.100:22,forward=tcp:22->10.0.0.101:22"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("a port is forwarded twice: forward=tcp:22->10.0.0.101:22, other=tcp:22->10.0.0.100:22"
                        + " (expected: once for each protocol and address)");
    }

    @Test
    void leasesAreOfTheNetworkOfThePort() {
        assertThat(parse("tap0=10.0.0.1/24,dhcp=10.0.0.100-10.0.0.199")
                        .settings()
                        .dhcp()
                        .last()
                        .getHostAddress())
                .isEqualTo("10.0.0.199");
        assertThatThrownBy(() -> parse("tap0=10.0.0.1/24,dhcp=10.0.1.100-10.0.1.199"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("no network of this port for the leases: first=10.0.1.100, last=10.0.1.199 (expected: all"
                        + " in one network of the port, without its own, its first and its last address)");
        assertThatThrownBy(() -> parse("tap0=10.0.0.1/24,dhcp=10.0.0.199-10.0.0.100"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("no range of addresses: first=10.0.0.199, last=10.0.0.100"
                        + " (expected: 1 to 65536 addresses)");
        assertThatThrownBy(() -> parse("tap0=10.0.0.1/24,dhcp=10.0.0.100"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage(
                        "no range of addresses: dhcp=10.0.0.100" + " (expected: FIRST-LAST, as 10.0.0.100-10.0.0.199)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.0/24 | not an address of a router: address=10.0.0.0/24",
                "10.0.0.255/24 | not an address of a router: address=10.0.0.255/24",
                "127.0.0.1/8 | not an address of a router: address=127.0.0.1/8",
                "224.0.0.5/24 | not an address of a router: address=224.0.0.5/24",
                "ff02::1/64 | not an address of a router: address=ff02::1/64"
            })
    void addressThatIsNoHostsIsRefused(String address, String problem) {
        assertThatThrownBy(() -> parse("tap0=" + address))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage(
                        problem + " (expected: neither the first nor the last of its network, a group, loopback, nor"
                                + " unspecified)");
    }

    @Test
    void linkLocalAddressIsRefusedAsThereIsOneAnyway() {
        assertThatThrownBy(() -> parse("tap0=fe80::1/64"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("not an address of a router: address=fe80::1/64 (expected: no link-local one; a"
                        + " port with IPv6 has one by itself)");
    }

    @Test
    void bothAddressesOfAPointToPointLinkAreThoseOfRouters() {
        assertThat(parse("tap0=10.0.0.0/31").settings().networks()).containsExactly(Cidr.parse("10.0.0.0/31"));
        assertThat(parse("tap0=10.0.0.1/32").settings().networks()).containsExactly(Cidr.parse("10.0.0.1/32"));
    }

    @Test
    void serviceWithoutAnAddressOfItsKindIsRefused() {
        assertThatThrownBy(() -> parse("tap0=10.0.0.1/24,advertise"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage(
                        "advertisements without an IPv6 address: networks=[10.0.0.1/24] (expected: one with the prefix"
                                + " to advertise, such as 2001:db8::1/64)");
        assertThatThrownBy(() -> parse("tap0=2001:db8::1/64,nat"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("NAT without an IPv4 address: networks=[2001:db8::1/64] (expected: one that packets"
                        + " leave with, such as 192.0.2.1/24)");
    }

    @Test
    void mtuThatIpv6ForbidsIsRefused() {
        assertThatThrownBy(() -> parse("tap0=2001:db8::1/64,mtu=1000"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("MTU too small for IPv6: port=tap0=2001:db8::1/64,mtu=1000, mtu=1000"
                        + " (expected: 1280 or more)");
    }

    @Test
    void mtuOutOfRangeIsRefused() {
        assertThatThrownBy(() -> parse("tap0=10.0.0.1/24,mtu=65536"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("no such MTU: mtu=65536 (expected: 68 to 65521)");
    }

    @Test
    void routeIsAPrefixAndAGateway() {
        RouteArgument route = new RouteArgument.Converter().convert("0.0.0.0/0=10.0.0.254");
        assertThat(route.destination()).isEqualTo(Cidr.parse("0.0.0.0/0"));
        assertThat(route.gateway().getHostAddress()).isEqualTo("10.0.0.254");
    }

    @Test
    void routeWithoutAGatewayIsRefused() {
        assertThatThrownBy(() -> new RouteArgument.Converter().convert("0.0.0.0/0"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("no route: route=0.0.0.0/0 (expected: PREFIX=GATEWAY, for example 0.0.0.0/0=10.0.0.254)");
    }
}
