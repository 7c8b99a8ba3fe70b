/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import java.net.SocketAddress;
import java.util.Objects;

/**
 * The name of a TAP interface, as the address of a {@link TapChannel}.
 *
 * <p>Before {@code bind} it may be a template such as {@code tap%d}, or {@link #ANY}; afterwards
 * {@link TapChannel#localAddress()} tells the name that the interface got. Immutable.
 */
public final class TapAddress extends SocketAddress {

    /** Lets the kernel choose the name: {@code tap0}, {@code tap1} and so on. */
    public static final TapAddress ANY = new TapAddress("");

    private static final long serialVersionUID = 1L;

    /** The name of the interface. */
    private final String name;

    private TapAddress(String name) {
        this.name = name;
    }

    /**
     * Names an interface. The name is judged when the channel is bound.
     *
     * @param name the name of an interface that exists or is to be made, or a template with one {@code %d}
     * @return the address
     */
    public static TapAddress of(String name) {
        return new TapAddress(Objects.requireNonNull(name, "name"));
    }

    /**
     * The name of the interface.
     *
     * @return the name, a template, or the empty string for {@link #ANY}
     */
    public String name() {
        return name;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TapAddress && ((TapAddress) other).name.equals(name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    @Override
    public String toString() {
        return name.isEmpty() ? "tap (any)" : name;
    }
}
