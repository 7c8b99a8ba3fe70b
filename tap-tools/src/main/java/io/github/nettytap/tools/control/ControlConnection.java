/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.control;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.concurrent.Future;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;

/**
 * One client: takes a request, writes its answer as fast as the client reads, and only then reads on.
 *
 * <p>So a client that sends more than it reads is held by its own socket buffer. At most one answer is in the making,
 * as an iterator, and no more of it is in memory than the water marks of the channel allow.
 */
final class ControlConnection extends ChannelInboundHandlerAdapter {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Requests requests;
    private final Duration idle;
    private final byte[] received = new byte[2 * ControlServer.MAX_REQUEST];
    private int length;
    private Iterator<String> answer;
    private String outcome;
    private boolean writing;
    private boolean inputEnded;
    private boolean closing;

    /** Hangs up on a client that leaves its answer unread, or asks nothing; null while it is not its turn. */
    private Future<?> hangUp;

    ControlConnection(Requests requests, Duration idle) {
        this.requests = requests;
        this.idle = idle;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        waitForRequest(context);
        context.read();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        try {
            int more = bytes.readableBytes();
            bytes.readBytes(received, length, more);
            length += more;
        } finally {
            bytes.release();
        }
        proceed(context);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            inputEnded = true;
            proceed(context);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        stopWaiting();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (context.channel().isWritable()) {
            stopWaiting();
            proceed(context);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }

    /** Writes what there is to write, takes the next request, and so on until the client has to do something. */
    private void proceed(ChannelHandlerContext context) {
        if (writing || closing) {
            return;
        }
        writing = true;
        try {
            do {
                while (answer != null && context.channel().isWritable()) {
                    writeLine(context);
                }
                context.flush();
            } while (context.channel().isWritable() && (answer != null || takeRequest(context)));
        } finally {
            writing = false;
        }
        if (answer != null) {
            waitForReader(context);
        } else if (!closing) {
            if (inputEnded) {
                context.close();
            } else {
                waitForRequest(context);
                context.read();
            }
        }
    }

    private void writeLine(ChannelHandlerContext context) {
        String line = null;
        try {
            line = answer.hasNext() ? answer.next() : null;
        } catch (RuntimeException e) {
            outcome = failed(e);
        }
        if (line == null) {
            answer = null;
            line = outcome;
        }
        write(context, line);
    }

    private static void write(ChannelHandlerContext context, String line) {
        context.write(ByteBufUtil.writeUtf8(context.alloc(), line + "\n"));
    }

    /** False if there is no whole request. */
    private boolean takeRequest(ChannelHandlerContext context) {
        int end = 0;
        while (end < length && received[end] != '\n') {
            end++;
        }
        if (end > ControlServer.MAX_REQUEST) {
            refuse(context, "request too long (expected: at most " + ControlServer.MAX_REQUEST + " bytes)");
            return false;
        }
        boolean whole = end < length || inputEnded && end > 0;
        if (!whole) {
            return false;
        }
        stopWaiting();
        byte[] line = Arrays.copyOf(received, end);
        int next = Math.min(end + 1, length);
        System.arraycopy(received, next, received, 0, length - next);
        length -= next;
        try {
            outcome = Outcome.DONE;
            answer = requests.answer(decode(line).strip());
        } catch (Exception e) {
            outcome = failed(e);
            answer = Collections.emptyIterator();
        }
        return true;
    }

    /** Strictly: replacement characters would become the name of an interface. */
    private static String decode(byte[] line) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(line))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("request is not UTF-8: bytes=" + line.length + " (expected: text)", e);
        }
    }

    private static String failed(Exception e) {
        return Outcome.failed(e.getMessage() == null ? e.toString() : e.getMessage());
    }

    private void refuse(ChannelHandlerContext context, String reason) {
        closing = true;
        write(context, Outcome.failed(reason));
        context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    private void waitForReader(ChannelHandlerContext context) {
        wait(context, PATIENCE, context::close);
    }

    /** Of a whole request: one that comes octet by octet buys no time. */
    private void waitForRequest(ChannelHandlerContext context) {
        wait(
                context,
                idle,
                () -> refuse(context, "no request came: seconds=" + idle.toSeconds() + " (expected: one before)"));
    }

    private void wait(ChannelHandlerContext context, Duration time, Runnable hangingUp) {
        if (hangUp == null) {
            hangUp = context.executor().schedule(hangingUp, time.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void stopWaiting() {
        if (hangUp != null) {
            hangUp.cancel(false);
            hangUp = null;
        }
    }
}
