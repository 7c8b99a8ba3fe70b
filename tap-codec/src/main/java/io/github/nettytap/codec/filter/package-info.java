/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Filtering by MAC address and VLAN, as the address filter of a network card does and the port security of a switch.
 *
 * <p>Here: {@link io.github.nettytap.codec.filter.MacRules}, an immutable set of rules with a pure decision about one
 * frame; {@link io.github.nettytap.codec.filter.MacFilter}, the handler that applies rules to each direction of a
 * channel. Not here: learning of addresses, and filters of anything above the Ethernet header and its first tag.
 *
 * <p>Threads: rules may be used and replaced from anywhere; a handler belongs to one channel and runs on its event loop.
 * Buffers: a frame passes untouched, or is dropped and released.
 */
package io.github.nettytap.codec.filter;
