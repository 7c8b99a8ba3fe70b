/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

class StatusTextTest {

    private final AtomicInteger walks = new AtomicInteger();
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE);
    private final StatusText text = new StatusText(
            new Status.Of("switch", List::of, () -> Map.of("fdbEvicted", 7L), () -> List.of(
                            "{\"walk\":" + walks.incrementAndGet() + "}")
                    .iterator()),
            nanos::get);

    @Test
    void howeverOftenClientsAskTheFdbIsWalkedOnceASecond() {
        for (int i = 0; i < 1_000; i++) {
            assertThat(text.fdb()).isEqualTo("{\"entries\":[{\"walk\":1}],\"truncated\":false}");
        }
        nanos.addAndGet(StatusText.FDB_NANOS - 1);
        assertThat(text.fdb()).contains("\"walk\":1");
        nanos.addAndGet(1);
        assertThat(text.fdb()).contains("\"walk\":2");
        assertThat(walks).hasValue(2);
    }

    @Test
    void whatFoundNoRoomIsAMetric() {
        assertThat(text.prometheus())
                .contains("# TYPE netty_tap_fdb_evicted_total counter\nnetty_tap_fdb_evicted_total 7\n");
    }
}
