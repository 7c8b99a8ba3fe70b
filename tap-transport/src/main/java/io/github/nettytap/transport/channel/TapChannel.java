/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapException;
import io.github.nettytap.transport.device.TapQueue;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannel;
import io.netty.channel.unix.UnixChannelUtil;
import io.netty.util.internal.StringUtil;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.Iterator;
import java.util.concurrent.Executor;

/**
 * A Netty channel on one queue of a Linux TAP interface.
 *
 * <p><b>Messages.</b> Each inbound message is a {@link ByteBuf} that holds one Ethernet frame without its checksum (FCS),
 * preceded by a virtio-net header of {@link TapChannelConfig#getVnetHeaderSize()} bytes where that is not 0. It is a
 * slice of a larger receive buffer: its capacity cannot grow, and the handler that gets it must release it or pass it
 * on. Outbound messages are the same: a {@code ByteBuf}, of any kind, for each frame; several parts of one frame go into
 * a composite buffer. A frame is written whole or not at all.
 *
 * <p><b>Making one.</b> {@code bind} opens the device with the options of {@link TapChannelOption}, and a bad setting
 * fails the bind future with a {@link TapException}:
 *
 * <pre>{@code
 * Channel ch = new Bootstrap().group(group).channel(TapChannel.class)
 *         .option(TapChannelOption.TAP_OFFLOADS, TapOffload.ALL)
 *         .handler(...)
 *         .bind(TapAddress.of("tap0")).sync().channel();
 * }</pre>
 *
 * <p>Or a {@link TapDevice} is opened first and each of its queues gets a channel, which then owns the queue:
 *
 * <pre>{@code
 * TapDevice device = TapDevice.builder("tap0").queues(2).mtu(9000).offloads(TapOffload.ALL).open();
 * new Bootstrap().group(group).channelFactory(TapChannel.factory(device)).handler(...).register();
 * }</pre>
 *
 * <p><b>Event loops.</b> Any loop whose handler is Netty's epoll or io_uring handler; TAP and socket channels may share
 * it. The channels of a loop share their receive buffers, so an idle channel has none.
 *
 * <p><b>Errors.</b> A frame that the kernel refuses fails its own promise and is counted: the link is down (EIO), the
 * frame or its virtio-net header is malformed (EINVAL), there is no memory (ENOMEM, ENOBUFS). The channel goes on, and
 * needs no help when the link comes up again. When the interface is deleted, or its network namespace ends, the
 * channel closes once: writes that were flushed and not yet taken fail with the cause, {@code exceptionCaught} tells it, and
 * {@code channelInactive} follows, whether or not the channel is reading.
 *
 * <p>There is no connection: {@code disconnect} closes, {@code connect} is not supported, and
 * {@link #remoteAddress()} is null.
 */
public final class TapChannel extends AbstractChannel implements UnixChannel {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(TapChannel.class);

