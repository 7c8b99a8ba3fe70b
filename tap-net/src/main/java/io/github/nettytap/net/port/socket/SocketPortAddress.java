/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port.socket;

import io.netty.channel.unix.DomainSocketAddress;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Where a socket port is: what an operator types in place of the name of a TAP.
 *
 * <pre>
 *   unix:/run/lan.sock                  listens; each client of the stream socket becomes a port
 *   unix-connect:/run/lan.sock          connects, and again after each loss
 *   tcp:[::1]:7000                      listens
 *   tcp-connect:[::1]:7000              connects, and again after each loss
 *   unixgram:/run/vm.sock               one peer: whoever sends to this datagram socket
 *   unixgram-connect:/run/vm.sock       one peer, which is greeted as vfkit does
 *   udp:127.0.0.1:7000-127.0.0.1:7001   one peer: frames between the two addresses, local first
 * </pre>
 *
 * @param kind the protocol and who begins
 * @param local where to bind; null for the kinds that connect
 * @param remote where the peer is; null for the kinds that wait for one
 */
public record SocketPortAddress(Kind kind, SocketAddress local, SocketAddress remote) {

    private static final int MAX_PORT = 65_535;

    /** The protocol of a socket port, and who begins. */
    public enum Kind {
        /** A Unix stream socket that listens. */
        UNIX("unix"),
        /** A Unix stream socket that connects. */
        UNIX_CONNECT("unix-connect"),
        /** A TCP socket that listens. */
        TCP("tcp"),
        /** A TCP socket that connects. */
        TCP_CONNECT("tcp-connect"),
        /** A Unix datagram socket that waits for its peer. */
        UNIXGRAM("unixgram"),
        /** A Unix datagram socket that greets its peer. */
        UNIXGRAM_CONNECT("unixgram-connect"),
        /** A UDP socket with a fixed peer. */
        UDP("udp");

        private final String scheme;

        Kind(String scheme) {
            this.scheme = scheme;
        }

        /**
         * What stands before the colon.
         *
         * @return such as {@code unix-connect}
         */
        public String scheme() {
            return scheme;
        }

        /**
         * Whether there may be several peers, each of which becomes a port of its own.
         *
         * @return true for stream sockets that listen
         */
        public boolean isListener() {
            return this == UNIX || this == TCP;
        }

        /**
         * Whether frames travel in a stream, each behind its length, rather than one a datagram.
         *
         * @return true for Unix and TCP stream sockets
         */
        public boolean isStream() {
            return this == UNIX || this == UNIX_CONNECT || this == TCP || this == TCP_CONNECT;
        }
    }

    /**
     * Checks that there is an address.
     *
     * @param kind the protocol and who begins
     * @param local where to bind; null for the kinds that connect
     * @param remote where the peer is; null for the kinds that wait for one
     */
    public SocketPortAddress {
        Objects.requireNonNull(kind, "kind");
        if (local == null && remote == null) {
            throw new IllegalArgumentException("socket port without an address: kind=" + kind);
        }
    }

    /**
     * Whether a text begins like a socket port, so that it is not the name of an interface.
     *
     * @param text what an operator typed
     * @return true if the part before its first colon is one of the kinds
     */
    public static boolean isOne(String text) {
        return kindOf(text).isPresent();
    }

    private static Optional<Kind> kindOf(String text) {
        int colon = text.indexOf(':');
        return Arrays.stream(Kind.values())
                .filter(kind -> colon == kind.scheme.length() && text.startsWith(kind.scheme))
                .findFirst();
    }

    /**
     * Reads an address.
     *
     * @param text such as {@code unix:/run/lan.sock}
     * @return the address
     * @throws IllegalArgumentException if it is none; the message says what is wrong with which part
     */
    public static SocketPortAddress parse(String text) {
        Kind kind = kindOf(text)
                .orElseThrow(() -> new IllegalArgumentException("unknown kind of socket port: address=" + quote(text)
                        + " (expected: "
                        + Arrays.stream(Kind.values())
                                .map(known -> known.scheme + ":…")
                                .collect(Collectors.joining(", "))
                        + ")"));
        String rest = text.substring(kind.scheme.length() + 1);
        return switch (kind) {
            case UNIX, UNIXGRAM -> new SocketPortAddress(kind, path(rest), null);
            case UNIX_CONNECT, UNIXGRAM_CONNECT -> new SocketPortAddress(kind, null, path(rest));
            case TCP -> new SocketPortAddress(kind, endpoint(rest), null);
            case TCP_CONNECT -> new SocketPortAddress(kind, null, withPort(endpoint(rest), rest));
            case UDP -> pair(rest);
        };
    }

