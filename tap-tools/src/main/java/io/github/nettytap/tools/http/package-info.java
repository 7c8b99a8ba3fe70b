/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What {@code --http} of a program serves: metrics for Prometheus, health, JSON, and a page that shows them live.
 *
 * <pre>
 *   /                the page: ports, rates, drops by reason, FDB
 *   /metrics         Prometheus
 *   /health          "ok" as long as the program runs
 *   /api/v1/ports    counters, as ctl stats --json has them
 *   /api/v1/fdb      the addresses that a switch knows
 *   /api/v1/events   the same counters once a second, as server-sent events
 * </pre>
 *
 * <p>A thread of its own answers; counters are read as any thread may read them, so that no loop of frames waits.
 */
package io.github.nettytap.tools.http;
