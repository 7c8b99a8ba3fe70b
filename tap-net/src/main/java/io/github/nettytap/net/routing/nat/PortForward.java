/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.nat;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.Ipv4Header;

import java.net.Inet4Address;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A port outside behind which is a host inside, whoever speaks first. As text:
 * {@code tcp:2222->10.0.0.100:22}, or {@code udp:192.0.2.1:5000->10.0.0.100:5000} for one of several addresses outside.
 *
 * @param protocol TCP or UDP
 * @param outsideAddress the router's address outside, or null for each that the port has
 * @param outsidePort the port outside
 * @param insideAddress the host inside
 * @param insidePort its port
 */
public record PortForward(
        Protocol protocol, Inet4Address outsideAddress, int outsidePort, Inet4Address insideAddress, int insidePort) {

    private static final String EXPECTED = " (expected: tcp or udp, a port, and the host inside with its port, as"
            + " tcp:2222->10.0.0.100:22 or tcp:192.0.2.1:2222->10.0.0.100:22)";

    private static final Pattern TEXT =
            Pattern.compile("(tcp|udp):(?:([0-9.]+):)?([0-9]{1,5})->([0-9.]+):([0-9]{1,5})");

    /** What has ports. */
    public enum Protocol {
        /** RFC 9293. */
        TCP(Ipv4Header.PROTOCOL_TCP),
        /** RFC 768. */
        UDP(Ipv4Header.PROTOCOL_UDP);

        private final int number;

        Protocol(int number) {
            this.number = number;
        }

        /** As in the IPv4 header. */
        int number() {
            return number;
        }
    }

    /** Checks the ports. */
    public PortForward {
        Objects.requireNonNull(protocol, "protocol");
        Objects.requireNonNull(insideAddress, "insideAddress");
        check("outsidePort", outsidePort);
        check("insidePort", insidePort);
    }

    private static void check(String name, int port) {
        if (port < 1 || port > 0xffff) {
            throw new IllegalArgumentException("no such port: " + name + "=" + port + " (expected: 1 to 65535)");
        }
    }

    /**
     * Reads the text of a forward.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static PortForward parse(String text) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("no port forward: forward=" + text + EXPECTED);
        }
        return new PortForward(
                Protocol.valueOf(parts.group(1).toUpperCase(Locale.ROOT)),
                parts.group(2) == null ? null : address(text, parts.group(2)),
                Integer.parseInt(parts.group(3)),
                address(text, parts.group(4)),
                Integer.parseInt(parts.group(5)));
    }

    private static Inet4Address address(String text, String address) {
        try {
            if (Cidr.parse(address).address() instanceof Inet4Address ipv4) {
                return ipv4;
            }
        } catch (IllegalArgumentException e) {
            // Said below, with the whole text.
        }
        throw new IllegalArgumentException("no port forward: forward=" + text + ", address=" + address + EXPECTED);
    }

    /** Whether both want the same port of the same address. */
    public boolean conflictsWith(PortForward other) {
        boolean sharesAddress =
                outsideAddress == null || other.outsideAddress == null || outsideAddress.equals(other.outsideAddress);
        return protocol == other.protocol && outsidePort == other.outsidePort && sharesAddress;
    }

    /** The text that {@link #parse} reads. */
    @Override
    public String toString() {
        return protocol.name().toLowerCase(Locale.ROOT) + ":"
                + (outsideAddress == null ? "" : outsideAddress.getHostAddress() + ":") + outsidePort + "->"
                + insideAddress.getHostAddress() + ":" + insidePort;
    }
}
