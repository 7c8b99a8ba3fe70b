/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.nettytap.codec.testing.MemoryChannel;
import io.netty.buffer.ByteBuf;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

class CaptureReaderFuzzTest {

    private static List<CapturedFrame> read(byte[] file) throws IOException {
        List<CapturedFrame> frames = new ArrayList<>();
        try (CaptureReader reader = PcapngBuilder.open(file)) {
            for (CapturedFrame frame = reader.next(); frame != null; frame = reader.next()) {
                assertThat(frame.data().readableBytes()).isLessThanOrEqualTo(file.length);
                assertThat(reader.interfaces().get(frame.interfaceId())).isEqualTo(frame.captureInterface());
                reader.statistics(frame.interfaceId());
                VirtioNetNote.parse(frame.comment());
                frames.add(frame);
            }
            assertThat(reader.next()).isNull();
            assertThat(reader.section()).isNotNull();
        }
        return frames;
    }

    /** Whatever is read can be written, and reads the same. */
    private static byte[] write(List<CapturedFrame> frames) throws IOException {
        MemoryChannel copy = new MemoryChannel();
        try (PcapngWriter writer = new PcapngWriter(copy, new CaptureSection(null, null, null))) {
            for (CapturedFrame frame : frames) {
                ByteBuf data = frame.data();
                int length = Math.min(data.readableBytes(), PcapngWriter.MAX_SNAP_LENGTH);
                writer.writeFrame(
                        writer.addInterface(frame.captureInterface()),
                        frame.timestampNanos(),
                        frame.direction(),
                        frame.originalLength(),
                        data,
                        data.readerIndex(),
                        length,
                        VirtioNetNote.parse(frame.comment()));
            }
        }
        return copy.toBytes();
    }

    @FuzzTest(maxDuration = "1m")
    void anyFileIsReadOrReported(byte[] file) throws IOException {
        List<CapturedFrame> frames;
        try {
            frames = read(file);
        } catch (CaptureFormatException damaged) {
            assertThat(damaged.getMessage()).contains(": offset=").contains(" (expected: ");
            assertThat(damaged.offset()).isBetween(0L, (long) file.length);
            return;
        }
        List<CapturedFrame> copies = read(write(frames));
        assertThat(copies).hasSameSizeAs(frames);
        for (int i = 0; i < copies.size(); i++) {
            CapturedFrame frame = frames.get(i);
            CapturedFrame copy = copies.get(i);
            assertThat(copy.data()).isEqualTo(frame.data());
            assertThat(copy.originalLength()).isEqualTo(frame.originalLength());
            assertThat(copy.direction()).isEqualTo(frame.direction());
            assertThat(copy.timestampNanos())
                    .isEqualTo(frame.timestampNanos() < 0 ? Long.MAX_VALUE : frame.timestampNanos());
            assertThat(VirtioNetNote.parse(copy.comment())).isEqualTo(VirtioNetNote.parse(frame.comment()));
        }
    }
}
