/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.nettytap.codec.testing.MemoryChannel;
import io.github.nettytap.testkit.Allocations;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.ArrayList;
import java.util.List;

class CaptureReaderFuzzTest {

    private static void read(ReadableByteChannel file, List<CapturedFrame> frames) throws IOException {
        try (CaptureReader reader = CaptureReader.open(file)) {
            reader.metadata(block -> assertThat(block.name()).isNotEmpty());
            for (CapturedFrame frame = reader.next(); frame != null; frame = reader.next()) {
                assertThat(reader.interfaces().get(frame.interfaceId())).isSameAs(frame.captureInterface());
                reader.statistics(frame.interfaceId());
                frame.note();
                frames.add(frame);
            }
            assertThat(reader.next()).isNull();
            assertThat(reader.section()).isNotNull();
        }
    }

    private static void skim(ReadableByteChannel file) {
        try (CaptureReader reader = CaptureReader.open(file)) {
            while (reader.next() != null) {
                // What it costs is the question.
            }
        } catch (CaptureFormatException damaged) {
            // Said before.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whatever is read can be written, and reads the same. */
    private static byte[] write(List<CapturedFrame> frames) throws IOException {
        MemoryChannel copy = new MemoryChannel();
        try (PcapngWriter writer = new PcapngWriter(copy, new CaptureSection(null, null, null))) {
            for (CapturedFrame frame : frames) {
                writer.beginSection(new CaptureSection(null, null, null));
                writer.addInterface(frame.captureInterface());
                writer.writeFrame(0, frame, PcapngWriter.MAX_SNAP_LENGTH);
            }
        }
        return copy.toBytes();
    }

    @FuzzTest(maxDuration = "1m")
    void anyFileIsReadOrReported(byte[] file) throws Exception {
        List<CapturedFrame> frames = new ArrayList<>();
        try {
            read(new ByteArrayInput(file), frames);
        } catch (CaptureFormatException damaged) {
            assertThat(damaged.getMessage())
                    .containsAnyOf(": offset=", "the file is compressed")
                    .containsAnyOf(" (expected: ", " FILE`");
            assertThat(damaged.offset()).isBetween(0L, (long) file.length);
        }
        // A second time, since the first one loads classes.
        ByteArrayInput input = new ByteArrayInput(file);
        long allocated = Allocations.of(() -> skim(input));
        // A byte of the file may become an object or two; the fixed part is for the window and an exception.
        assertThat(allocated).isLessThan((512 << 10) + 200L * file.length);
        // Nothing is read twice.
        assertThat(input.reads).isLessThan(file.length + 10L);
        List<CapturedFrame> copies = new ArrayList<>();
        read(new ByteArrayInput(write(frames)), copies);
        assertThat(copies).hasSameSizeAs(frames);
        for (int i = 0; i < copies.size(); i++) {
            CapturedFrame frame = frames.get(i);
            CapturedFrame copy = copies.get(i);
            assertThat(copy.data()).isEqualTo(frame.data());
            assertThat(copy.fcs()).isEqualTo(frame.fcs());
            assertThat(copy.originalLength()).isEqualTo(frame.originalLength());
            assertThat(copy.direction()).isEqualTo(frame.direction());
            assertThat(copy.hasTimestamp()).isEqualTo(frame.hasTimestamp());
            if (frame.hasTimestamp()) {
                assertThat(copy.timestampNanos()).isEqualTo(Math.max(0, frame.timestampNanos()));
                assertThat(copy.flags()).isEqualTo(frame.flags());
                assertThat(copy.comments()).hasSameSizeAs(frame.comments());
            }
            assertThat(copy.note()).isEqualTo(frame.note());
        }
    }

    /** Gives a few bytes at a time and counts how often it is asked. */
    private static final class ByteArrayInput implements ReadableByteChannel {
        private static final int STEP = 1_000;
        private final ByteBuffer bytes;
        private long reads;

        private ByteArrayInput(byte[] bytes) {
            this.bytes = ByteBuffer.wrap(bytes);
        }

        @Override
        public int read(ByteBuffer target) {
            reads++;
            if (!bytes.hasRemaining()) {
                return -1;
            }
            int length = Math.min(STEP, Math.min(bytes.remaining(), target.remaining()));
            target.put(bytes.slice(bytes.position(), length));
            bytes.position(bytes.position() + length);
            return length;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
