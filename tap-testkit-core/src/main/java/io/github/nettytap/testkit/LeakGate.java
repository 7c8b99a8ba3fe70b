/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.testkit;

import io.netty.util.LeakPresenceDetector;
import io.netty.util.concurrent.GlobalEventExecutor;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Fails a test class that leaves a buffer, a file descriptor or a thread behind.
 *
 * <p>For one class, {@code @ExtendWith(LeakGate.class)}; for all of them, JUnit's setting {@code
 * junit.jupiter.extensions.autodetection.enabled=true}, as it is registered for service loading. Buffers are counted
 * where {@code -Dio.netty.customResourceLeakDetector=io.netty.util.LeakPresenceDetector} is set. Descriptors are
 * compared by what they refer to, so that those which the JVM opens for itself (class files, random devices, epoll of a
 * JDK selector) do not count. What ends in the background, such as a thread that is told to stop, gets a grace period,
 * and buffers are counted when it has ended, since it may release some on its way out.
 */
public final class LeakGate implements BeforeAllCallback, AfterAllCallback {

    private static final long GRACE_MILLIS = 30_000;
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(LeakGate.class);

    /** Makes a gate; JUnit does. */
    public LeakGate() {}

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        if (!isOutermost(context)) {
            return;
        }
        openWhatTheJvmKeeps();
        store(context).put("fds", descriptors());
        store(context).put("threads", threads());
    }

    @Override
    @SuppressWarnings("unchecked")
    public void afterAll(ExtensionContext context) throws Exception {
        if (!isOutermost(context)) {
            return;
        }
        awaitGlobalExecutor();
        Map<String, String> fdsBefore = (Map<String, String>) store(context).get("fds");
        Map<String, String> threadsBefore = (Map<String, String>) store(context).get("threads");
        try {
            awaitEnd(context, fdsBefore, threadsBefore);
        } finally {
            // In any case, as it counts anew from here: a leak is that of its class, and not of the next one.
            LeakPresenceDetector.check();
        }
    }

    private static void awaitEnd(
            ExtensionContext context, Map<String, String> fdsBefore, Map<String, String> threadsBefore)
            throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GRACE_MILLIS);
        while (true) {
            Map<String, String> fds = added(fdsBefore, descriptors());
            Map<String, String> threads = added(threadsBefore, threads());
            if (fds.isEmpty() && threads.isEmpty()) {
                return;
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError(
                        "left behind by " + context.getDisplayName() + ": fds=" + fds + ", threads=" + threads);
            }
            Thread.sleep(20);
        }
    }

    /**
     * The first channel of a JVM opens a socket pair and keeps one end forever: its marker of closed descriptors. Since
     * JDK 21 only sockets do so (sun.nio.ch.UnixDispatcher).
     */
    private static void openWhatTheJvmKeeps() throws IOException {
        FileChannel.open(Path.of("/dev/null")).close();
        DatagramChannel.open().close();
    }

    private static void awaitGlobalExecutor() throws InterruptedException {
        try {
            GlobalEventExecutor.INSTANCE.awaitInactivity(GRACE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (IllegalStateException notStarted) {
            // Thrown where nothing of the test class ever ran on it: there is nothing to wait for.
        }
    }

    private static boolean isOutermost(ExtensionContext context) {
        return context.getParent().filter(p -> p.getTestClass().isPresent()).isEmpty();
    }

    private static ExtensionContext.Store store(ExtensionContext context) {
        return context.getStore(NAMESPACE);
    }

    private static Map<String, String> added(Map<String, String> before, Map<String, String> now) {
        now.keySet().removeAll(before.keySet());
        return now;
    }

    private static Map<String, String> descriptors() {
        Map<String, String> result = new TreeMap<>();
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            for (Path entry : entries.collect(Collectors.toList())) {
                try {
                    String target = Files.readSymbolicLink(entry).toString();
                    if (!isOfTheJvm(target)) {
                        result.put(entry.getFileName().toString(), target);
                    }
                } catch (IOException ignored) {
                    // The descriptor of the listing itself, closed by now.
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return result;
    }

    private static boolean isOfTheJvm(String target) {
        return isAttachSocket(target)
                || target.endsWith(".jar")
                || target.endsWith("/modules")
                || target.endsWith(".so")
                || target.startsWith("/dev/random")
                || target.startsWith("/dev/urandom")
                || target.matches("/proc/\\d+/fd");
    }

    /** A JVM that was attached to, as a fuzzer does to instrument its own classes, listens on a socket from then on. */
    private static boolean isAttachSocket(String target) {
        if (!target.startsWith("socket:[")) {
            return false;
        }
        String inode = ' ' + target.substring(8, target.length() - 1) + ' ';
        try (Stream<String> sockets = Files.lines(Path.of("/proc/self/net/unix"))) {
            return sockets.anyMatch(socket -> socket.contains(inode) && socket.contains("/.java_pid"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !isOfTheJvm(thread))
                .collect(Collectors.toMap(
                        thread -> thread.getId() + " " + thread.getName(),
                        thread -> String.valueOf(thread.getState()),
                        (a, b) -> a,
                        TreeMap::new));
    }

    private static boolean isOfTheJvm(Thread thread) {
        ThreadGroup group = thread.getThreadGroup();
        return group == null
                || group.getName().equals("system")
                || group.getName().equals("InnocuousThreadGroup")
                || thread.getName().startsWith("surefire-")
                || thread.getName().startsWith("junit-")
                || thread.getName().startsWith("process reaper")
                // Started by the first recording, and kept for the next.
                || thread.getName().startsWith("JFR ")
                || isIdleWorkerOfTheCommonPool(thread);
    }

    /**
     * The pool is the JVM's, and keeps its workers for a minute. Before JDK 25 a machine with two processors saw none:
     * {@code CompletableFuture}, and with it {@code Process.onExit}, started a thread for each task instead.
     */
    private static boolean isIdleWorkerOfTheCommonPool(Thread thread) {
        ForkJoinPool common = ForkJoinPool.commonPool();
        return thread instanceof ForkJoinWorkerThread
                && ((ForkJoinWorkerThread) thread).getPool() == common
                && common.isQuiescent();
    }
}
