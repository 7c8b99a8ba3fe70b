/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.lifecycle;

import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * SIGINT, SIGTERM and SIGHUP as something that the main thread waits for: it cleans up, prints, and its exit code
 * counts.
 *
 * <p>A shutdown hook would be too late for that: the JVM is ending then, with the exit code of a signal. The handler of
 * signals is in the supported module jdk.unsupported, but javac warns of it, hence the reflection. Where it is missing,
 * signals end the program as usual. A SIGHUP that is ignored, as nohup has it, stays ignored: the JVM does not install
 * a handler then.
 */
public final class ShutdownSignal {

    private static final int AGAIN = 130;

    private final CountDownLatch signal = new CountDownLatch(1);

    private ShutdownSignal() {}

    /** From now on the signals no longer end the process; a second one does, for a clean-up that hangs. */
    static ShutdownSignal install() {
        ShutdownSignal installed = new ShutdownSignal();
        try {
            Class<?> signals = Class.forName("sun.misc.Signal");
            Class<?> handlers = Class.forName("sun.misc.SignalHandler");
            Object handler = Proxy.newProxyInstance(
                    handlers.getClassLoader(), new Class<?>[] {handlers}, (proxy, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            installed.signalled();
                            return null;
                        }
                        return method.invoke(installed, arguments);
                    });
            for (String name : new String[] {"INT", "TERM", "HUP"}) {
                Object signal = signals.getConstructor(String.class).newInstance(name);
                signals.getMethod("handle", signals, handlers).invoke(null, signal, handler);
            }
        } catch (ReflectiveOperationException e) {
            return installed;
        }
        return installed;
    }

    private void signalled() {
        if (signal.getCount() == 0) {
            Runtime.getRuntime().halt(AGAIN);
        }
        signal.countDown();
    }

    /** Ends the waiting like a signal, because what the program works on is gone. */
    public void end() {
        signal.countDown();
    }

    /** Waits for a signal, or {@link #end()}. */
    public void await() throws InterruptedException {
        signal.await();
    }

    /** Waits no longer than a time; tells whether the signal came, or {@link #end()}. */
    public boolean await(long nanos) throws InterruptedException {
        return signal.await(nanos, TimeUnit.NANOSECONDS);
    }
}
