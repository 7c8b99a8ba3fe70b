/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import io.github.nettytap.transport.linux.libc.CLibrary;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Platform;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The ways to call C from Java.
 *
 * <p>The JDK's own Foreign Function and Memory API (JEP 454) needs no library of ours to be unpacked into a folder from
 * which code may run, so it is taken wherever there is one: from Java 22 on, if the build had the JDK to compile its
 * class. Otherwise jnr-ffi. The system property {@value #PROPERTY} forces either.
 */
enum LibCBinding {
    JNR_FFI("jnr-ffi") {
        @Override
        LibC bind() {
            CLibrary c = LibraryLoader.create(CLibrary.class)
                    .failImmediately()
                    .load(Platform.getNativePlatform().getStandardCLibraryName());
            Runtime runtime = Runtime.getRuntime(c);
            return new BoundLibC(c, runtime::getLastError, buffer -> Pointer.wrap(runtime, buffer)
                    .address());
        }

        @Override
        String advice(Throwable cause) {
            if (cause instanceof NoClassDefFoundError) {
                return "add com.github.jnr:jnr-ffi and what it depends on to the class path";
            }
            return "jnr-ffi unpacks its native library into -Djffi.extract.dir (unset: "
                    + System.getProperty("java.io.tmpdir")
                    + "), where writing and executing must be allowed; Java 22 or newer needs no such folder";
        }
    },

    FFM("ffm") {
        @Override
        LibC bind() throws ReflectiveOperationException {
            return (LibC) Class.forName(FFM_CLASS).getDeclaredMethod("bind").invoke(null);
        }

        @Override
        String advice(Throwable cause) {
            return isCompiled()
                    ? "the JVM must allow native access: --enable-native-access=ALL-UNNAMED, or on the module path"
                            + " --enable-native-access=io.github.nettytap.transport"
                    : "it takes Java 22 or newer and a tap-transport that was built with such a JDK; this is Java "
                            + java.lang.Runtime.version().feature();
        }
    };

    static final String PROPERTY = "io.github.nettytap.libc";

    /** Compiled for Java 22; in the jar it lies where older JVMs do not look. */
    private static final String FFM_CLASS = "io.github.nettytap.transport.linux.FfmLibrary";

    private final String key;

    LibCBinding(String key) {
        this.key = key;
    }

    /** Binds; where that is not possible it throws what the binding throws. */
    abstract LibC bind() throws ReflectiveOperationException;

    /** What to do where {@link #bind} failed. */
    abstract String advice(Throwable cause);

    @Override
    public String toString() {
        return key;
    }

    /** Whether this JVM sees the class that binds by the FFM API. */
    static boolean isCompiled() {
        try {
            Class.forName(FFM_CLASS, false, LibCBinding.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | UnsupportedClassVersionError e) {
            return false;
        }
    }

    /** The binding that a value of {@link #PROPERTY} names, or the best one if it is null. */
    static LibCBinding chosen(String property) {
        if (property == null) {
            return isCompiled() ? FFM : JNR_FFI;
        }
        return Arrays.stream(values())
                .filter(binding -> binding.key.equals(property))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("system property names no binding of libc: "
                        + PROPERTY + "=" + property + " (expected: "
                        + Arrays.stream(values()).map(LibCBinding::toString).collect(Collectors.joining(" or "))
                        + ")"));
    }

    /** Binds or says what is in the way. */
    LibC open() {
        try {
            return bind();
        } catch (InvocationTargetException e) {
            throw unavailable(e.getCause());
        } catch (ReflectiveOperationException | LinkageError | RuntimeException e) {
            throw unavailable(e);
        }
    }

    private Error unavailable(Throwable cause) {
        return (Error)
                new UnsatisfiedLinkError("cannot call libc: binding=" + key + ", cause=" + cause + "; " + advice(cause))
                        .initCause(cause);
    }

    /** The one that the process uses, or why there is none: kept, since a second attempt of jffi fails differently. */
    static final class Current {

        private static final LibC LIBC;
        private static final Throwable FAILURE;

        static {
            LibC libc = null;
            Throwable failure = null;
            try {
                libc = chosen(System.getProperty(PROPERTY)).open();
            } catch (UnsatisfiedLinkError | IllegalArgumentException e) {
                failure = e;
            }
            LIBC = libc;
            FAILURE = failure;
        }

        private Current() {}

        static LibC get() {
            if (LIBC == null) {
                throw (Error) new UnsatisfiedLinkError(FAILURE.getMessage()).initCause(FAILURE);
            }
            return LIBC;
        }
    }
}
