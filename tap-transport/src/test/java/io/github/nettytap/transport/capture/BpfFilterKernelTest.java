/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.filter.BpfFilter;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.device.ClassicBpf;
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Programs that our machine takes beside those that the kernel takes, as {@code bpf_check_classic} decides. */
@KernelTest
class BpfFilterKernelTest {

    /** From here on the kernel reads what it keeps beside a frame, which a program for files must not ask for. */
    private static final long BESIDE_FRAME = 0xffe0_0000L;

    private NetworkNamespace namespace;
    private TapDevice device;

    @BeforeEach
    void open() throws Exception {
        namespace = NetworkNamespace.create();
        device = TapDevice.builder("bf0").namespace(namespace).open();
    }

    @AfterEach
    void close() {
        device.close();
        namespace.close();
    }

    private boolean isTakenByKernel(String program) {
        try {
            device.filters().attach(ClassicBpf.parse(program));
            return true;
        } catch (TapException e) {
            assertThat(e.errnoName()).as(program).isEqualTo("EINVAL");
            return false;
        }
    }

    private static boolean isTakenByUs(String program) {
        try {
            BpfFilter.parse(program);
            return true;
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageStartingWith("BPF program refused: ");
            return false;
        }
    }

    private static String program(List<long[]> instructions) {
        StringBuilder text = new StringBuilder().append(instructions.size());
        for (long[] instruction : instructions) {
            text.append('\n').append(instruction[0]).append(' ').append(instruction[1]);
            text.append(' ').append(instruction[2]).append(' ').append(instruction[3]);
        }
        return text.toString();
    }

    @Test
    void everyCodeIsTakenAsTheKernelTakesIt() {
        List<String> differences = new ArrayList<>();
        int taken = 0;
        for (int code = 0; code < 1024; code++) {
            for (long operand : new long[] {0, 1, 2, 15, 16, 31, 32, 0x7fff_ffffL, 0xffdf_ffffL}) {
                for (int jump : new int[] {0, 1, 2, 255}) {
                    // Alone at the end, and in front of returns; behind a store, so that memory is not what is refused.
                    List<long[]> last = List.of(new long[] {2, 0, 0, 15}, new long[] {code, jump, 0, operand});
                    List<long[]> inner = List.of(
                            new long[] {2, 0, 0, 15},
                            new long[] {code, 0, jump, operand},
                            new long[] {6, 0, 0, 0},
                            new long[] {6, 0, 0, 1});
                    for (List<long[]> instructions : List.of(last, inner)) {
                        String program = program(instructions);
                        boolean kernel = isTakenByKernel(program);
                        taken += kernel ? 1 : 0;
                        if (kernel != isTakenByUs(program)) {
                            differences.add((kernel ? "only the kernel: " : "only we: ") + program.replace('\n', ';'));
                        }
                    }
                }
            }
        }
        assertThat(differences).isEmpty();
        assertThat(taken).isGreaterThan(1_000);
    }

    @Test
    void randomProgramsAreTakenAsTheKernelTakesThem() {
        int[] codes = {
            0, 1, 2, 3, 4, 5, 6, 7, 0x15, 0x1d, 0x25, 0x35, 0x45, 0x16, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x60, 0x61,
            0x64, 0x6c, 0x74, 0x80, 0x81, 0x84, 0x87, 0x34, 0x94, 0xa4, 0xb1
        };
        Random random = new Random(14);
        int taken = 0;
        for (int i = 0; i < 30_000; i++) {
            List<long[]> instructions = new ArrayList<>();
            int length = 1 + random.nextInt(12);
            for (int j = 0; j < length; j++) {
                instructions.add(new long[] {
                    codes[random.nextInt(codes.length)], random.nextInt(3), random.nextInt(3), random.nextInt(4)
                });
            }
            instructions.add(new long[] {6, 0, 0, 1});
            String program = program(instructions);
            boolean kernel = isTakenByKernel(program);
            taken += kernel ? 1 : 0;
            assertThat(isTakenByUs(program)).as(program).isEqualTo(kernel);
        }
        assertThat(taken).isBetween(3_000, 27_000);
    }

    @Test
    void whatIsBesideTheFrameIsRefusedByUsAlone() {
        // The VLAN tag, the packet type, the start of the network header.
        for (long offset : new long[] {0xffff_f02cL, 0xffff_f004L, BESIDE_FRAME}) {
            String program = program(List.of(new long[] {0x20, 0, 0, offset}, new long[] {6, 0, 0, 1}));
            assertThat(isTakenByKernel(program)).isTrue();
            assertThat(isTakenByUs(program)).isFalse();
        }
    }
}
