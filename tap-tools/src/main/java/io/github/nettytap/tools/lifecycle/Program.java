/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.lifecycle;

import io.github.nettytap.transport.device.TapException;
import io.netty.channel.Channel;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A program that forwards until it is told to end: the signals, the ports that it loses meanwhile, and its exit code.
 *
 * <pre>
 *   begin ──► watch each port ──► run (prints "ready") ──► signal, or no port left, or output gone ──► end
 * </pre>
 *
 * <p>A port whose interface is deleted, or that fails, is reported once, by its name; the others live on. Without any
 * port left the program ends with a failure, unless ports can be added while it runs. Thread-safe: ports are lost on
 * event loops.
 */
public final class Program {

    private static final String GONE = "the interface is gone: it was deleted, or its network namespace ended";

    private final CommandSpec spec;
    private final ShutdownSignal signal;
    private final ServiceManager manager = new ServiceManager(System.getenv(ServiceManager.VARIABLE));
    private final Map<Channel, String> open = new HashMap<>();
    private final Set<Channel> reported = new HashSet<>();
    private Consumer<Channel> observer = channel -> {};
    private Talk talk = Runnable::run;
    private boolean portsMayCome;
    private boolean running;
    private boolean withoutPorts;

    private Program(CommandSpec spec, ShutdownSignal signal) {
        this.spec = spec;
        this.signal = signal;
    }

    /** How to say something while a table is being drawn. */
    @FunctionalInterface
    public interface Talk {
        void interrupt(Runnable printing);
    }

    /** From now on SIGINT, SIGTERM and SIGHUP end the program in order. */
    public static Program begin(CommandSpec spec) {
        return new Program(spec, ShutdownSignal.install());
    }

    /** Lets the program live without a port, since ports can be added while it runs. */
    public synchronized void portsMayCome() {
        portsMayCome = true;
    }

    /** Counts a channel as a port of this program until it closes. */
    public void watch(Channel channel, String name) {
        Consumer<Channel> told;
        synchronized (this) {
            open.put(channel, name);
            told = observer;
        }
        told.accept(channel);
        channel.closeFuture().addListener(closed -> closed(channel));
    }

    /**
     * Reports the ports that are there and those that come.
     *
     * @param whom called once for each channel, on any thread
     */
    public void observe(Consumer<Channel> whom) {
        List<Channel> there;
        synchronized (this) {
            there = List.copyOf(open.keySet());
            observer = whom;
        }
        there.forEach(whom);
    }

    /** A port is about to be closed on purpose. */
    public synchronized void unwatch(Channel channel) {
        open.remove(channel);
    }

    /** A port has failed; its channel closes. */
    public void failed(Channel channel, Throwable cause) {
        String name;
        synchronized (this) {
            if (!reported.add(channel)) {
                return;
            }
            name = open.getOrDefault(channel, String.valueOf(channel.localAddress()));
        }
        print(lost(spec, name, cause));
    }

    private void closed(Channel channel) {
        String name;
        boolean first;
        synchronized (this) {
            name = open.remove(channel);
            first = reported.add(channel);
            reported.remove(channel);
        }
        if (name == null) {
            return;
        }
        if (first) {
            print(lost(spec, name, null));
        }
        endWithoutPorts();
    }

    /**
     * What is said of a lost port.
     *
     * @param cause why, or null if its interface is gone
     */
    public static String lost(CommandSpec spec, String name, Throwable cause) {
        return spec.qualifiedName(" ") + ": port lost: port=" + name + ": " + reason(cause);
    }

    private static String reason(Throwable cause) {
        if (cause == null
                || cause instanceof TapException
                        && ((TapException) cause).errnoName().equals("EBADFD")) {
            return GONE;
        }
        if (cause instanceof TapException) {
            return ((TapException) cause).commandLineMessage();
        }
        return cause instanceof IOException && cause.getMessage() != null ? cause.getMessage() : cause.toString();
    }

    /** Says something on standard error, beside a table that is being drawn. Any thread. */
    public void report(String text) {
        print(spec.qualifiedName(" ") + ": " + text);
    }

    private void print(String text) {
        Talk how;
        synchronized (this) {
            how = talk;
        }
        PrintWriter err = spec.commandLine().getErr();
        how.interrupt(() -> {
            err.println(text);
            err.flush();
        });
    }

    /** The program is ready; a service manager is notified. */
    public void run(Talk how) {
        int ports;
        synchronized (this) {
            running = true;
            talk = how;
            ports = open.size();
        }
        notifying(() -> manager.ready(ports));
        endWithoutPorts();
    }

    /** A service manager that cannot be reached is its own trouble: what is forwarded goes on. */
    private void notifying(Notification notification) {
        try {
            notification.send();
        } catch (IOException e) {
            report("cannot notify the service manager: " + ServiceManager.VARIABLE + "="
                    + System.getenv(ServiceManager.VARIABLE) + ": " + e.getMessage());
        }
    }

    @FunctionalInterface
    private interface Notification {
        void send() throws IOException;
    }

    private void endWithoutPorts() {
        synchronized (this) {
            if (!running || portsMayCome || !open.isEmpty()) {
                return;
            }
            withoutPorts = true;
        }
        signal.end();
    }

    /** What the main thread waits for. */
    public ShutdownSignal signal() {
        return signal;
    }

    /** The program closes its ports now. */
    public void stopping() {
        synchronized (this) {
            running = false;
            open.clear();
        }
        notifying(manager::stopping);
    }

    /**
     * How it ended.
     *
     * @return the exit code of success
     * @throws CommandException if it ended because it had no port left
     */
    public synchronized int end() throws CommandException {
        if (withoutPorts) {
            throw new CommandException(ExitCode.SOFTWARE, "no port is left");
        }
        return ExitCode.OK;
    }
}
