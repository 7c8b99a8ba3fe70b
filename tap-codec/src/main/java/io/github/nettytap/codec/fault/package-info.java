/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Faults on purpose: a handler that makes a pipeline behave like a bad line, the same way each time.
 *
 * <p>Frames meet loss, corruption, duplication, reordering, delay and a rate limit, in this order. It is for tests, and
 * for trying out how an application or a protocol copes.
 *
 * <p>Threads: a handler belongs to one channel and runs on its event loop; its counts can be read from anywhere.
 * Buffers: a frame that is held back is owned by the handler, which releases it when the channel closes or the handler
 * is removed.
 */
package io.github.nettytap.codec.fault;
