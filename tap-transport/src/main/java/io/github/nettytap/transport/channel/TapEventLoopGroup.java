/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.device.CpuAffinity;
import io.netty.channel.DefaultSelectStrategyFactory;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SelectStrategyFactory;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoHandlerConfig;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.FastThreadLocalThread;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Event loops for TAP channels, with what matters to them in one place: epoll or io_uring, the number of threads, the
 * processors that the threads are pinned to.
 *
 * <p>It is an ordinary group: sockets may share its loops ({@link #serverSocketChannelClass()}). And it is a
 * convenience: TAP channels run as well on any {@link MultiThreadIoEventLoopGroup} whose handler is Netty's epoll or
 * io_uring handler. On either, the channels of a loop share their receive buffers. A group of one's own on io_uring
 * wants a ring of 1,024 entries, as here: with Netty's default of 128 the completions of a few busy channels overflow
 * it, which costs speed and a warning, but no frame.
 *
 * <pre>{@code
 * TapEventLoopGroup group = TapEventLoopGroup.builder().threads(2).pinTo(0, 1).io(TapIoType.EPOLL).build();
 * }</pre>
 *
 * <p><b>Busy polling.</b> {@link Builder#selectStrategy} takes Netty's {@code SelectStrategy}; one that returns
 * {@code SelectStrategy.BUSY_WAIT} makes an epoll loop spin instead of sleep, which saves the wake-up, some
 * microseconds a round trip, and costs a processor for each loop.
 */
public final class TapEventLoopGroup extends MultiThreadIoEventLoopGroup {

    /** Batches of several channels must fit, or the kernel has to keep completions back. */
    private static final int RING_SIZE = 1_024;

    private final TapIoType io;

    private TapEventLoopGroup(Builder builder, TapIoType io) {
        super(builder.threads, builder.threadFactory(), handlerFactory(io, builder.selectStrategy));
        this.io = io;
    }

    private static IoHandlerFactory handlerFactory(TapIoType io, SelectStrategyFactory selectStrategy) {
        if (io == TapIoType.EPOLL) {
            return EpollIoHandler.newFactory(0, selectStrategy);
        }
        return IoUringIoHandler.newFactory(new IoUringIoHandlerConfig().setRingSize(RING_SIZE));
    }

    @Override
    protected IoEventLoop newChild(Executor executor, IoHandlerFactory ioHandlerFactory, Object... args) {
        return new TapEventLoop(this, executor, ioHandlerFactory);
    }

    @Override
    public TapEventLoop next() {
        return (TapEventLoop) super.next();
    }

    /**
     * Starts the description of a group: one thread, not pinned, the best I/O type that is available.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * What the loops of this group wait and work with.
     *
     * @return the type that was asked for or chosen
     */
    public TapIoType io() {
        return io;
    }

    /**
     * The server sockets that run on the loops of this group; those of the other I/O type cannot be registered here.
     *
     * @return the class, for a {@code ServerBootstrap}
     */
    public Class<? extends ServerSocketChannel> serverSocketChannelClass() {
        return io == TapIoType.EPOLL ? EpollServerSocketChannel.class : IoUringServerSocketChannel.class;
    }

    /**
     * The TCP sockets that run on the loops of this group.
     *
     * @return the class, for a {@code Bootstrap}
     */
    public Class<? extends SocketChannel> socketChannelClass() {
        return io == TapIoType.EPOLL ? EpollSocketChannel.class : IoUringSocketChannel.class;
    }

    /**
     * The UDP sockets that run on the loops of this group.
     *
     * @return the class, for a {@code Bootstrap}
     */
    public Class<? extends DatagramChannel> datagramChannelClass() {
        return io == TapIoType.EPOLL ? EpollDatagramChannel.class : IoUringDatagramChannel.class;
    }

    /** Describes a {@link TapEventLoopGroup}. Not thread-safe. */
    public static final class Builder {

        private int threads = 1;
        private int[] cpus = {};
        private TapIoType io;
        private String name = "tap";
        private SelectStrategyFactory selectStrategy = DefaultSelectStrategyFactory.INSTANCE;

        private Builder() {}

        /**
         * Sets the number of event loops, each with a thread of its own; default 1.
         *
         * @param threads at least 1
         * @return this
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder threads(int threads) {
            if (threads < 1) {
                throw new IllegalArgumentException("too few threads: threads=" + threads + " (expected: at least 1)");
            }
            this.threads = threads;
            return this;
        }

        /**
         * Pins the threads to processors, the first thread to the first one and so on, starting over when there are
         * more threads than processors.
         *
         * @param cpus the numbers of processors, as in {@code /proc/cpuinfo}; none leaves the threads unpinned; one
         *     that is not there fails {@link #build()}
         * @return this
         */
        public Builder pinTo(int... cpus) {
            this.cpus = cpus.clone();
            return this;
        }

        /**
         * Sets what the loops wait and work with; default {@link TapIoType#best()}.
         *
         * @param io the type, or null for the best one available
         * @return this
         */
        public Builder io(TapIoType io) {
            this.io = io;
            return this;
        }

        /**
         * Sets the prefix of the names of the threads; default {@code tap}.
         *
         * @param name the prefix
         * @return this
         */
        public Builder name(String name) {
            this.name = Objects.requireNonNull(name, "name");
            return this;
        }

        /**
         * Sets how an epoll loop decides to sleep; io_uring loops have no such choice and pass over it.
         *
         * @param selectStrategy the factory
         * @return this
         */
        public Builder selectStrategy(SelectStrategyFactory selectStrategy) {
            this.selectStrategy = Objects.requireNonNull(selectStrategy, "selectStrategy");
            return this;
        }

        /**
         * Makes the group. Its threads start with their first channels.
         *
         * @return a new group, to be shut down by the caller
         * @throws UnsatisfiedLinkError if the I/O type is not available here
         * @throws IllegalArgumentException if a processor to pin a thread to is not there, with those that are
         */
        public TapEventLoopGroup build() {
            // Here and not on the thread, which would end before its first task, and leave all tasks waiting.
            CpuAffinity.check(cpus);
            return new TapEventLoopGroup(this, io == null ? TapIoType.best() : io);
        }

        private ThreadFactory threadFactory() {
            if (cpus.length == 0) {
                return new DefaultThreadFactory(name);
            }
            AtomicInteger next = new AtomicInteger();
            return new DefaultThreadFactory(name) {
                @Override
                protected Thread newThread(Runnable task, String threadName) {
                    int cpu = cpus[next.getAndIncrement() % cpus.length];
                    return new FastThreadLocalThread(
                            threadGroup,
                            () -> {
                                CpuAffinity.pinCurrentThread(cpu);
                                task.run();
                            },
                            threadName);
                }
            };
        }
    }
}
