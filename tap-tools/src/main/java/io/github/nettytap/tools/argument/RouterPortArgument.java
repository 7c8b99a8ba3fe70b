/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.port.socket.SocketPortAddress;
import io.github.nettytap.net.routing.PortSettings;
import io.github.nettytap.net.routing.dhcp.DhcpPool;
import io.github.nettytap.net.routing.dns.DnsSettings;
import io.github.nettytap.net.routing.nat.PortForward;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A port of the router on the command line: a TAP, the router's addresses on it, and settings of its own.
 *
 * @param tap the name of the TAP
 * @param settings the addresses, and what else it is to be
 * @param mtu the MTU, or null for as it is
 * @param offloads what was set for this port, or null
 */
public record RouterPortArgument(String tap, PortSettings settings, Integer mtu, Offloads offloads) {

    private static final int LEAST_MTU = 68;
    private static final int GREATEST_MTU = 65_521;

    /** RFC 8200, section 5. */
    private static final int LEAST_MTU_OF_IPV6 = 1280;

    /** Where the socket is that is this port, or null if it is a TAP. */
    public SocketPortAddress socket() {
        return SocketPortAddress.isOne(tap) ? SocketPortAddress.parse(tap) : null;
    }

    /**
     * The settings of the port.
     *
     * @param nameServers those of the router: whom it asks where it answers queries, else what hosts are told
     * @param ofSystem those that it asks if there are none
     */
    public PortSettings settings(List<InetAddress> nameServers, List<InetAddress> ofSystem) {
        DnsSettings dns = settings.dns();
        if (!dns.servers().isEmpty()) {
            return settings;
        }
        DnsSettings with = dns.answers()
                ? DnsSettings.answering(nameServers.isEmpty() ? ofSystem : nameServers)
                : DnsSettings.telling(nameServers);
        return settings.withDns(with.withDomain(dns.domain(), dns.search()));
    }

