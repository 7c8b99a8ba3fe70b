/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The real C library, of which chosen calls fail with chosen errnos. Records what was called. */
public final class FaultyLibC {

    /** Decides about one call: the negated errno to fail with, or 0 to let it through. */
    public interface Fault {
        int of(String call, Object[] arguments);
    }

    private static final Set<String> WITHOUT_ERRNO = Set.of("addressOf", "geteuid", "close", "getrlimit");

    private final List<String> calls = new ArrayList<>();
    private final Fault fault;

    private FaultyLibC(Fault fault) {
        this.fault = fault;
    }

    /** A library in which the calls that the fault names fail. */
    public static LibC with(Fault fault) {
        return new FaultyLibC(fault).proxy();
    }

    /** Lets the n-th fallible call (from 0) fail, and nothing else. */
    public static LibC failingCall(int n, Errno errno) {
        int[] count = {0};
        return with((call, arguments) -> count[0]++ == n ? -errno.number() : 0);
    }

    /** Notes the fallible calls in order, ioctls with their number. */
    public static LibC recording(List<String> calls) {
        return with((call, arguments) -> {
            calls.add(describe(call, arguments));
            return 0;
        });
    }

    /** Lets one ioctl fail, whatever its argument. */
    public static LibC failingIoctl(int request, Errno errno) {
        return with((call, arguments) -> call.equals("ioctl") && arguments[1].equals(request) ? -errno.number() : 0);
    }

    /** Lets every call of a name fail. */
    public static LibC failing(String name, Errno errno) {
        return with((call, arguments) -> call.equals(name) ? -errno.number() : 0);
    }

    private LibC proxy() {
        return (LibC) Proxy.newProxyInstance(
                FaultyLibC.class.getClassLoader(), new Class<?>[] {LibC.class}, (proxy, method, arguments) -> {
                    if (!WITHOUT_ERRNO.contains(method.getName())) {
                        synchronized (calls) {
                            calls.add(describe(method.getName(), arguments));
                            int result = fault.of(method.getName(), arguments);
                            if (result < 0) {
                                return result;
                            }
                        }
                    }
                    try {
                        return method.invoke(LibC.get(), arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static String describe(String call, Object[] arguments) {
        return call.equals("ioctl") ? call + " 0x" + Integer.toHexString((Integer) arguments[1]) : call;
    }
}