    /** A TAP hands over one frame a read, so a batch is worth more of them than the 16 messages of a socket. */
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 64);

    private static final String EXPECTED_TYPES = " (expected: " + StringUtil.simpleClassName(ByteBuf.class) + ')';

    private final TapChannelConfig config = new TapChannelConfig(this);
    private final TapCounters counters = new TapCounters();
    private final Runnable flushTask = this::resumeWrites;

    private volatile TapEndpoint endpoint;
    private volatile boolean active;
    private volatile boolean closed;
    private TapIo io;
    private ReceiveBatch readLoop;
    private TapWriteLoop writeLoop;
    private LinkEvents linkEvents;

    /** Close was asked for; set on the event loop, some time before {@code closed}. */
    private boolean closing;

    /** Makes a channel that opens its device when it is bound; for {@code Bootstrap.channel(TapChannel.class)}. */
    public TapChannel() {
        super(null);
    }

    /**
     * Makes a channel on an opened queue, to be registered rather than bound.
     *
     * @param queue the queue, which the channel owns from now on and closes with itself
     */
    public TapChannel(TapQueue queue) {
        super(null);
        endpoint = new TapQueueEndpoint(queue, this::closeFromAnywhere);
    }

    TapChannel(TapEndpoint endpoint) {
        super(null);
        this.endpoint = endpoint;
    }

    /**
     * Makes channels for the queues of a device, one for each call, in order.
     *
     * @param device an open device; its queues belong to the channels that are made
     * @return a factory that throws {@link IllegalStateException} when every queue has its channel
     */
    public static ChannelFactory<TapChannel> factory(TapDevice device) {
        Iterator<TapQueue> queues = device.queues().iterator();
        return new ChannelFactory<>() {
            @Override
            public synchronized TapChannel newChannel() {
                if (!queues.hasNext()) {
                    throw new IllegalStateException("every queue has a channel already: device=" + device.name()
                            + ", queues=" + device.queues().size());
                }
                return new TapChannel(queues.next());
            }
        };
    }

    @Override
    public TapChannelConfig config() {
        return config;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public TapAddress localAddress() {
        return (TapAddress) super.localAddress();
    }

    /**
     * What this channel has counted.
     *
     * @return the live counters; any thread may read them, also after the channel is closed
     */
    public TapCounters counters() {
        return counters;
    }

    /**
     * The device of this channel.
     *
     * @return the device, or null before the channel is bound
     */
    public TapDevice device() {
        TapEndpoint current = endpoint;
        return current instanceof TapQueueEndpoint ? ((TapQueueEndpoint) current).device() : null;
    }

    /**
     * The descriptor of the queue. It belongs to the channel.
     *
     * @return the descriptor, or null before the channel is bound
     */
    @Override
    public FileDescriptor fd() {
        TapEndpoint current = endpoint;
        return current == null ? null : current.fd();
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public boolean isActive() {
        return active;
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new TapUnsafe();
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return TapIoSelector.isCompatible(loop);
    }

    @Override
    protected SocketAddress localAddress0() {
        TapEndpoint current = endpoint;
        return current == null ? null : current.address();
    }

    @Override
    protected SocketAddress remoteAddress0() {
        return null;
    }

    @Override
    protected void doRegister(ChannelPromise promise) {
        if (endpoint == null) {
            promise.setSuccess();
            return;
        }
        try {
            attach(endpoint);
        } catch (Throwable cause) {
            promise.setFailure(cause);
            return;
        }
        promise.setSuccess();
    }

    @Override
    protected void doBind(SocketAddress localAddress) throws Exception {
        if (endpoint != null) {
            throw new IllegalStateException("bound already: address=" + endpoint.address());
        }
        if (!(localAddress instanceof TapAddress)) {
            throw new IllegalArgumentException("not a TapAddress: address=" + localAddress + ", type="
                    + StringUtil.simpleClassName(localAddress) + " (expected: TapAddress.of(\"tap0\"))");
        }
        TapEndpoint opened = new TapQueueEndpoint(config.open((TapAddress) localAddress), this::closeFromAnywhere);
        try {
            attach(opened);
            endpoint = opened;
            opened = null;
        } finally {
            if (opened != null) {
                opened.fd().close();
            }
        }
    }

    /** Joins the event loop; {@code deregister} is the reverse. */
    private void attach(TapEndpoint opened) throws Exception {
        RecvByteBufAllocator.ExtendedHandle handle =
                (RecvByteBufAllocator.ExtendedHandle) unsafe().recvBufAllocHandle();
        if (readLoop == null) {
            readLoop = new ReceiveBatch(this, handle, opened.vnetHeaderSize());
            writeLoop = new TapWriteLoop(this, opened);
        }
        TapIo joining = TapIoSelector.newIo(this, opened, handle, eventLoop());
        boolean started = false;
        try {
            if (config.isLinkEvents() && opened instanceof TapQueueEndpoint) {
                linkEvents =
                        new LinkEvents(pipeline(), ((TapQueueEndpoint) opened).device(), (IoEventLoop) eventLoop());
                linkEvents.start();
            }
            // On the loop's own thread the registration is complete when register returns.
            IoRegistration registration = ((IoEventLoop) eventLoop())
                    .register(joining.handle())
                    .syncUninterruptibly()
                    .getNow();
            joining.start(registration);
            started = true;
        } finally {
            if (!started) {
                stopLinkEvents();
                joining.deregister();
            }
        }
        io = joining;
        active = true;
        if (!unsafe().outboundBuffer().isEmpty()) {
            scheduleFlush();
        }
    }

    @Override
    protected void doDeregister() {
        TapIo current = io;
        if (current != null) {
            io = null;
            stopLinkEvents();
            current.deregister();
        }
    }

    private void stopLinkEvents() {
        if (linkEvents != null) {
            linkEvents.stop();
            linkEvents = null;
        }
    }

    @Override
    protected void doDisconnect() {
        doClose();
    }

    @Override
    protected void doClose() {
        if (closed) {
            return;
        }
        TapIo current = io;
        TapEndpoint opened = endpoint;
        stop();
        if (current != null) {
            current.close(opened);
        } else if (opened != null) {
            closeDescriptor(opened);
        }
    }

    /** From here on nothing is read or written. */
    private void stop() {
        closed = true;
        active = false;
        if (io != null) {
            io = null;
            stopLinkEvents();
        }
        if (readLoop != null) {
            readLoop.release();
            writeLoop.release();
        }
    }

    /** The queue or its device is closed by somebody. */
    private void closeFromAnywhere() {
        if (isRegistered()) {
            close();
        } else {
            unsafe().closeForcibly();
        }
    }

    void closeDescriptor() {
        closeDescriptor(endpoint);
    }

    void closeDescriptor(TapEndpoint opened) {
        try {
            opened.fd().close();
        } catch (IOException e) {
            LOGGER.warn("{} failed to close {}", this, opened.fd(), e);
        }
    }

    @Override
    protected void doBeginRead() {
        if (io != null) {
            readLoop.want();
            if (readLoop.hasHeld()) {
                // Not delivered from here, as this is called by handlers.
                eventLoop().execute(this::deliverHeld);
            } else {
                io.beginRead();
            }
        }
    }

    /** Frames that were read before reading was stopped come before any other. */
    private void deliverHeld() {
        if (io != null && readLoop.isWanted()) {
            readLoop.deliverHeld();
            if (io != null && readLoop.isWanted()) {
                doBeginRead();
            }
        }
    }

    void stopRead() {
        if (io != null) {
            io.stopRead();
        }
    }

    /** autoRead was switched off, on whichever thread. */
    void autoReadCleared() {
        if (!isRegistered()) {
            return;
        }
        EventLoop loop = eventLoop();
        if (loop.inEventLoop()) {
            if (io != null) {
                readLoop.forget();
                io.stopRead();
            }
        } else {
            loop.execute(() -> {
                if (io != null && !readLoop.isWanted()) {
                    io.stopRead();
                }
            });
        }
    }

    @Override
    protected Object filterOutboundMessage(Object message) throws IOException {
        if (!(message instanceof ByteBuf)) {
            String hint = message instanceof ByteBufHolder ? "; add the codec that turns it into a ByteBuf" : "";
            throw new UnsupportedOperationException(
                    "unsupported message type: " + StringUtil.simpleClassName(message) + EXPECTED_TYPES + hint);
        }
        ByteBuf frame = (ByteBuf) message;
        TapEndpoint current = endpoint;
        if (current != null) {
            FrameLimits.check(current, frame.readableBytes(), counters);
        }
        return UnixChannelUtil.isBufferCopyNeededForWrite(frame) ? copyToDirect(frame) : frame;
    }

    private ByteBuf copyToDirect(ByteBuf frame) {
        int length = frame.readableBytes();
        ByteBuf copy = alloc().directBuffer(length, length);
        copy.writeBytes(frame, frame.readerIndex(), length);
        frame.release();
        return copy;
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) throws Exception {
        io.write(in);
    }

    /** Whether frames may still be delivered. On the event loop. */
    boolean isDelivering() {
        return !closed && !closing;
    }

    int maxFramesPerWrite() {
        return maxMessagesPerWrite();
    }

    ReceiveBatch readLoop() {
        return readLoop;
    }

    TapWriteLoop writeLoop() {
        return writeLoop;
    }

    /** Flushes again in a later turn of the loop, so that other channels get theirs. */
    void scheduleFlush() {
        eventLoop().execute(flushTask);
    }

    void resumeWrites() {
        ((TapUnsafe) unsafe()).resumeWrites();
    }

    /** The event loop says that something is wrong with the descriptor; finds out what. */
    void deviceFailed() {
        IOException cause;
        try {
            // Reads nothing, but tells the error of a device that is gone.
            fd().readAddress(0, 0, 0);
            cause = new IOException("the device reports an error: address=" + localAddress());
        } catch (NativeIoException e) {
            cause = endpoint.explain("poll", -e.expectedErr());
        } catch (IOException e) {
            cause = e;
        }
        closeWith(cause);
    }

    void readFailed(IOException cause) {
        if (cause instanceof NativeIoException) {
            int errno = -((NativeIoException) cause).expectedErr();
            IOException explained = endpoint.explain("read", errno);
            if (endpoint.isFatal(errno)) {
                closeWith(explained);
            } else {
                counters.receiveErrors.increment();
                pipeline().fireExceptionCaught(explained);
            }
        } else {
            closeWith(cause);
        }
    }

    /** The other end of a socket that stands in for a TAP is closed. */
    void peerClosed() {
        unsafe().close(unsafe().voidPromise());
    }

    void closeWith(IOException cause) {
        // Closed first, so that writes in the queue fail with the cause whatever a handler does on hearing of it.
        ((TapUnsafe) unsafe()).closeWith(cause);
        pipeline().fireExceptionCaught(cause);
    }

    private final class TapUnsafe extends AbstractUnsafe {

        @Override
        public void connect(SocketAddress remoteAddress, SocketAddress localAddress, ChannelPromise promise) {
            promise.tryFailure(new UnsupportedOperationException("a TAP channel has no remote address: use bind"));
        }

        @Override
        public void close(ChannelPromise promise) {
            TapIo current = io;
            if (closing) {
                if (!promise.isVoid()) {
                    closeFuture().addListener(done -> promise.trySuccess());
                }
            } else if (current == null) {
                super.close(promise);
            } else {
                // Whoever is told that the channel is closed may rely on its queue being gone.
                closing = true;
                current.whenIdle(() -> super.close(promise));
            }
        }

        /**
         * Leaves the event loop, and has the descriptor closed elsewhere: the kernel takes milliseconds to remove an
         * interface, in which the other channels of the loop would stand still.
         */
        @Override
        protected Executor prepareToClose() {
            TapIo current = io;
            if (current == null || !current.isIdle() || eventLoop().isShuttingDown()) {
                return null;
            }
            stop();
            current.deregister();
            return finish -> DescriptorCloser.close(TapChannel.this, finish);
        }

        @Override
        protected void close(ChannelPromise promise, Throwable cause, ClosedChannelException closeCause) {
            ChannelOutboundBuffer waiting = outboundBuffer();
            super.close(promise, cause, closeCause);
            if (waiting != null) {
                failAll(waiting, cause, closeCause);
            }
        }

        /** Now and not when the descriptor is closed: nobody would do it if the loop had ended by then. */
        private void failAll(ChannelOutboundBuffer waiting, Throwable cause, ClosedChannelException closeCause) {
            if (!waiting.isWritable()) {
                // Stays so: that there is room again is no news of a closed channel.
                waiting.setUserDefinedWritability(1, false);
            }
            while (waiting.remove(cause)) {
                continue;
            }
            waiting.addFlush();
            while (waiting.remove(closeCause)) {
                continue;
            }
        }

        @Override
        public void deregister(ChannelPromise promise) {
            TapIo current = io;
            if (current == null) {
                super.deregister(promise);
            } else {
                // What is in flight belongs to the loop that the channel is about to leave.
                current.whenIdle(() -> super.deregister(promise));
            }
        }

        @Override
        protected void flush0() {
            if (io == null || !io.isWriteBlocked()) {
                super.flush0();
            }
        }

        void resumeWrites() {
            super.flush0();
        }

        void closeWith(IOException cause) {
            handleWriteError(cause);
            if (isOpen()) {
                close(voidPromise());
            }
        }
    }
}
