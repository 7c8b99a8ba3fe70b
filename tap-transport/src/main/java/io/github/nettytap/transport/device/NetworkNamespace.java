/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.Fcntl;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.Namespaces;
import io.github.nettytap.transport.linux.Retry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A Linux network namespace, held open by a descriptor.
 *
 * <p>A namespace is a property of a thread: what a thread opens inside one (sockets, TAPs, netlink, child processes)
 * belongs to it and keeps working from any other thread. So {@link #call(Callable)} runs a task on a thread of its own,
 * which ends afterwards; no thread of the caller ever changes its namespace.
 *
 * <pre>{@code
 * try (NetworkNamespace host = NetworkNamespace.create();
 *         TapDevice tap = TapDevice.builder("tap0").namespace(host).up(true).open()) {
 *     ServerSocket server = host.call(() -> new ServerSocket(80));
 * }
 * }</pre>
 *
 * <p>{@code /sys/class/net} shows the namespace of its mount, not that of the thread: do not look there.
 *
 * <p>A new namespace ends when its last descriptor, thread and socket has gone. Making and entering one needs
 * CAP_SYS_ADMIN in the user namespace that owns it; {@code unshare -Urn} gives that to anybody. Thread-safe.
 */
public final class NetworkNamespace implements AutoCloseable {

    private static final Path NAMED = Path.of("/run/netns");
    private static final int CLOSED = -1;

    private final LibC libc;
    private int fd;

    private NetworkNamespace(LibC libc, int fd) {
        this.libc = libc;
        this.fd = fd;
    }

    /** A task without a result that may fail. */
    @FunctionalInterface
    public interface Task {

        /**
         * Does the work.
         *
         * @throws Exception if it fails
         */
        void run() throws Exception;
    }

    /**
     * The namespace of the calling thread.
     *
     * @return the namespace, to be closed by the caller
     * @throws TapException if it cannot be opened
     */
    public static NetworkNamespace current() throws TapException {
        return current(TapAvailability.libc());
    }

    static NetworkNamespace current(LibC libc) throws TapException {
        return open(libc, Namespaces.OF_THIS_THREAD);
    }

    /**
     * The namespace that this process was started in, whichever one the calling thread is in: a thread that was first
     * started inside {@link #call} stays in that namespace.
     *
     * @return the namespace, to be closed by the caller
     * @throws TapException if it cannot be opened
     */
    public static NetworkNamespace ofThisProcess() throws TapException {
        return open(TapAvailability.libc(), Namespaces.OF_THIS_PROCESS);
    }

    /**
     * Makes a new namespace without a name, which holds nothing but a loopback link that is down.
     *
     * @return the namespace, to be closed by the caller
     * @throws TapException if the kernel refuses
     */
    public static NetworkNamespace create() throws TapException {
        return create(TapAvailability.libc());
    }

    static NetworkNamespace create(LibC libc) throws TapException {
        Callable<NetworkNamespace> task = () -> {
            int result = libc.unshare(Namespaces.CLONE_NEWNET);
            if (result < 0) {
                throw LinkErrors.namespace("unshare network namespace", "new", -result);
            }
            return open(libc, Namespaces.OF_THIS_THREAD);
        };
        try {
            return onDedicatedThread(task);
        } catch (TapException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * A namespace that has a name, as {@code ip netns add NAME} gives it.
     *
     * @param name the name of a file in {@code /run/netns}
     * @return the namespace, to be closed by the caller
     * @throws TapException if there is none, or it may not be opened
     * @throws IllegalArgumentException if the name is not that of a file in one directory
     */
    public static NetworkNamespace named(String name) throws TapException {
        if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('/') >= 0) {
            throw new IllegalArgumentException(
                    "not the name of a network namespace: name=" + name + " (expected: a file name in " + NAMED + ")");
        }
        return open(NAMED.resolve(name));
    }

    /**
     * The namespace that a process is in.
     *
     * @param pid the process
     * @return the namespace, to be closed by the caller
     * @throws TapException if there is no such process, or it is not ours to look into
     */
    public static NetworkNamespace ofProcess(long pid) throws TapException {
        return open(Path.of("/proc/" + pid + "/ns/net"));
    }

    /**
     * The namespace that a file stands for.
     *
     * @param path a bind mount as in {@code /run/netns}, or a file in {@code /proc/PID/ns}
     * @return the namespace, to be closed by the caller
     * @throws TapException if it cannot be opened
     */
    public static NetworkNamespace open(Path path) throws TapException {
        return open(TapAvailability.libc(), path.toString());
    }

    private static NetworkNamespace open(LibC libc, String path) throws TapException {
        int fd = Retry.onInterrupt(() -> libc.open(path, Fcntl.O_RDONLY | Fcntl.O_CLOEXEC));
        if (fd < 0) {
            throw LinkErrors.namespace("open network namespace", path, -fd);
        }
        return new NetworkNamespace(libc, fd);
    }

    /** Takes over a descriptor. */
    static NetworkNamespace ofDescriptor(LibC libc, int fd) {
        return new NetworkNamespace(libc, fd);
    }

    /**
     * The descriptor, which stays the property of this object.
     *
     * @return the number, or -1 once closed
     */
    public synchronized int fd() {
        return fd;
    }

    /**
     * What tells this namespace from others: two objects stand for the same one if, and only if, their ids are equal
     * while both are open.
     *
     * @return the text that {@code /proc} shows for it, such as {@code net:[4026531840]}
     * @throws TapException if this object is closed
     */
    public synchronized String id() throws TapException {
        if (fd == CLOSED) {
            throw LinkErrors.namespace("read network namespace", "closed", Errno.EBADF.number());
        }
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
        } catch (IOException e) {
            throw LinkErrors.namespace("read network namespace", "fd " + fd, Errno.ENOENT.number());
        }
    }

    /** Whether the calling thread is in this namespace. */
    boolean isCurrent() {
        try {
            return id().equals(Files.readSymbolicLink(Path.of(Namespaces.OF_THIS_THREAD))
                    .toString());
        } catch (IOException e) {
            return false; // Entering it once more does no harm.
        }
    }

    /**
     * Runs a task inside the namespace, on a new thread that ends afterwards, and waits for it. An interrupt of the
     * caller is passed on to the task, and the caller waits on until the task has ended.
     *
     * @param <T> the type of the result
     * @param task the task
     * @return its result
     * @throws TapException if the namespace cannot be entered
     * @throws Exception whatever the task throws, the very object
     */
    public <T> T call(Callable<T> task) throws Exception {
        if (isCurrent()) {
            return onDedicatedThread(task); // It inherits the namespace; entering it would take CAP_SYS_ADMIN.
        }
        int copy = duplicate();
        try {
            return onDedicatedThread(() -> {
                int result = libc.setns(copy, Namespaces.CLONE_NEWNET);
                if (result < 0) {
                    throw LinkErrors.namespace("enter network namespace", "fd " + copy, -result);
                }
                return task.call();
            });
        } finally {
            libc.close(copy);
        }
    }

    /**
     * Runs a task without a result inside the namespace, as {@link #call(Callable)} does.
     *
     * @param task the task
     * @throws TapException if the namespace cannot be entered
     * @throws Exception whatever the task throws, the very object
     */
    public void run(Task task) throws Exception {
        call(() -> {
            task.run();
            return null;
        });
    }

    /** A copy for the time of a task, so that a close meanwhile cannot hand the number to something else. */
    private synchronized int duplicate() throws TapException {
        int copy = libc.fcntl(fd, Fcntl.F_DUPFD_CLOEXEC, 0);
        if (copy < 0) {
            throw LinkErrors.namespace("duplicate network namespace", "fd " + fd, -copy);
        }
        return copy;
    }

    private static <T> T onDedicatedThread(Callable<T> task) throws Exception {
        FutureTask<T> future = new FutureTask<>(task);
        Thread thread = new Thread(future, "network-namespace");
        thread.setDaemon(true);
        thread.start();
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
                thread.interrupt();
            }
        }
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error) {
                throw (Error) e.getCause();
            }
            throw (Exception) e.getCause();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Closes the descriptor; a second call does nothing. */
    @Override
    public synchronized void close() {
        if (fd != CLOSED) {
            int closing = fd;
            fd = CLOSED;
            libc.close(closing);
        }
    }

    @Override
    public String toString() {
        return "NetworkNamespace(fd=" + fd() + ")";
    }
}
