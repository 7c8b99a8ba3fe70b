/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port;

import io.github.nettytap.codec.counter.Counter;
import io.github.nettytap.codec.wire.VnetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.local.LocalAddress;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import io.netty.util.internal.StringUtil;

import java.net.SocketAddress;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * One end of a patch cable between a switch and a router, or two switches, of one process.
 *
 * <pre>{@code
 *   PatchChannel[] cable = PatchChannel.pair("lan-router", "router-lan", VnetHeader.V1);
 *   cable[0].pipeline().addLast(lan.newPort(…));
 *   cable[1].pipeline().addLast(…);
 *   group.register(cable[0]);
 *   group.register(cable[1]);
 * }</pre>
 *
 * <p>Frames pass by reference, virtio-net header, GSO and all. What is written at one end is read at the other, in
 * order, on that end's event loop. An end that does not keep up loses frames, as a TAP does: at most {@value #CAPACITY}
 * wait for it, the rest are dropped and counted, and the writer is not held up. Netty's own local transport would let
 * them pile up.
 *
 * <p>An end is active once it is registered; closing one closes the other.
 */
public final class PatchChannel extends AbstractChannel {

    /** Frames that wait for an end at most. A power of two. */
    static final int CAPACITY = 1_024;

    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 64);
    private static final String EXPECTED_TYPES = " (expected: " + StringUtil.simpleClassName(ByteBuf.class) + ')';

    private final ChannelConfig config = new DefaultChannelConfig(this);
    private final FrameCounters counters = new FrameCounters();
    private final LocalAddress address;
    private final int headerLength;

    /** Single producer: the loop of the other end. Single consumer: the loop of this one. */
    private final AtomicReferenceArray<ByteBuf> ring = new AtomicReferenceArray<>(CAPACITY);

    private final AtomicBoolean drainScheduled = new AtomicBoolean();
    private final Counter dropped = new Counter();
    private final Runnable drain = this::drain;
    private final Runnable closeWithLoop = () -> unsafe().close(voidPromise());

    private PatchChannel peer;
    private volatile boolean open = true;

    /** Of the loop of the other end. */
    private int produced;

    /** Of the loop of this end. */
    private int consumed;

    /** Whether a frame is asked for. Of the loop of this end. */
    private boolean readPending;

    private PatchChannel(String name, VnetHeader vnetHeader) {
        super(null);
        headerLength = vnetHeader.length();
        address = new LocalAddress(name);
    }

    /**
     * Makes a cable.
     *
     * @param one the name of one end
     * @param other the name of the other
     * @param vnetHeader what stands in front of each frame, which does not count as bytes of it
     * @return both ends, to be registered, each with any event loop
     */
    public static PatchChannel[] pair(String one, String other, VnetHeader vnetHeader) {
        PatchChannel[] ends = {new PatchChannel(one, vnetHeader), new PatchChannel(other, vnetHeader)};
        for (int i = 0; i < 2; i++) {
            ends[i].peer = ends[1 - i];
            ends[i].attr(Port.NAME).set(ends[i].address.id());
            ends[i].attr(Port.COUNTERS).set(ends[i].counters);
        }
        return ends;
    }

    /**
     * The other end.
     *
     * @return its channel
     */
    public PatchChannel peer() {
        return peer;
    }

    /**
     * How many frames that were written here the other end had no room for.
     *
     * @return the count so far; any thread may ask
     */
    public long dropped() {
        return dropped.get();
    }

    @Override
    public ChannelConfig config() {
        return config;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public boolean isActive() {
        return open && isRegistered();
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new PatchUnsafe();
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return true;
    }

    @Override
    protected SocketAddress localAddress0() {
        return address;
    }

    @Override
    protected SocketAddress remoteAddress0() {
        return peer.address;
    }

    @Override
    protected void doRegister(ChannelPromise promise) {
        // There is no descriptor that a loop would know of when it ends.
        if (eventLoop() instanceof SingleThreadEventExecutor) {
            ((SingleThreadEventExecutor) eventLoop()).addShutdownHook(closeWithLoop);
        }
        promise.setSuccess();
    }

    @Override
    protected void doDeregister() {
        if (eventLoop() instanceof SingleThreadEventExecutor) {
            ((SingleThreadEventExecutor) eventLoop()).removeShutdownHook(closeWithLoop);
        }
    }

    @Override
    protected void doBind(SocketAddress localAddress) {
        throw new UnsupportedOperationException("an end of a patch cable is registered, not bound");
    }

    @Override
    protected void doDisconnect() {
        doClose();
    }

    @Override
    protected void doClose() {
        if (open) {
            open = false;
            releaseAll();
            // Off this stack, and on whatever loop the other end has, if it has one.
            PatchChannel other = peer;
            if (other.isRegistered() && !other.eventLoop().isShutdown()) {
                other.close();
            } else {
                other.unsafe().closeForcibly();
            }
        }
    }

    /**
     * The other end may still add to the ring until it has seen that this one is closed; it looks again after adding.
     */
    private void releaseAll() {
        for (int i = 0; i < CAPACITY; i++) {
            ByteBuf frame = ring.getAndSet(i, null);
            if (frame != null) {
                frame.release();
            }
        }
    }

    @Override
    protected void doBeginRead() {
        readPending = true;
        if (ring.get(consumed & CAPACITY - 1) != null) {
            scheduleDrain();
        }
    }

    private void scheduleDrain() {
        if (isRegistered() && drainScheduled.compareAndSet(false, true)) {
            try {
                eventLoop().execute(drain);
            } catch (RejectedExecutionException e) {
                // The loop of this end has ended; it closes its channels, which releases what waits.
                return;
            }
        }
    }

    private void drain() {
        drainScheduled.set(false);
        if (!open || !readPending) {
            return;
        }
        int most = config.isAutoRead() ? METADATA.defaultMaxMessagesPerRead() : 1;
        int count = 0;
        while (open && count < most && (count == 0 || config.isAutoRead())) {
            ByteBuf frame = ring.getAndSet(consumed & CAPACITY - 1, null);
            if (frame == null) {
                break;
            }
            consumed++;
            count++;
            readPending = false;
            counters.received(frame.readableBytes() - headerLength);
            pipeline().fireChannelRead(frame);
        }
        if (count > 0) {
            // Reads again if the channel reads by itself.
            pipeline().fireChannelReadComplete();
        }
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        if (message instanceof ByteBuf) {
            return message;
        }
        throw new UnsupportedOperationException(
                "unsupported message type: " + StringUtil.simpleClassName(message) + EXPECTED_TYPES);
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) {
        boolean wrote = false;
        for (ByteBuf frame = (ByteBuf) in.current(); frame != null; frame = (ByteBuf) in.current()) {
            if (peer.offer(frame)) {
                counters.sent(frame.readableBytes() - headerLength);
                wrote = true;
            } else {
                dropped.increment();
            }
            in.remove();
        }
        if (wrote) {
            peer.scheduleDrain();
        }
    }

    /** On the loop of the other end, which keeps its own reference. */
    private boolean offer(ByteBuf frame) {
        int slot = produced & CAPACITY - 1;
        if (!open || ring.get(slot) != null) {
            return false;
        }
        ring.set(slot, frame.retain());
        produced++;
        if (!open) {
            releaseAll();
        }
        return true;
    }

    private final class PatchUnsafe extends AbstractUnsafe {

        @Override
        public void connect(SocketAddress remoteAddress, SocketAddress localAddress, ChannelPromise promise) {
            promise.tryFailure(
                    new UnsupportedOperationException("an end of a patch cable has its other end from the start"));
        }
    }
}
