/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.List;

class PortTableTest {

    @Test
    void columnsAreAlignedAndUnitsReadable() {
        String table = PortTable.format(List.of(
                new PortTable.Row("tap0", 1_234_567, 1_850_000_000_000L, 12, 840, 0),
                new PortTable.Row("a-rather-long-1", 12, 840, 1_234_567, 1_850_000_000_000L, 31_415)));
        assertThat(table).isEqualTo("""
                        port             frames in  bytes in  frames out  bytes out  drops
                        tap0                 1.23M   1.85 TB          12      840 B      0
                        a-rather-long-1         12     840 B       1.23M    1.85 TB  31.4k
                        """);
    }

    @Test
    void noPortsIsTheHeadingAlone() {
        assertThat(PortTable.format(List.of())).isEqualTo("port  frames in  bytes in  frames out  bytes out  drops\n");
    }
}
