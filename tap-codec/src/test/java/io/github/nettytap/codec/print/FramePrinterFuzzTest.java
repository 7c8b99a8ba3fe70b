/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.print;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.nettytap.codec.testing.CountedBuf;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.NeighborOption;
import io.github.nettytap.codec.wire.Wire;
import io.github.nettytap.testkit.Allocations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

import java.util.ArrayList;
import java.util.List;

class FramePrinterFuzzTest {

    /** More than any line of a frame: addresses, options in hexadecimal, three nested tunnels. */
    private static final int MAX_LINE = 4_000;

    private static final FramePrinter[] PRINTERS = {FramePrinter.PLAIN, FramePrinter.LINK_LEVEL};

    @FuzzTest(maxDuration = "1m")
    void anyFrameIsOneLine(byte[] data) {
        // Of exactly this length: reading behind the frame throws.
        for (String line : print(new CountedBuf(data), data.length)) {
            assertThat(line).isNotEmpty().hasSizeLessThan(MAX_LINE).doesNotContain("\n", "\r", "\0");
        }
        // A second time, since the first one loads classes.
        CountedBuf frame = new CountedBuf(data);
        long allocated = Allocations.of(() -> print(frame, data.length));
        assertThat(frame.readableBytes()).isEqualTo(data.length);
        assertThat(frame.reads()).isLessThan(4 * (500 + 4L * data.length));
        assertThat(allocated).isLessThan((256 << 10) + 100L * data.length);
    }

    private static List<String> print(ByteBuf frame, int length) {
        List<String> lines = new ArrayList<>();
        for (FramePrinter printer : PRINTERS) {
            lines.add(printer.print(frame));
            StringBuilder snapped = new StringBuilder();
            printer.print(snapped, frame, 0, length, length + 1_000);
            lines.add(snapped.toString());
        }
        return lines;
    }

    @FuzzTest(maxDuration = "1m")
    void anyBytesAreDumped(byte[] data) {
        CountedBuf frame = new CountedBuf(data);
        int offset = FramePrinter.networkOffset(frame, 0, data.length);
        assertThat(offset).isBetween(0, Math.min(data.length, 14 + 4 * EthernetHeader.MAX_TAGS));
        StringBuilder text = new StringBuilder();
        HexPrinter.appendHexAndAscii(text, frame, 0, data.length);
        assertThat(text.toString().lines().skip(1)).hasSize((data.length + 15) / 16);
        HexPrinter.appendHex(text, frame, offset, data.length - offset);
        HexPrinter.appendAscii(text, frame, offset, data.length - offset);
        assertThat(text.length()).isLessThan(250 + 16 * data.length);
        assertThat(frame.reads()).isLessThan(20 + 6L * data.length);
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
