/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.capture.CaptureDirection;
import io.github.nettytap.codec.capture.CaptureReader;
import io.github.nettytap.codec.capture.CapturedFrame;
import io.github.nettytap.codec.wire.FramePrinter;
import io.github.nettytap.test.KernelTest;
import io.github.nettytap.transport.device.NetworkNamespace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The capture of the switch. */
@KernelTest
class SwitchCaptureTest {

    @TempDir
    Path directory;

    @Test
    void frameIsSeenWhereItComesInAndWhereItGoesOut() throws Exception {
        Path file = directory.resolve("switch.pcapng");
        Set<String> seen = new HashSet<>();
        try (NetworkNamespace namespace = NetworkNamespace.create();
                RunningProgram lan =
                        RunningProgram.start(namespace, List.of("switch", "sc0", "sc1", "--capture=" + file))) {
            lan.awaitReady();
            RunningProgram.run(namespace, "ip", "address", "add", "10.74.0.1/24", "dev", "sc0");
            // Nobody answers: the question alone is what the test looks for.
            RunningProgram.run(namespace, "sh", "-c", "ping -c 1 -W 1 10.74.0.2 || true");
            assertThat(lan.terminate().await()).isZero();
        }
        try (CaptureReader reader = CaptureReader.open(file)) {
            for (CapturedFrame frame = reader.next(); frame != null; frame = reader.next()) {
                if (FramePrinter.PLAIN.print(frame.data()).startsWith("ARP, Request who-has 10.74.0.2 ")) {
                    seen.add(frame.captureInterface().name() + " " + frame.direction());
                }
            }
        }
        assertThat(seen)
                .containsExactlyInAnyOrder("sc0 " + CaptureDirection.INBOUND, "sc1 " + CaptureDirection.OUTBOUND);
    }
}
