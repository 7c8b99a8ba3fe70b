/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.testkit.host;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Random bytes over TCP from one host to another, hashed at both ends. */
public final class HashedTransfer {

    private static final int CHUNK = 64 * 1024;
    private static final int CONNECT_MILLIS = 60_000;
    private static final long PATIENCE_SECONDS = 180;

    private HashedTransfer() {}

    /** One of the hosts: does something in its network namespace. */
    @FunctionalInterface
    public interface Inside {

        /**
         * Does something there.
         *
         * @param action what to do
         * @param <T> the type of its result
         * @return its result
         * @throws Exception what the action throws
         */
        <T> T call(Callable<T> action) throws Exception;
    }

    /**
     * Sends {@code chunks} times 64 KiB and compares the hashes.
     *
     * @param from the sending host
     * @param to the receiving host
     * @param address one of the receiving host
     * @param chunks how many times 64 KiB
     * @throws AssertionError if other bytes arrive than were sent
     * @throws Exception if the connection fails
     */
    public static void assertSameBytes(Inside from, Inside to, InetAddress address, int chunks) throws Exception {
        assertSameBytes(from, to, new InetSocketAddress(address, 0), null, chunks);
    }

    /**
     * Sends {@code chunks} times 64 KiB and compares the hashes, through something that changes addresses and ports.
     *
     * @param from the sending host
     * @param to the receiving host
     * @param listening where the receiving host listens
     * @param dialled where the sending host connects to, or null for where the other listens
     * @param chunks how many times 64 KiB
     * @throws AssertionError if other bytes arrive than were sent
     * @throws Exception if the connection fails
     */
    public static void assertSameBytes(
            Inside from, Inside to, InetSocketAddress listening, InetSocketAddress dialled, int chunks)
            throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (ServerSocketChannel server = to.call(ServerSocketChannel::open);
                SocketChannel client = from.call(SocketChannel::open)) {
            server.bind(listening);
            Future<String> received = thread.submit(() -> hashOfReceived(server));
            client.socket().connect(dialled == null ? server.getLocalAddress() : dialled, CONNECT_MILLIS);
            String sent = hashOfSent(client, chunks);
            String arrived = received.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (!arrived.equals(sent)) {
                throw new AssertionError(
                        "other bytes arrived than were sent: SHA-256 " + arrived + " (expected: " + sent + ")");
            }
        } finally {
            thread.shutdown();
        }
    }

    private static String hashOfSent(SocketChannel client, int chunks) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        Random random = new Random(42);
        byte[] chunk = new byte[CHUNK];
        for (int i = 0; i < chunks; i++) {
            random.nextBytes(chunk);
            digest.update(chunk);
            ByteBuffer buffer = ByteBuffer.wrap(chunk);
            while (buffer.hasRemaining()) {
                client.write(buffer);
            }
        }
        client.shutdownOutput();
        return HexFormat.of().formatHex(digest.digest());
    }

    private static String hashOfReceived(ServerSocketChannel server) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (SocketChannel socket = server.accept()) {
            ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
            while (socket.read(buffer.clear()) >= 0) {
                digest.update(buffer.flip());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
