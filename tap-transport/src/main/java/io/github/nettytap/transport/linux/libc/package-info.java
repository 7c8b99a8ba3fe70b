/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The C signatures that {@link io.github.nettytap.transport.linux.LibC} is bound to; not for users.
 *
 * <p>{@link io.github.nettytap.transport.linux.libc.PcapLibrary} is the same for libpcap.
 *
 * <p>jnr-ffi generates a class that implements {@link io.github.nettytap.transport.linux.libc.CLibrary}. That class
 * lies in the unnamed module of a class loader of its own, and a qualified export cannot name an unnamed module, so
 * this package is exported to everybody and holds nothing else.
 */
package io.github.nettytap.transport.linux.libc;
