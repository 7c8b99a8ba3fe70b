/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.util.concurrent.DefaultThreadFactory;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Runs what waits for the kernel off the event loops, many tasks at a time: closing descriptors, finding links.
 *
 * <p>Closing the last queue removes the interface, and {@code unregister_netdevice} (net/core/dev.c) waits for RCU
 * readers more than once, about 17 ms in all. The wait of one thread serves those that wait beside it: a thousand
 * interfaces go in 17 s one after the other, in 1 s by 32 threads.
 */
final class BlockingTasks {

    private static final int THREADS = 32;
    private static final long IDLE_SECONDS = 1;

    private static final ThreadPoolExecutor EXECUTOR = newExecutor();

    private BlockingTasks() {}

    static void execute(Runnable task) {
        EXECUTOR.execute(task);
    }

    private static ThreadPoolExecutor newExecutor() {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory("tap-blocking", true));
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }
}
