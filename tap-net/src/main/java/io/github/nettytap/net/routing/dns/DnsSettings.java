/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dns;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.net.routing.packet.DomainNames;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.util.NetUtil;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Names for the hosts of a link.
 *
 * @param answers whether the router answers DNS queries there; its address is then told by DHCP and router
 *     advertisements
 * @param servers name servers: those that the router asks if it answers queries, else those that hosts are told
 * @param domain the domain of the hosts, for which the router alone speaks, or null
 * @param search further domains in which hosts look for names, may be empty
 */
public record DnsSettings(boolean answers, List<InetSocketAddress> servers, String domain, List<String> search) {

    /** The port of name servers. */
    public static final int PORT = 53;

    /** Hosts are told nothing, and their queries are refused. */
    public static final DnsSettings NONE = new DnsSettings(false, List.of(), null, List.of());

    /** As a resolver has it: resolv.conf(5), MAXNS. */
    private static final int MOST_SERVERS_OF_SYSTEM = 3;

    private static final int MAX_SERVERS = 16;
    private static final int MAX_SEARCH = 255;

    /** Checks the names and how many servers there are. */
    public DnsSettings {
        servers = List.copyOf(servers);
        search = List.copyOf(search);
        if (servers.size() > MAX_SERVERS) {
            throw new IllegalArgumentException(
                    "too many name servers: servers=" + servers.size() + " (expected: " + MAX_SERVERS + " at most)");
        }
        for (InetSocketAddress server : servers) {
            Objects.requireNonNull(server.getAddress(), "the address of a name server");
            if (!answers && server.getPort() != PORT) {
                throw new IllegalArgumentException("a name server on a port that hosts cannot be told: server=" + server
                        + " (expected: port " + PORT + ")");
            }
        }
        if (domain != null) {
            DomainNames.check(domain);
        }
        search.forEach(DomainNames::check);
        int length = DomainNames.encodedLength(search);
        if (length > MAX_SEARCH) {
            throw new IllegalArgumentException("too many search domains: search=" + search + ", length=" + length
                    + " (expected: " + MAX_SEARCH + " bytes at most)");
        }
    }

    /**
     * Hosts are told these name servers.
     *
     * @param servers their addresses
     * @return settings without domains
     */
    public static DnsSettings telling(List<? extends InetAddress> servers) {
        return new DnsSettings(false, endpoints(servers), null, List.of());
    }

    /**
     * The router answers queries.
     *
     * @param servers whom it asks for what it does not know itself; if there are none, it refuses that
     * @return settings without domains
     */
    public static DnsSettings answering(List<? extends InetAddress> servers) {
        return new DnsSettings(true, endpoints(servers), null, List.of());
    }

    private static List<InetSocketAddress> endpoints(List<? extends InetAddress> servers) {
        return servers.stream()
                .map(server -> new InetSocketAddress(server, PORT))
                .toList();
    }

    /**
     * The same with domains.
     *
     * @param name that of the hosts, or null
     * @param others in which hosts look for names
     * @return the settings
     */
    public DnsSettings withDomain(String name, List<String> others) {
        return new DnsSettings(answers, servers, name, others);
    }

    /**
     * The name servers that IPv6 hosts of a link are told.
     *
     * @param port the router's port to the link
     * @return its first address there if it answers queries, else those of the servers that are of IPv6
     */
    public List<InetAddress> advertisedServers(RouterPort port) {
        Stream<InetAddress> all = answers
                ? port.networks().stream()
                        .map(Cidr::address)
                        .filter(own -> !(own instanceof Inet4Address))
                        .limit(1)
                : servers.stream().map(InetSocketAddress::getAddress);
        return all.filter(server -> !(server instanceof Inet4Address)).toList();
    }

    /**
     * The name servers that DHCP clients of a link are told.
     *
     * @param own the router's address there
     * @return the same if it answers queries, else those of the servers that are of IPv4
     */
    public List<Inet4Address> leasedServers(Inet4Address own) {
        return answers
                ? List.of(own)
                : servers.stream()
                        .map(InetSocketAddress::getAddress)
                        .filter(Inet4Address.class::isInstance)
                        .map(Inet4Address.class::cast)
                        .toList();
    }

    /** The domains in which hosts look for names, their own first. */
    public List<String> searchDomains() {
        List<String> all = new ArrayList<>();
        if (domain != null) {
            all.add(domain);
        }
        search.stream().filter(name -> !name.equals(domain)).forEach(all::add);
        return all;
    }

    /**
     * The name servers of a file as {@code /etc/resolv.conf}, at most three, as a resolver takes them: resolv.conf(5).
     *
     * @param file the file
     * @return their addresses; none if there is no such file
     * @throws IOException if it cannot be read
     */
    public static List<InetAddress> read(Path file) throws IOException {
        List<InetAddress> servers = new ArrayList<>();
        if (!Files.exists(file)) {
            return servers;
        }
        for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
            String[] words = line.strip().split("\\s+");
            if (words.length >= 2 && words[0].equals("nameserver") && servers.size() < MOST_SERVERS_OF_SYSTEM) {
                InetAddress address = literal(words[1]);
                if (address != null) {
                    servers.add(address);
                }
            }
        }
        return servers;
    }

    /** No name is looked up; an IPv6 address may have a scope. */
    private static InetAddress literal(String text) {
        if (!NetUtil.isValidIpV4Address(text) && !NetUtil.isValidIpV6Address(text)) {
            return null;
        }
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            return null; // Of a scope that is no interface here.
        }
    }
}
