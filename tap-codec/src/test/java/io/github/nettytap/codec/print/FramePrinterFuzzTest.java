/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.print;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.nettytap.codec.wire.NeighborOption;
import io.github.nettytap.codec.wire.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

class FramePrinterFuzzTest {

    /** More than any line of a frame: addresses, options in hexadecimal, three nested tunnels. */
    private static final int MAX_LINE = 4_000;

    @FuzzTest(maxDuration = "1m")
    void anyFrameIsOneLine(byte[] data) {
        // Of exactly this length: reading behind the frame throws.
        ByteBuf frame = Unpooled.wrappedBuffer(data);
        for (FramePrinter printer : new FramePrinter[] {FramePrinter.PLAIN, FramePrinter.LINK_LEVEL}) {
            assertThat(printer.print(frame))
                    .isNotEmpty()
                    .hasSizeLessThan(MAX_LINE)
                    .doesNotContain("\n", "\r", "\0");
            StringBuilder snapped = new StringBuilder();
            printer.print(snapped, frame, 0, data.length, data.length + 1_000);
            assertThat(snapped).isNotEmpty().hasSizeLessThan(MAX_LINE);
        }
        assertThat(frame.readableBytes()).isEqualTo(data.length);
    }

    @FuzzTest(maxDuration = "1m")
    void anyOptionsAreWalkedToTheirEnd(byte[] data) {
        ByteBuf options = Unpooled.wrappedBuffer(data);
        for (int type = 0; type < 256; type += 5) {
            int found = NeighborOption.find(options, 0, data.length, type);
            if (found != Wire.MALFORMED) {
                int length = NeighborOption.check(options, found, data.length);
                assertThat(NeighborOption.type(options, found)).isEqualTo(type);
                assertThat(length).isBetween(8, data.length - found);
            }
        }
    }
}
