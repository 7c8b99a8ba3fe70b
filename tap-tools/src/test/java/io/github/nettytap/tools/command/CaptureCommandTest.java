/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

import java.io.PrintWriter;
import java.io.StringWriter;

class CaptureCommandTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "capture | nothing to capture from (expected: -i TAP, -r FILE, or --replay FILE -i TAP)",
                "capture -r a -i b | -r reads a file and nothing else (expected: -r without -i and --replay)",
                "capture --replay a | nothing to replay into (expected: --replay FILE -i TAP)",
                "capture --replay a -i b -w c | -w has no meaning with --replay",
                "capture -i a -C 5 | -C, -G and -W are for capture to files (expected: -i TAP -w FILE with them)",
                "capture -i a -s -1 | out of range: -s -1 (expected: 1 to 262144)",
                "capture -i a -w - -G 5 | -C, -G and -W are for capture to files (expected: -i TAP -w FILE with them)",
                "capture -i a -w b -z gzip | -z runs a command for each file of a rotation (expected: -C or -G with it)",
                "capture -r a -tttttt | out of range: -t, given so many times: 6 (expected: 0 to 5)",
                "capture -i a -w b -Z nobody | this program does not change its user: -Z nobody, running as root"
                        + " (expected: -Z root, or run by nobody on a TAP that belongs to them, without privileges:"
                        + " `ip tuntap add NAME mode tap user nobody`)",
                "capture -i a -c 0 | out of range: -c 0 (expected: 1 or more)",
                "capture -i a -Q out | this command only reads from the TAP: -Q out (expected: in, inout)"
            })
    void optionsThatDoNotGoTogetherAreWrongUsage(String arguments, String message) {
        assertThat(errors(arguments.split(" ")))
                .isEqualTo("netty-tap capture: " + message + "\ntry: netty-tap capture --help\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"switch a b", "echo a 10.0.0.2"})
    void snapLengthOfTheOtherProgramsHasLimits(String command) {
        assertThat(errors((command + " --capture-snap 0").split(" ")))
                .startsWith("netty-tap " + command.split(" ")[0]
                        + ": out of range: --capture-snap 0 (expected: 1 to 262144)\n");
    }

    @Test
    void speedIsANumberOrTop() {
        assertThat(errors("capture", "--speed", "-1"))
                .isEqualTo("netty-tap capture: Invalid value for option '--speed': no such speed: speed=-1"
                        + " (expected: a number greater than 0, or top)\ntry: netty-tap capture --help\n");
    }

    private static String errors(String... arguments) {
        StringWriter err = new StringWriter();
        CommandLine commandLine = NettyTap.commandLine().setErr(new PrintWriter(err, true));
        assertThat(commandLine.execute(arguments)).isEqualTo(2);
        return err.toString();
    }
}
