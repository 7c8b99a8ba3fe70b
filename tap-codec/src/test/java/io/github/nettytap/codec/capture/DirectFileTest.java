/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.BooleanSupplier;

class DirectFileTest {

    private static final int LARGEST = 1 << 20;

    @TempDir
    Path directory;

    /** How far the writer is behind: decides between the ways. */
    enum Pace {
        KEEPS_UP(() -> false),
        BEHIND(() -> true),
        NOW_AND_THEN(new Random(2)::nextBoolean);

        private final BooleanSupplier isBehind;

        Pace(BooleanSupplier isBehind) {
            this.isBehind = isBehind;
        }
    }

    /** Bytes at a place in memory that suits the alignment of the file, or is off by so much. */
    private static ByteBuffer bytes(Random random, int length, long position, int alignment, int off) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        ByteBuffer memory =
                ByteBuffer.allocateDirect(2 * LARGEST + 3 * alignment).alignedSlice(alignment);
        memory.position((int) (position & alignment - 1) + off);
        return memory.slice(memory.position(), length).put(bytes).flip();
    }

    private static int length(Random random) {
        return random.nextInt(2) == 0 ? random.nextInt(9_000) : random.nextInt(LARGEST);
    }

    private void writeAndCompare(Path path, BooleanSupplier isBehind, int off) throws IOException {
        Random random = new Random(1);
        long position = 0;
        try (DirectFile file = DirectFile.open(path, isBehind);
                RandomAccessFile reader = new RandomAccessFile(path.toFile(), "r")) {
            for (int i = 0; i < 60; i++) {
                ByteBuffer source = bytes(random, length(random), position, file.alignment(), off);
                byte[] expected = new byte[source.remaining()];
                source.duplicate().get(expected);
                assertThat(file.write(source)).isEqualTo(expected.length);
                assertThat(source.hasRemaining()).isFalse();
                // What another program would find there now.
                assertThat(reader.length()).isEqualTo(position + expected.length);
                byte[] found = new byte[expected.length];
                reader.seek(position);
                reader.readFully(found);
                assertThat(found).isEqualTo(expected);
                position += expected.length;
            }
        }
        assertThat(Files.size(path)).isEqualTo(position);
    }

    @ParameterizedTest
    @EnumSource
    void writesOfAnyLengthAreInTheFileWhenTheyReturn(Pace pace) throws IOException {
        writeAndCompare(directory.resolve("a"), pace.isBehind, 0);
    }

    @Test
    void aSourceThatDoesNotLieAsTheFileDoesIsWrittenAllTheSame() throws IOException {
        writeAndCompare(directory.resolve("a"), () -> false, 4);
    }

    @Test
    void whatWasThereBeforeIsGone() throws IOException {
        Path path = Files.writeString(directory.resolve("a"), "x".repeat(10_000));
        try (DirectFile file = DirectFile.open(path, () -> false)) {
            file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        }
        assertThat(path).hasBinaryContent(new byte[] {1, 2, 3});
    }

    @Test
    void aDeviceHasNoUnits() throws IOException {
        try (DirectFile file = DirectFile.open(Path.of("/dev/null"), () -> false)) {
            assertThat(file.alignment()).isOne();
            assertThat(file.write(ByteBuffer.allocateDirect(LARGEST))).isEqualTo(LARGEST);
            assertThat(file.isOpen()).isTrue();
        }
    }

    @Test
    void aFullDiskIsAnError() throws IOException {
        try (DirectFile file = DirectFile.open(Path.of("/dev/full"), () -> false)) {
            assertThatThrownBy(() -> file.write(ByteBuffer.allocateDirect(LARGEST)))
                    .isInstanceOf(IOException.class)
                    .hasMessage("cannot write: file=/dev/full, No space left on device (written so far: 0 bytes)");
        }
    }

    @Test
    void aFileThatCannotBeMadeIsAnErrorWithItsName() {
        Path path = directory.resolve("missing").resolve("a");
        assertThatThrownBy(() -> DirectFile.open(path, () -> false))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(path.toString());
    }
}
