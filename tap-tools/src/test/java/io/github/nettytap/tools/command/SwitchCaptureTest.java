/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.pcap.CaptureReader;
import io.github.nettytap.codec.pcap.CapturedFrame;
import io.github.nettytap.codec.print.FramePrinter;
import io.github.nettytap.codec.wire.FrameDirection;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The capture of the switch. */
@KernelTest
class SwitchCaptureTest {

    @TempDir
    Path directory;

    /** What is captured of the traffic of a host behind the port sc0 that asks for another. */
    private List<CapturedFrame> capture(String... options) throws Exception {
        Path file = directory.resolve("switch.pcapng");
        List<String> command = new ArrayList<>(List.of("switch", "sc0", "sc1", "--capture=" + file));
        command.addAll(List.of(options));
        try (Host host = Host.create();
                HostProcess lan = RunningProgram.start(host, command)) {
            lan.awaitLine("ready");
            host.execute("ip", "address", "add", "10.74.0.2/32", "dev", "sc1");
            // A probe (RFC 5227) is repeated until an answer comes, with which arping fails: then the question has
            // gone in and out.
            host.executeFailing("arping", "-D", "-I", "sc0", "-w", "60", "10.74.0.2");
            assertThat(lan.terminate().await()).isZero();
            assertThat(lan.errors())
                    .containsPattern(Pattern.quote(file + ": ")
                            + "[1-9]\\d* frames captured, 0 dropped(, [1-9]\\d* refused by the filter)?\n");
        }
        List<CapturedFrame> frames = new ArrayList<>();
        try (CaptureReader reader = CaptureReader.open(file)) {
            for (CapturedFrame frame = reader.next(); frame != null; frame = reader.next()) {
                frames.add(frame);
            }
        }
        return frames;
    }

    private static Set<String> placesOfTheQuestion(List<CapturedFrame> frames) {
        return frames.stream()
                .filter(frame -> FramePrinter.PLAIN.print(frame.data()).startsWith("ARP, Request who-has 10.74.0.2 "))
                .map(frame -> frame.captureInterface().name() + " " + frame.direction())
                .collect(Collectors.toSet());
    }

    @Test
    void frameIsSeenWhereItComesInAndWhereItGoesOut() throws Exception {
        assertThat(placesOfTheQuestion(capture()))
                .containsExactlyInAnyOrder("sc0 " + FrameDirection.INBOUND, "sc1 " + FrameDirection.OUTBOUND);
    }

    @Test
    void frameIsSeenOnceWhereOneDirectionIsWanted() throws Exception {
        assertThat(placesOfTheQuestion(capture("--capture-direction=out")))
                .containsExactly("sc1 " + FrameDirection.OUTBOUND);
    }

    @Test
    void filterSelectsFramesAndTheOthersAreCounted() throws Exception {
        assertThat(capture("--capture-filter=arp and not ip6", "--capture-direction=in"))
                .isNotEmpty()
                .allSatisfy(frame -> {
                    assertThat(FramePrinter.PLAIN.print(frame.data())).startsWith("ARP, ");
                    assertThat(frame.direction()).isEqualTo(FrameDirection.INBOUND);
                });
    }

    @Test
    void startOfEachFrameIsKeptOnRequest() throws Exception {
        assertThat(capture("--capture-snap=20")).isNotEmpty().allSatisfy(frame -> {
            assertThat(frame.data().readableBytes()).isEqualTo(20);
            assertThat(frame.originalLength()).isGreaterThan(20);
        });
    }
}
