/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import io.github.nettytap.codec.wire.MacAddress;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The router's MAC address on a link, made of the name of the interface and the machine's identity: neighbors need not
 * learn another one when the router starts again, and two machines in one network have two.
 */
final class RouterMac {

    /** machine-id(5): the same for the life of an installation. */
    private static final Path MACHINE = Path.of("/etc/machine-id");

    private static final long OCTETS = 0xffff_ffff_ffffL;
    private static final long LOCAL = 0x0200_0000_0000L;
    private static final long GROUP = 0x0100_0000_0000L;

    private RouterMac() {}

    static MacAddress of(String name) {
        return of(machine(), name);
    }

    static MacAddress of(String machine, String name) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            // machine-id(5) asks for a digest that is the program's own.
            digest.update("netty-tap router\n".getBytes(StandardCharsets.UTF_8));
            digest.update((machine + "\n" + name).getBytes(StandardCharsets.UTF_8));
            long bits = ByteBuffer.wrap(digest.digest()).getLong() & OCTETS;
            return MacAddress.of(bits & ~GROUP | LOCAL);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is in every Java", e);
        }
    }

    private static String machine() {
        try {
            return Files.readString(MACHINE, StandardCharsets.US_ASCII).strip();
        } catch (IOException e) {
            // A container without one: its host name is what tells it apart.
            String host = System.getenv("HOSTNAME");
            return host == null ? "" : host;
        }
    }
}
