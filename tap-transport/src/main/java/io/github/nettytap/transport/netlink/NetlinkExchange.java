/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.LibC;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Request and answer over one netlink socket.
 *
 * <p>An answer counts only if it carries the sequence number of the request and the port id of the socket; what an
 * earlier, failed exchange left behind is passed over. Thread-safe: one exchange at a time.
 */
final class NetlinkExchange implements AutoCloseable {

    private static final int NLM_F_REQUEST = 0x01;
    private static final int NLM_F_ACK = 0x04;
    private static final int NLM_F_DUMP_INTERRUPTED = 0x10;
    private static final int NLM_F_DUMP = 0x300;
    private static final int NLM_F_CAPPED = 0x100;
    private static final int NLM_F_ACK_ATTRIBUTES = 0x200;

    /** The flags of a request for a list. */
    static final int DUMP = NLM_F_REQUEST | NLM_F_DUMP;

    private static final int NLMSG_ERROR = 2;
    private static final int NLMSG_DONE = 3;
    private static final int NLMSG_OVERRUN = 4;
    private static final int NLMSGERR_ATTR_MSG = 1;

    private static final int DUMP_ATTEMPTS = 8;

    private final NetlinkSocket socket;
    private int sequence;

    NetlinkExchange(LibC libc) throws NetlinkException {
        socket = NetlinkSocket.forRequests(libc);
    }

    /** Sends a request and waits for its acknowledgement. */
    synchronized void acknowledge(String operation, MessageWriter request) throws NetlinkException {
        exchange(operation, request, NLM_F_ACK, message -> message);
    }

    /** Sends a request for one object. */
    synchronized <T> T one(String operation, MessageWriter request, Function<ByteBuffer, T> reader)
            throws NetlinkException {
        List<T> objects = exchange(operation, request, NLM_F_ACK, reader).objects;
        if (objects.isEmpty()) {
            throw new NetlinkException(operation, Errno.ENODEV.number(), "");
        }
        return objects.get(0);
    }

    /**
     * Sends a request for a list; asks again if the kernel says that it changed meanwhile.
     *
     * @throws NetlinkException with EINTR, as libmnl has it, if it changes so fast that no list is of one moment
     */
    synchronized <T> List<T> dump(String operation, MessageWriter request, Function<ByteBuffer, T> reader)
            throws NetlinkException {
        for (int attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
            Answer<T> answer = exchange(operation, request, NLM_F_DUMP, reader);
            if (!answer.interrupted) {
                return answer.objects;
            }
        }
        throw NetlinkException.interrupted(operation, DUMP_ATTEMPTS);
    }

    private <T> Answer<T> exchange(String operation, MessageWriter request, int flags, Function<ByteBuffer, T> reader)
            throws NetlinkException {
        sequence++;
        socket.send(operation, request.finish(sequence, socket.portId(), NLM_F_REQUEST | flags));
        Answer<T> answer = new Answer<>();
        while (!answer.complete) {
            ByteBuffer datagram = socket.receive(operation);
            if (datagram == null) {
                throw new NetlinkException(operation, Errno.ETIMEDOUT.number(), "");
            }
            read(operation, datagram, reader, answer);
        }
        return answer;
    }

    private <T> void read(String operation, ByteBuffer datagram, Function<ByteBuffer, T> reader, Answer<T> answer)
            throws NetlinkException {
        for (ByteBuffer message : NetlinkMessages.in(datagram)) {
            if (answer.complete
                    || NetlinkMessages.sequence(message) != sequence
                    || NetlinkMessages.portId(message) != socket.portId()) {
                continue;
            }
            answer.interrupted |= isInterrupted(message);
            switch (NetlinkMessages.type(message)) {
                case NLMSG_ERROR:
                case NLMSG_DONE:
                    answer.complete = true;
                    throwIfRefused(operation, message);
                    break;
                case NLMSG_OVERRUN:
                    throw new NetlinkException(operation, Errno.ENOBUFS.number(), "");
                default:
                    T object = reader.apply(message);
                    if (object != null) {
                        answer.objects.add(object);
                    }
            }
        }
    }

    /** Whether the kernel says that what it lists has changed meanwhile. */
    static boolean isInterrupted(ByteBuffer message) {
        return (NetlinkMessages.flags(message) & NLM_F_DUMP_INTERRUPTED) != 0;
    }

    /** Whether a message of this type ends an answer, well or not. */
    static boolean isEnd(int type) {
        return type == NLMSG_ERROR || type == NLMSG_DONE;
    }

    /** For a message that ends an answer. */
    static void throwIfRefused(String operation, ByteBuffer message) throws NetlinkException {
        int body = MessageWriter.HEADER_SIZE;
        if (message.limit() < body + Integer.BYTES) {
            return;
        }
        int error = message.getInt(body);
        if (error >= 0) {
            return;
        }
        int flags = NetlinkMessages.flags(message);
        String text = "";
        if ((flags & NLM_F_ACK_ATTRIBUTES) != 0) {
            int attributes = body + Integer.BYTES;
            if (NetlinkMessages.type(message) == NLMSG_ERROR) {
                // The refused request is quoted: only its header if capped, else whole.
                boolean quotedWhole = (flags & NLM_F_CAPPED) == 0 && message.limit() >= attributes + Integer.BYTES;
                attributes += quotedWhole ? message.getInt(attributes) + 3 & ~3 : MessageWriter.HEADER_SIZE;
            }
            text = Attributes.parse(message, attributes).string(NLMSGERR_ATTR_MSG);
        }
        throw new NetlinkException(operation, -error, text);
    }

    @Override
    public synchronized void close() {
        socket.close();
    }

    private static final class Answer<T> {
        final List<T> objects = new ArrayList<>();
        boolean complete;
        boolean interrupted;
    }
}
