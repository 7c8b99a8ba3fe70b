/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.device.PacketSocket;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapException;
import io.github.nettytap.transport.device.TapQueue;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.internal.StringUtil;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.Iterator;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;

/**
 * A Netty channel on one queue of a Linux TAP interface.
 *
 * <p><b>Messages.</b> Each inbound message is a {@link ByteBuf} that holds one Ethernet frame without its checksum
 * (FCS), preceded by a virtio-net header of {@link TapChannelConfig#getVnetHeaderSize()} bytes where that is not 0. It
 * is a slice of a larger receive buffer: its capacity cannot grow, and the handler that gets it must release it or pass
 * it on. Outbound messages are the same: a {@code ByteBuf}, of any kind, for each frame; several parts of one frame go
 * into a composite buffer. A frame is written whole or not at all.
 *
 * <p><b>Making one.</b> {@code bind} opens the device with the options of {@link TapChannelOption}, and a bad setting
 * fails the bind future with a {@link TapException}:
 *
 * <pre>{@code
 * Channel ch = new Bootstrap().group(group).channel(TapChannel.class)
 *         .option(TapChannelOption.TAP_OFFLOADS, OffloadRequest.BEST_AVAILABLE)
 *         .handler(...)
 *         .bind(TapAddress.of("tap0")).sync().channel();
 * }</pre>
 *
 * <p>Or a {@link TapDevice} is opened first and each of its queues gets a channel, which then owns the queue:
 *
 * <pre>{@code
 * TapDevice device = TapDevice.builder("tap0").queues(2).mtu(9000).offloads(OffloadRequest.BEST_AVAILABLE).open();
 * new Bootstrap().group(group).channelFactory(TapChannel.factory(device)).handler(...).register();
 * }</pre>
 *
 * <p><b>Event loops.</b> Any loop whose handler is Netty's epoll or io_uring handler; TAP and socket channels may share
 * it. The channels of a loop share their receive buffers, so an idle channel has none.
 *
 * <p><b>Errors.</b> A frame that the kernel refuses fails its own promise and is counted: the link is down (EIO), the
 * frame or its virtio-net header is malformed (EINVAL), there is no memory (ENOMEM, ENOBUFS). So does a buffer that was
 * released before it left. The channel goes on, and needs no help when the link comes up again. When the interface is
 * deleted, or its network namespace ends, the channel closes once, also with {@code AUTO_CLOSE} switched off: writes
 * that have not left fail with the cause, {@code exceptionCaught} reports it, and {@code channelInactive} follows,
 * whether or not the channel is reading. Where there is no memory to receive a frame, {@code exceptionCaught} reports
 * that, and reading pauses for {@value #NO_MEMORY_PAUSE_MILLIS} ms.
 *
 * <p><b>Closing.</b> {@code closeFuture} completes when the descriptor is closed, after {@code channelInactive}.
 * Closing the {@link TapDevice} or its queue closes the channel too, on any thread, whether or not the channel is
 * registered. An empty buffer sends nothing, and its promise succeeds when everything before it has left, so Netty's
 * idiom {@code writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE)} works.
 *
 * <p>There is no connection: {@code disconnect} closes, {@code connect} is not supported, and
 * {@link #remoteAddress()} is null.
 */
public final class TapChannel extends AbstractChannel implements UnixChannel {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(TapChannel.class);