    private static DomainSocketAddress path(String text) {
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > UnixSocketFile.MAX_PATH || text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("bad path of a socket: path=" + quote(text) + ", bytes=" + length
                    + " (expected: 1 to " + UnixSocketFile.MAX_PATH + ")");
        }
        return new DomainSocketAddress(text);
    }

    private static SocketPortAddress pair(String text) {
        int dash = text.indexOf('-');
        if (dash < 0) {
            throw new IllegalArgumentException("no remote address: address=" + quote(text)
                    + " (expected: LOCAL-REMOTE, such as 127.0.0.1:7000-127.0.0.1:7001)");
        }
        InetSocketAddress local = endpoint(text.substring(0, dash));
        String far = text.substring(dash + 1);
        InetSocketAddress remote = withPort(endpoint(far), far);
        if (local.getAddress().getClass() != remote.getAddress().getClass()) {
            throw new IllegalArgumentException("addresses of different IP versions: address=" + quote(text));
        }
        return new SocketPortAddress(Kind.UDP, local, remote);
    }

    /** Numeric, as a switch that is to start must not wait for a name server. */
    private static InetSocketAddress endpoint(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("no port: address=" + quote(text)
                    + " (expected: ADDRESS:PORT, such as 127.0.0.1:7000 or [::1]:7000)");
        }
        return new InetSocketAddress(host(text.substring(0, colon), text), port(text.substring(colon + 1), text));
    }

    private static InetAddress host(String text, String whole) {
        boolean bracketed = text.startsWith("[") && text.endsWith("]");
        String bare = bracketed ? text.substring(1, text.length() - 1) : text;
        boolean numeric = bracketed ? bare.indexOf(':') >= 0 : bare.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
        try {
            if (numeric) {
                return InetAddress.getByName(bare);
            }
        } catch (UnknownHostException e) {
            // Reported below.
        }
        throw new IllegalArgumentException("bad IP address: address=" + quote(whole)
                + " (expected: numbers, an IPv6 address in brackets, such as 127.0.0.1:7000 or [::1]:7000)");
    }

    private static int port(String text, String whole) {
        if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) > MAX_PORT) {
            throw new IllegalArgumentException("bad port: port=" + quote(text) + ", address=" + quote(whole)
                    + " (expected: 0 to " + MAX_PORT + ")");
        }
        return Integer.parseInt(text);
    }

    private static InetSocketAddress withPort(InetSocketAddress address, String text) {
        if (address.getPort() == 0) {
            throw new IllegalArgumentException(
                    "no port to send to: address=" + quote(text) + " (expected: 1 to " + MAX_PORT + ")");
        }
        return address;
    }

    /** What somebody typed may be long. */
    private static String quote(String text) {
        return text.length() <= 128 ? text : text.substring(0, 125) + "…";
    }

    /** As it is typed. */
    @Override
    public String toString() {
        return switch (kind) {
            case UNIX, UNIXGRAM -> kind.scheme + ":" + ((DomainSocketAddress) local).path();
            case UNIX_CONNECT, UNIXGRAM_CONNECT -> kind.scheme + ":" + ((DomainSocketAddress) remote).path();
            case TCP -> kind.scheme + ":" + text(local);
            case TCP_CONNECT -> kind.scheme + ":" + text(remote);
            case UDP -> kind.scheme + ":" + text(local) + "-" + text(remote);
        };
    }

    private static String text(SocketAddress address) {
        InetSocketAddress inet = (InetSocketAddress) address;
        String host = inet.getAddress().getHostAddress();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + inet.getPort();
    }
}
