/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.link.LinkMonitor;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.IovArray;
import io.netty.channel.unix.Limits;
import io.netty.util.concurrent.FastThreadLocal;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * What the channels of one event loop share: receive buffers, one set for each allocator in use, iovecs, one watcher of
 * links for each network namespace, the counters of the loop, and which channel is read when. So an idle port costs
 * none of them.
 *
 * <p>A {@link TapEventLoop} owns them; for any other loop they hang on its thread. The memory goes with the last
 * channel that uses it, as far as no frame holds it. On the loop's thread only, where nothing else is said.
 */
final class LoopResources {

    private static final FastThreadLocal<LoopResources> OF_THREAD = new FastThreadLocal<>() {
        @Override
        protected LoopResources initialValue() {
            return new LoopResources();
        }
    };

    private final Map<ByteBufAllocator, LoopBuffers> buffers = new IdentityHashMap<>(1);
    private final Map<String, LinkWatcher> watchers = new ConcurrentHashMap<>(1);
    private final TapLoopCounters counters = new TapLoopCounters();
    private final RestPolicy restPolicy;

    /** For frames in several parts; made when the first one comes. */
    private IovArray iovArray;

    LoopResources() {
        this(System::nanoTime);
    }

    LoopResources(LongSupplier clock) {
        restPolicy = new RestPolicy(counters, clock);
    }

    /** Called on the thread of the loop. */
    static LoopResources of(EventLoop loop) {
        return loop instanceof TapEventLoop ? ((TapEventLoop) loop).resources() : OF_THREAD.get();
    }

    TapLoopCounters counters() {
        return counters;
    }

    /** Which channel of the loop is read when. */
    RestPolicy restPolicy() {
        return restPolicy;
    }

    /** The receive buffers, once for each channel that starts to use the loop. */
    LoopBuffers acquire(ByteBufAllocator allocator) {
        LoopBuffers shared = buffers.get(allocator);
        if (shared == null) {
            shared = new LoopBuffers(this, allocator);
            buffers.put(allocator, shared);
        }
        shared.use();
        return shared;
    }

    /** The watcher of the links of a network namespace, null if there is none; on any thread. */
    LinkWatcher watcher(String namespace) {
        return watchers.get(namespace);
    }

    /** Makes the watcher of a network namespace, which forgets itself when it ends. */
    LinkWatcher watch(String namespace, LinkMonitor monitor, IoEventLoop loop) {
        LinkWatcher watcher = LinkWatcher.start(monitor, loop, () -> watchers.remove(namespace));
        watchers.put(namespace, watcher);
        return watcher;
    }

    /** An empty array of iovecs, to be used before this is called again. */
    IovArray iovArray() {
        if (iovArray == null) {
            iovArray = new IovArray(Limits.IOV_MAX);
        }
        iovArray.clear();
        return iovArray;
    }

    /** The last user of the buffers has left. */
    void forget(ByteBufAllocator allocator) {
        buffers.remove(allocator);
        if (buffers.isEmpty() && iovArray != null) {
            iovArray.release();
            iovArray = null;
        }
    }
}