    /** A TAP hands over one frame a read, so a batch is worth more of them than the 16 messages of a socket. */
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 64);

    /** How long nothing is read after there was no memory to read into. */
    static final int NO_MEMORY_PAUSE_MILLIS = 10;

    private final TapChannelConfig config = new TapChannelConfig(this);
    private final TapCounters counters = new TapCounters();
    private final ReceiveBatch readLoop = new ReceiveBatch(this);
    private final ReadControl readControl = new ReadControl(this);
    private final ChannelFailures failures = new ChannelFailures(this, readControl);
    private final DescriptorOwnership ownership = new DescriptorOwnership();
    private final LoopAttachment attachment = new LoopAttachment(this, ownership);
    private final Runnable flushTask = this::resumeWrites;

    private volatile TapEndpoint endpoint;
    private volatile boolean active;
    private volatile boolean closed;
    private TapWriteLoop writeLoop;
    private Closing closing;

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
        this(closeRequest -> new TapQueueEndpoint(queue, closeRequest));
    }

    /**
     * Makes a channel on a packet socket, to be registered rather than bound: the frames of a link that is no TAP. All
     * that is said of a TAP here holds, but that a write may have to wait for the link, and that a link which moves to
     * another network namespace is gone.
     *
     * @param socket the socket, which the channel owns from now on and closes with itself
     */
    public TapChannel(PacketSocket socket) {
        this(closeRequest -> new PacketEndpoint(socket, closeRequest));
    }

    /** @param opening makes the endpoint, given what is to be run when somebody else closes that */
    TapChannel(Function<Runnable, TapEndpoint> opening) {
        super(null);
        TapEndpoint opened = opening.apply(this::closeFromAnywhere);
        if (opened instanceof PacketEndpoint) {
            PacketEndpoint packets = (PacketEndpoint) opened;
            packets.watchDownLink(new DownLinkWatch(this, packets));
        }
        endpoint = opened;
        if (ownership.isClosing()) {
            closeDescriptor(); // The queue was closed as soon as it was ours, by a thread that did not see it here.
        }
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
     * @return the device, or null before the channel is bound, and of a packet socket
     */
    public TapDevice device() {
        TapEndpoint current = endpoint;
        return current instanceof TapQueueEndpoint ? ((TapQueueEndpoint) current).device() : null;
    }

    /**
     * The packet socket of this channel.
     *
     * @return the socket, or null if the channel is one of a TAP
     */
    public PacketSocket packetSocket() {
        TapEndpoint current = endpoint;
        return current instanceof PacketEndpoint ? ((PacketEndpoint) current).socket() : null;
    }

    /** What link events are reported of, null before the channel is bound. */
    LinkEvents.Source linkSource() {
        TapDevice device = device();
        PacketSocket socket = packetSocket();
        if (device != null) {
            return LinkEvents.Source.of(device);
        }
        return socket == null || socket.isForAllLinks() ? null : LinkEvents.Source.of(socket);
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
        } else {
            attachment.register(endpoint, promise);
        }
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
        config.check();
        TapEndpoint opened = new TapQueueEndpoint(config.open((TapAddress) localAddress), this::closeFromAnywhere);
        try {
            endpoint = opened;
            attachment.join(opened);
            opened = null;
        } finally {
            if (opened != null) {
                endpoint = null;
                opened.fd().close();
            }
        }
    }

    /** Gets ready to read and write, unless it did so on an earlier event loop. */
    void start(TapEndpoint opened, RecvByteBufAllocator.ExtendedHandle handle) {
        if (writeLoop == null) {
            readLoop.start(handle, opened.vnetHeaderSize());
            writeLoop = new TapWriteLoop(this, opened);
        }
    }

    /** The channel is on an event loop. */
    void joined() {
        active = true;
        if (!unsafe().outboundBuffer().isEmpty()) {
            scheduleFlush();
        }
        readControl.joined();
    }

    @Override
    protected void doDeregister() {
        if (!ownership.isClosing()) {
            attachment.leave();
        }
    }

    /** Leaves the event loop for good, with nothing in flight. */
    void leaveLoop() {
        try {
            attachment.leave();
        } finally {
            readLoop.release();
        }
    }

    @Override
    protected void doDisconnect() {
        // Later, since Netty fires channelInactive by itself if the channel is inactive when this returns.
        eventLoop().execute(() -> unsafe().close(unsafe().voidPromise()));
    }

    @Override
    protected void doShutdownOutput() {
        // A TAP cannot be half closed. Netty is about to fail and to release what has not left.
        if (io() != null) {
            io().abandonWrites();
        }
        unsafe().close(unsafe().voidPromise());
    }

    @Override
    protected void doClose() {
        if (!ownership.isClosing()) {
            // closeForcibly, which bootstraps call where no event loop takes the channel.
            unsafe().close(unsafe().voidPromise());
        } else if (!hasLoop()) {
            closing.closeHere();
        }
    }

    /** Whether there is an event loop on which the channel can be closed. */
    private boolean hasLoop() {
        return (isRegistered() || ownership.wasAttached()) && !eventLoop().isShutdown();
    }

    /** The queue or its device is closed by somebody. */
    void closeFromAnywhere() {
        if (!hasLoop()) {
            ((TapUnsafe) unsafe()).closeWithoutLoop();
            return;
        }
        EventLoop loop = eventLoop();
        if (loop.inEventLoop()) {
            unsafe().close(newPromise());
            return;
        }
        try {
            loop.execute(() -> unsafe().close(newPromise()));
        } catch (RejectedExecutionException e) {
            ((TapUnsafe) unsafe()).closeWithoutLoop();
        }
    }

    void closeDescriptor() {
        TapEndpoint opened = endpoint;
        if (opened != null) {
            try {
                opened.fd().close();
            } catch (IOException e) {
                LOGGER.warn("{} failed to close {}", this, opened.fd(), e);
            }
        }
    }

    @Override
    protected void doBeginRead() {
        readControl.read();
    }

    void stopRead() {
        readControl.stop();
    }

    /** autoRead was switched off, on whichever thread. */
    void autoReadCleared() {
        readControl.autoReadCleared();
    }

    @Override
    protected Object filterOutboundMessage(Object message) throws IOException {
        return OutboundFrames.check(message, endpoint, alloc(), counters);
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) {
        try {
            io().write(in);
        } catch (Throwable cause) {
            // Netty would shut the output down, of which a TAP has no half.
            closeWith(cause);
        }
    }

    /** What it shares with the other channels of its loop. */
    LoopResources resources() {
        return attachment.resources();
    }

    TapEndpoint endpoint() {
        return endpoint;
    }

    /** How the channel works on its event loop, null between two of them. */
    TapIo io() {
        return attachment.io();
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
        executeQuietly(flushTask);
    }

    private void executeQuietly(Runnable task) {
        try {
            eventLoop().execute(task);
        } catch (RejectedExecutionException e) {
            LOGGER.debug("{} is on an event loop that has ended", this);
        }
    }

    void resumeWrites() {
        if (eventLoop().inEventLoop()) {
            ((TapUnsafe) unsafe()).resumeWrites();
        } else {
            scheduleFlush(); // The channel has moved to another loop since this was scheduled.
        }
    }

    ChannelFailures failures() {
        return failures;
    }

    /** Closes the channel because of a failure, which fails the writes that have not left and goes up the pipeline. */
    void closeWith(Throwable cause) {
        if (!ownership.isClosing()) {
            // Later, since this may be called by a handler that writes; but before channelInactive.
            executeQuietly(() -> pipeline().fireExceptionCaught(cause));
            ((TapUnsafe) unsafe()).closeWith(cause);
        }
    }

    private final class TapUnsafe extends AbstractUnsafe {

        @Override
        public void connect(SocketAddress remoteAddress, SocketAddress localAddress, ChannelPromise promise) {
            promise.tryFailure(new UnsupportedOperationException("a TAP channel has no remote address: use bind"));
        }

        /** Not by Netty's own method, which insists on the event loop of a channel that may be changing loops. */
        @Override
        public void close(ChannelPromise promise) {
            EventLoop owner = ownership.loop();
            if (owner == null || owner.inEventLoop()) {
                ClosedChannelException cause = new ClosedChannelException();
                close(promise, cause, cause);
            } else {
                owner.execute(() -> close(promise));
            }
        }

        /** Every close comes through here. */
        @Override
        protected void close(ChannelPromise promise, Throwable cause, ClosedChannelException closeCause) {
            if (!promise.setUncancellable()) {
                return; // Cancelled before it was carried out, so nobody asks for it any more.
            }
            if (ownership.beginClosing()) {
                boolean wasActive = active;
                closing = new Closing(TapChannel.this, outboundBuffer(), cause, closeCause, wasActive);
                active = false;
                closed = true;
                super.close(promise, cause, closeCause);
            } else if (!ownership.isClosing()) {
                close(promise); // Another loop has just taken the channel.
            } else if (closeFuture().isDone()) {
                safeSetSuccess(promise);
            } else if (!promise.isVoid()) {
                closeFuture().addListener(done -> promise.trySuccess());
            }
        }

        /** Closes a channel without an event loop, or with one that has ended, on the calling thread. */
        void closeWithoutLoop() {
            EventLoop owner = ownership.loop();
            if (owner != null && owner.isShutdown()) {
                ownership.detach();
            }
            ClosedChannelException cause = new ClosedChannelException();
            close(newPromise(), cause, cause);
        }

        @Override
        protected Executor prepareToClose() {
            return hasLoop() ? closing : null;
        }

        void closeWith(Throwable cause) {
            if (cause instanceof IOException && config.isAutoClose()) {
                handleWriteError(cause); // Remembers the cause for later writes.
            } else {
                ClosedChannelException closeCause = new ClosedChannelException();
                closeCause.initCause(cause);
                close(voidPromise(), cause, closeCause);
            }
        }

        @Override
        public void deregister(ChannelPromise promise) {
            if (!promise.setUncancellable()) {
                return;
            }
            TapIo current = io();
            if (ownership.isClosing() && !closeFuture().isDone()) {
                closeFuture().addListener(done -> super.deregister(promise));
            } else if (current == null) {
                super.deregister(promise);
            } else {
                // What is in flight belongs to the loop that the channel is about to leave.
                current.whenIdle(() -> super.deregister(promise));
            }
        }

        @Override
        protected void flush0() {
            // Between two event loops the frames wait for the next one; a channel that is not bound yet fails them.
            TapIo current = io();
            if (current == null ? !active : !current.isWriteBlocked()) {
                super.flush0();
            }
        }

        void resumeWrites() {
            if (io() != null) {
                super.flush0();
            }
        }
    }
}
