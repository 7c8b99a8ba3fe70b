/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.testkit.host;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** What two hosts say to each other, over plain sockets. Each method returns when it is over. */
public final class Traffic {

    private static final Duration A_SECOND = Duration.ofSeconds(1);
    private static final int BUFFER_BYTES = 256 * 1024;
    private static final int REQUEST_BYTES = 18;
    private static final int MOST_ANSWERS = 1 << 20;

    private Traffic() {}

    /**
     * Round trips of one kind.
     *
     * @param sent how many requests there were
     * @param nanos how long each answer took, in ascending order; lost ones have none
     */
    public record RoundTrips(int sent, long[] nanos) {

        /**
         * How many requests were answered.
         *
         * @return the number
         */
        public int answered() {
            return nanos.length;
        }

        /**
         * The time that a part of the answers did not exceed.
         *
         * @param part the part, 0 to 1; 0.5 for the median
         * @return nanoseconds; 0 if there was no answer
         */
        public long percentile(double part) {
            return nanos.length == 0 ? 0 : nanos[(int) Math.min(nanos.length - 1, part * nanos.length)];
        }
    }

    /**
     * A transfer in one direction.
     *
     * @param sentBytes what the sender wrote
     * @param receivedBytes what the receiver read until the end of the stream
     * @param nanos how long that took
     */
    public record Transfer(long sentBytes, long receivedBytes, long nanos) {}

    /**
     * Sends ICMP echo requests, one after the other, each with a second for its answer.
     *
     * @param from the host that sends them
     * @param to the host that answers
     * @param count how many
     * @return what came back, and when
     * @throws Exception if they cannot be sent
     */
    public static RoundTrips ping(Host from, Host to, int count) throws Exception {
        return ping(from, to, count, A_SECOND);
    }

    /**
     * Sends ICMP echo requests, one after the other.
     *
     * @param from the host that sends them
     * @param to the host that answers
     * @param count how many
     * @param patience the time for an answer; one that takes longer than a second is asked for again each second
     * @return what came back, and when
     * @throws Exception if they cannot be sent
     */
    public static RoundTrips ping(Host from, Host to, int count, Duration patience) throws Exception {
        return from.call(() -> {
            long[] nanos = new long[count];
            int answered = 0;
            for (int i = 0; i < count; i++) {
                long start = System.nanoTime();
                // With CAP_NET_RAW, which the maker of a namespace has in it, this is ICMP and not the echo service.
                if (to.address().isReachable(Math.toIntExact(patience.toMillis()))) {
                    nanos[answered++] = System.nanoTime() - start;
                }
            }
            return sorted(count, nanos, answered);
        });
    }

    /**
     * Writes to a TCP connection as fast as it goes, until the time is over, then closes it.
     *
     * @param from the host that sends
     * @param to the host that receives
     * @param seconds how long
     * @return what was sent and received
     * @throws Exception if the connection fails
     */
    public static Transfer tcp(Host from, Host to, int seconds) throws Exception {
        try (ServerSocketChannel server = to.call(ServerSocketChannel::open);
                SocketChannel sender = from.call(SocketChannel::open)) {
            server.bind(new InetSocketAddress(to.address(), 0));
            long start = System.nanoTime();
            return beside(() -> drain(server), receiver -> {
                sender.connect(server.getLocalAddress());
                long sent = fill(sender, start + TimeUnit.SECONDS.toNanos(seconds));
                sender.shutdownOutput();
                long received = receiver.get();
                return new Transfer(sent, received, System.nanoTime() - start);
            });
        }
    }

    private static long fill(SocketChannel sender, long deadline) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        long sent = 0;
        while (System.nanoTime() - deadline < 0) {
            sent += sender.write(buffer.clear());
        }
        return sent;
    }

    private static long drain(ServerSocketChannel server) throws IOException {
        try (SocketChannel receiver = server.accept()) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
            long received = 0;
            for (int n = 0; n >= 0; n = receiver.read(buffer.clear())) {
                received += n;
            }
            return received;
        }
    }

    /**
     * Sends UDP requests, each after the answer to the one before, or a second after it was lost.
     *
     * @param from the host that asks
     * @param to the host that answers
     * @param seconds how long
     * @return what came back, and when
     * @throws Exception if the sockets fail
     */
    public static RoundTrips udp(Host from, Host to, int seconds) throws Exception {
        return udp(from, to, seconds, A_SECOND);
    }

    /**
     * Sends UDP requests, each after the answer to the one before, or when there is none in time.
     *
     * @param from the host that asks
     * @param to the host that answers
     * @param seconds how long
     * @param patience after how long a request counts as lost
     * @return what came back, and when
     * @throws Exception if the sockets fail
     */
    public static RoundTrips udp(Host from, Host to, int seconds, Duration patience) throws Exception {
        DatagramSocket server = to.call(() -> new DatagramSocket(0, to.address()));
        try (DatagramSocket client = from.call(() -> new DatagramSocket(0, from.address()))) {
            client.setSoTimeout(Math.toIntExact(patience.toMillis()));
            client.connect(server.getLocalSocketAddress());
            return beside(() -> answer(server), answering -> {
                RoundTrips result = ask(client, System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds));
                // Wakes the one who answers, and ends it.
                server.close();
                answering.get();
                return result;
            });
        } finally {
            server.close();
        }
    }

    private static RoundTrips ask(DatagramSocket client, long deadline) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[REQUEST_BYTES], REQUEST_BYTES);
        long[] nanos = new long[MOST_ANSWERS];
        int sent = 0;
        int answered = 0;
        for (long start; (start = System.nanoTime()) - deadline < 0 && answered < MOST_ANSWERS; sent++) {
            client.send(packet);
            try {
                client.receive(packet);
                nanos[answered++] = System.nanoTime() - start;
            } catch (SocketTimeoutException e) {
                continue; // Lost, which the counts will tell.
            }
        }
        return sorted(sent, nanos, answered);
    }

    private static Void answer(DatagramSocket server) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[REQUEST_BYTES], REQUEST_BYTES);
        while (true) {
            try {
                server.receive(packet);
                server.send(packet);
            } catch (IOException e) {
                if (server.isClosed()) {
                    return null;
                }
                throw e;
            }
        }
    }

    private static RoundTrips sorted(int sent, long[] nanos, int answered) {
        long[] result = Arrays.copyOf(nanos, answered);
        Arrays.sort(result);
        return new RoundTrips(sent, result);
    }

    @FunctionalInterface
    private interface Client<T, R> {
        R run(Future<T> server) throws Exception;
    }

    /** Runs the server's part on a thread of its own while the client's runs here. */
    private static <T, R> R beside(Callable<T> server, Client<T, R> client) throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
            Thread result = new Thread(task, "demo-server");
            result.setDaemon(true);
            return result;
        });
        try {
            return client.run(thread.submit(server));
        } finally {
            thread.shutdown();
        }
    }
}
