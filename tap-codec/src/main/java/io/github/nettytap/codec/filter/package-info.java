/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Selection of frames: by MAC address and VLAN, as the address filter of a network card and the port security of a
 * switch do, and by BPF programs.
 *
 * <p>{@link io.github.nettytap.codec.filter.MacRules} is an immutable set of rules, {@link
 * io.github.nettytap.codec.filter.MacFilter} the handler that applies them to each direction of a channel. A {@link
 * io.github.nettytap.codec.filter.FrameFilter} decides about single frames; {@link
 * io.github.nettytap.codec.filter.BpfFilter} is one that runs a program of the classic BPF machine.
 *
 * <p>Rules and filters may be used and replaced from any thread; a handler belongs to one channel and runs on its event
 * loop. A frame passes untouched, or is dropped and released.
 */
package io.github.nettytap.codec.filter;
