/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.Sockets;

import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/** A C library whose netlink socket answers what a test has written down. */
final class ScriptedKernel {

    static final int PORT_ID = 4711;

    private final Deque<byte[]> answers = new ArrayDeque<>();
    private final Deque<Runnable> onRequest = new ArrayDeque<>();
    private int requests;

    /** A datagram of one message, which the next receive call gets. */
    ScriptedKernel answer(int type, int flags, int sequence, int portId, Consumer<ByteBuffer> body) {
        answers.add(message(type, flags, sequence, portId, body));
        return this;
    }

    ScriptedKernel answerRaw(byte[] datagram) {
        answers.add(datagram);
        return this;
    }

    /** The next receive call fails, whatever is queued behind. */
    ScriptedKernel fail(Errno errno) {
        answers.add(new byte[] {(byte) errno.number()});
        return this;
    }

    /** Runs when the next request comes for which none is written down yet. */
    ScriptedKernel atRequest(Runnable answering) {
        onRequest.add(answering);
        return this;
    }

    static byte[] message(int type, int flags, int sequence, int portId, Consumer<ByteBuffer> body) {
        ByteBuffer message = ByteBuffer.allocate(100_000).order(ByteOrder.nativeOrder());
        message.putInt(0)
                .putShort((short) type)
                .putShort((short) flags)
                .putInt(sequence)
                .putInt(portId);
        body.accept(message);
        message.putInt(0, message.position());
        byte[] bytes = new byte[message.position() + 3 & ~3];
        message.get(0, bytes, 0, message.position());
        return bytes;
    }

    int requests() {
        return requests;
    }

    LibC libc() {
        return (LibC) Proxy.newProxyInstance(
                LibC.class.getClassLoader(), new Class<?>[] {LibC.class}, (proxy, method, arguments) -> {
                    switch (method.getName()) {
                        case "getsockname":
                            ((ByteBuffer) arguments[1]).putInt(4, PORT_ID);
                            return 0;
                        case "send":
                            requests++;
                            if (!onRequest.isEmpty()) {
                                onRequest.remove().run();
                            }
                            return ((ByteBuffer) arguments[1]).remaining();
                        case "recv":
                            return receive((ByteBuffer) arguments[1], (Integer) arguments[2]);
                        default:
                            return 0;
                    }
                });
    }

    private int receive(ByteBuffer destination, int flags) {
        byte[] datagram = answers.peek();
        if (datagram == null) {
            return -Errno.EAGAIN.number();
        }
        if (datagram.length == 1) {
            answers.remove();
            return -datagram[0];
        }
        if ((flags & Sockets.MSG_PEEK) != 0) {
            return datagram.length;
        }
        answers.remove();
        int length = Math.min(datagram.length, destination.remaining());
        destination.duplicate().put(datagram, 0, length);
        return length;
    }
}
