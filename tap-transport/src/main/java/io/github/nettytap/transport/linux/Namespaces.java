/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

/** Namespace constants (linux/sched.h) and where procfs shows the calling thread's network namespace. */
public final class Namespaces {

    public static final int CLONE_NEWNET = 0x40000000;

    /** Returns a descriptor of the user namespace that owns a namespace; EPERM if it is above ours (linux/nsfs.h). */
    public static final int NS_GET_USERNS = 0xb701;

    /** {@code thread-self}, since a namespace belongs to a thread: {@code self} shows that of the main thread. */
    public static final String OF_THIS_THREAD = "/proc/thread-self/ns/net";

    /** That of the main thread, which no code of ours moves. */
    public static final String OF_THIS_PROCESS = "/proc/self/ns/net";

    private Namespaces() {}
}
