/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Frames as text, a line each, in the format of tcpdump: {@link io.github.nettytap.codec.print.FramePrinter}.
 *
 * <p>Printers are immutable and for any thread. They read a buffer without moving its indices, never beyond the frame,
 * and print whatever bytes it holds.
 */
package io.github.nettytap.codec.print;
