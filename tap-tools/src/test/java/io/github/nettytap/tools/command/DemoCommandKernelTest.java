/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

import java.io.PrintWriter;
import java.io.StringWriter;

/** The demonstration as users run it, only shorter. */
@KernelTest
class DemoCommandKernelTest {

    @ParameterizedTest
    @CsvSource({"all, epoll", "none, io_uring"})
    void demoShowsItsTrafficAndSucceeds(String offloads, String io) {
        StringWriter out = new StringWriter();
        CommandLine program = NettyTap.commandLine().setOut(new PrintWriter(out, true));
        assertThat(program.execute("demo", "--seconds", "1", "--offloads", offloads, "--io", io))
                .as(out.toString())
                .isZero();
        assertThat(out.toString().lines())
                .anyMatch(line -> line.matches("ICMP echo .* 20 of 20 answered, .*"))
                .anyMatch(line -> line.matches("TCP transfer   left → right .* [GMk]b/s, .*"))
                .anyMatch(line -> line.matches("TCP transfer   right → left .* [GMk]b/s, .*"))
                .anyMatch(line -> line.matches("UDP exchange .* answered, .*"))
                .anyMatch(line -> line.startsWith("left "))
                .anyMatch(line -> line.startsWith("right "));
    }
}
