/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.lifecycle;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Socket;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The service manager that started this program, such as systemd for a unit of {@code Type=notify}: is told when the
 * program is ready and when it stops.
 *
 * <p>The protocol is that of sd_notify(3): a datagram of {@code KEY=VALUE} lines to the Unix socket that
 * {@code NOTIFY_SOCKET} names, where an @ stands for the NUL of an abstract address. Sockets of a virtual machine
 * ({@code vsock:}) are not supported.
 */
final class ServiceManager {

    static final String VARIABLE = "NOTIFY_SOCKET";

    private final byte[] address;

    /** @param address what {@code NOTIFY_SOCKET} holds, or null without a service manager */
    ServiceManager(String address) {
        this.address = address == null || address.isEmpty() ? null : bytes(address);
    }

    private static byte[] bytes(String address) {
        byte[] bytes = address.getBytes(StandardCharsets.UTF_8);
        if (bytes[0] == '@') {
            bytes[0] = 0;
        }
        return bytes;
    }

    /** The program forwards from now on. */
    void ready(int ports) throws IOException {
        send("READY=1\nSTATUS=" + ports + (ports == 1 ? " port" : " ports"));
    }

    /** The program closes its ports. */
    void stopping() throws IOException {
        send("STOPPING=1");
    }

    private void send(String state) throws IOException {
        if (address == null) {
            return;
        }
        Epoll.ensureAvailability();
        ByteBuffer datagram = ByteBuffer.allocateDirect(state.length());
        datagram.put(state.getBytes(StandardCharsets.US_ASCII));
        Socket socket = Socket.newSocketDomainDgram();
        try {
            socket.sendToDomainSocket(datagram, 0, datagram.position(), address);
        } finally {
            socket.close();
        }
    }
}