    /**
     * Reads {@code
     * NAME=ADDRESS/LENGTH[,ADDRESS/LENGTH…][,advertise][,nat][,dhcp=FIRST-LAST][,mtu=BYTES][,offloads=all|none]} and
     * the other settings that the help of the router lists.
     */
    public static final class Converter implements ITypeConverter<RouterPortArgument> {
        @Override
        public RouterPortArgument convert(String text) {
            int equals = text.indexOf('=');
            if (equals <= 0) {
                throw new TypeConversionException(
                        "no addresses: port=" + text + " (expected: TAP=ADDRESS/LENGTH, for example tap0=10.0.0.1/24)");
            }
            try {
                LinkPort.check(text.substring(0, equals));
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
            List<Cidr> networks = new ArrayList<>();
            Integer mtu = null;
            Offloads offloads = null;
            boolean advertises = false;
            boolean translates = false;
            DhcpPool dhcp = null;
            DhcpOptions dhcpOptions = new DhcpOptions();
            MacAddress mac = null;
            boolean checksReversePath = false;
            boolean answers = false;
            List<InetAddress> nameServers = new ArrayList<>();
            List<PortForward> forwards = new ArrayList<>();
            for (String part : text.substring(equals + 1).split(",", -1)) {
                if (part.startsWith("mtu=")) {
                    mtu = mtu(part.substring("mtu=".length()));
                } else if (part.startsWith("offloads=")) {
                    offloads = new Offloads.Converter().convert(part.substring("offloads=".length()));
                } else if (part.equals("advertise")) {
                    advertises = true;
                } else if (part.startsWith("dhcp=")) {
                    dhcp = pool(part.substring("dhcp=".length()));
                } else if (part.equals("nat")) {
                    translates = true;
                } else if (part.startsWith("forward=")) {
                    forwards.add(forward(part.substring("forward=".length())));
                } else if (part.equals("reverse-path")) {
                    checksReversePath = true;
                } else if (part.equals("dns")) {
                    answers = true;
                } else if (part.startsWith("dns=")) {
                    answers = true;
                    nameServers.add(nameServer(part.substring("dns=".length())));
                } else if (part.startsWith("mac=")) {
                    mac = new MacConverter().convert(part.substring("mac=".length()));
                } else if (dhcpOptions.take(part)) {
                    continue;
                } else {
                    networks.add(network(part));
                }
            }
            boolean hasIpv6 =
                    networks.stream().anyMatch(network -> network.toString().indexOf(':') >= 0);
            if (hasIpv6 && mtu != null && mtu < LEAST_MTU_OF_IPV6) {
                throw new TypeConversionException("MTU too small for IPv6: port=" + text + ", mtu=" + mtu
                        + " (expected: " + LEAST_MTU_OF_IPV6 + " or more)");
            }
            if (dhcp == null && !advertises && !answers) {
                dhcpOptions.refuseNames(text);
            }
            PortSettings settings = settings(
                    networks,
                    advertises,
                    translates,
                    dhcpOptions.apply(text, dhcp),
                    checksReversePath,
                    mac,
                    forwards,
                    dhcpOptions.names(answers, nameServers));
            return new RouterPortArgument(text.substring(0, equals), settings, mtu, offloads);
        }

        private static Cidr network(String text) {
            if (text.indexOf('/') < 0) {
                throw new TypeConversionException("address without prefix length, or no such setting: setting=" + text
                        + " (expected: an address like 10.0.0.1/24 or 2001:db8::1/64, advertise, nat,"
                        + " forward=PROTOCOL:PORT->ADDRESS:PORT, reverse-path, dhcp=FIRST-LAST, domain=NAME,"
                        + " search=NAME, leases=FILE, lease=DURATION, host=MAC@ADDRESS, dns, dns=ADDRESS, mac=MAC,"
                        + " mtu=BYTES, offloads=all|none)");
            }
            try {
                return Cidr.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }

        private static InetAddress nameServer(String text) {
            try {
                return Cidr.parse(text).address();
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }

        private static PortForward forward(String text) {
            try {
                return PortForward.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }

        private static PortSettings settings(
                List<Cidr> networks,
                boolean advertises,
                boolean translates,
                DhcpPool dhcp,
                boolean checksReversePath,
                MacAddress mac,
                List<PortForward> forwards,
                DnsSettings dns) {
            try {
                return new PortSettings(networks, advertises, translates, dhcp, checksReversePath, mac, forwards, dns);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }

        private static DhcpPool pool(String range) {
            String[] ends = range.split("-", -1);
            try {
                if (ends.length == 2
                        && Cidr.parse(ends[0]).address() instanceof Inet4Address first
                        && Cidr.parse(ends[1]).address() instanceof Inet4Address last) {
                    return new DhcpPool(first, last, List.of());
                }
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
            throw new TypeConversionException(
                    "no range of addresses: dhcp=" + range + " (expected: FIRST-LAST, as 10.0.0.100-10.0.0.199)");
        }

        private static Integer mtu(String value) {
            try {
                int mtu = Integer.parseInt(value);
                if (mtu >= LEAST_MTU && mtu <= GREATEST_MTU) {
                    return mtu;
                }
            } catch (NumberFormatException e) {
                // Said below.
            }
            throw new TypeConversionException(
                    "no such MTU: mtu=" + value + " (expected: " + LEAST_MTU + " to " + GREATEST_MTU + ")");
        }
    }

    /** What a port says of its DHCP server besides the addresses. */
    private static final class DhcpOptions {
        private final List<String> search = new ArrayList<>();
        private final Map<MacAddress, Inet4Address> hosts = new LinkedHashMap<>();
        private String domain;
        private Path leases;
        private Duration lease;
        private String first;
        private String firstName;

        /** True if the part is one of these. */
        boolean take(String part) {
            int equals = part.indexOf('=');
            String value = part.substring(equals + 1);
            switch (part.substring(0, Math.max(0, equals))) {
                case "domain" -> {
                    domain = value;
                    firstName = firstName == null ? part : firstName;
                    return true;
                }
                case "search" -> {
                    search.add(value);
                    firstName = firstName == null ? part : firstName;
                    return true;
                }
                case "leases" -> leases = Path.of(value);
                case "lease" -> lease = new DurationConverter().convert(value);
                case "host" -> {
                    int at = value.indexOf('@');
                    if (at < 0) {
                        throw new TypeConversionException(
                                "no client and address: host=" + value + " (expected: MAC@ADDRESS)");
                    }
                    MacAddress mac = new MacConverter().convert(value.substring(0, at));
                    if (!(Cidr.parse(value.substring(at + 1)).address() instanceof Inet4Address address)) {
                        throw new TypeConversionException(
                                "not an IPv4 address: host=" + value + " (expected: MAC@ADDRESS)");
                    }
                    if (hosts.put(mac, address) != null) {
                        throw new TypeConversionException(
                                "a client is there twice: host=" + value + " (expected: each client once)");
                    }
                }
                default -> {
                    return false;
                }
            }
            first = first == null ? part : first;
            return true;
        }

        /** Nobody would hear of them. */
        void refuseNames(String port) {
            if (firstName != null) {
                throw new TypeConversionException("nobody to be told of this: port=" + port + ", setting=" + firstName
                        + " (expected: dhcp=FIRST-LAST, advertise or dns too)");
            }
        }

        DnsSettings names(boolean answers, List<InetAddress> nameServers) {
            try {
                DnsSettings dns = answers ? DnsSettings.answering(nameServers) : DnsSettings.NONE;
                return dns.withDomain(domain, search);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }

        DhcpPool apply(String port, DhcpPool pool) {
            if (pool == null) {
                if (first != null) {
                    throw new TypeConversionException("no DHCP server for this setting: port=" + port + ", setting="
                            + first + " (expected: dhcp=FIRST-LAST too)");
                }
                return null;
            }
            try {
                DhcpPool result = pool.withLeaseFile(leases);
                for (Map.Entry<MacAddress, Inet4Address> host : hosts.entrySet()) {
                    result = result.withFixed(host.getKey(), host.getValue());
                }
                return lease == null ? result : result.withLeaseTime(lease);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
