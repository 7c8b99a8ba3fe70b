/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.control;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;

/** A client of a control socket. Blocking, for one thread. */
public final class ControlClient implements AutoCloseable {

    private final SocketChannel socket;
    private final BufferedReader answers;

    private ControlClient(SocketChannel socket) {
        this.socket = socket;
        answers = new BufferedReader(Channels.newReader(socket, StandardCharsets.UTF_8));
    }

    /**
     * Connects.
     *
     * @param path the path of the control socket
     * @return the client, to be closed by the caller
     * @throws IOException if nobody listens there, or this user may not connect
     */
    public static ControlClient connect(Path path) throws IOException {
        ControlServer.checkLength(path);
        SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
        boolean connected = false;
        try {
            socket.connect(UnixDomainSocketAddress.of(path));
            connected = true;
        } finally {
            if (!connected) {
                socket.close();
            }
        }
        return new ControlClient(socket);
    }

    /**
     * Asks, and waits for the whole answer.
     *
     * @param request one line
     * @param line takes the lines of the answer as they come, without that of its outcome
     * @return the last line of the answer if the request failed, a JSON object with the reason; else null
     * @throws IOException if the connection ends before the answer
     */
    public String ask(String request, Consumer<String> line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((request + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            socket.write(bytes);
        }
        for (String next = answers.readLine(); next != null; next = answers.readLine()) {
            if (Outcome.isLast(next)) {
                return next.equals(Outcome.DONE) ? null : next;
            }
            line.accept(next);
        }
        throw new IOException("the switch hung up before it had answered: request=" + request);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
