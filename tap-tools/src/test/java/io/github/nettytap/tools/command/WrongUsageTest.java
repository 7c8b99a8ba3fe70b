/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.ExitCode;

import java.io.PrintWriter;
import java.io.StringWriter;

/** What is told before anything is made. */
class WrongUsageTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            switch tap0 tap1,vlan=5 tap0      | a port is there twice: port=tap0 (expected: once)
            switch tap0 tap1 --offloads some  | Invalid value for option '--offloads': no such offloads: offloads=some (expected: all or none)
            router tap0=10.0.0.1/24 tap0=10.0.1.1/24 | a port is there twice: port=tap0 (expected: once)
            router tap0=10.0.0.1/24 --dns fd00::g | Invalid value for option '--dns' (ADDRESS): not an IP address: text=fd00::g (expected: one like 192.0.2.1 or 2001:db8::1)
            echo tap0 10.0.0.2 --host 10.0.0.1 | Invalid value for option '--host' (ADDRESS/PREFIX): no prefix length: text=10.0.0.1 (expected: one like 10.0.0.1/24 or fd00::1/64)
            demo --seconds 0                  | Invalid value for option '--seconds': not a duration: value=0 (expected: a number of seconds, or one with its unit: 500ms, 1s, 5min)
            demo --seconds 1500ms             | not a number of seconds: --seconds=1500ms (expected: whole seconds)
            switch a b --ageing 500ms         | not a number of seconds: --ageing=500ms (expected: whole seconds)
            """)
    void isToldWithWhereHelpIs(String words, String reason) {
        StringWriter err = new StringWriter();
        assertThat(NettyTap.commandLine().setErr(new PrintWriter(err, true)).execute(words.split(" ")))
                .isEqualTo(ExitCode.USAGE);
        String program = words.split(" ")[0];
        assertThat(err)
                .hasToString("netty-tap " + program + ": " + reason + "\ntry: netty-tap " + program + " --help\n");
    }
}
