/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

import java.io.PrintWriter;
import java.io.StringWriter;

class VxlanCommandTest {

    private static final String TAPS = "Invalid value for positional parameter at index 0..* (TAP,vni=N[,remote=IP]): ";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tap0,vni=1 | no other endpoint: tap=tap0, vni=1 (expected: --remote IP, or remote=IP with the TAP)",
                "tap0,vni=1 tap1,vni=1 --remote 192.0.2.1 | two TAPs in one network: vni=1 (expected: one; join several"
                        + " by `netty-tap switch` or a bridge)",
                "tap0,vni=1 tap0,vni=2 --remote 192.0.2.1 | a port is there twice: port=tap0 (expected: once)",
                "tap0,vni=1 --remote 239.0.0.5 | endpoint that is a group: remote=239.0.0.5 (expected: one endpoint; frames"
                        + " to all are sent to each)",
                "tap0,vni=1 --remote 192.0.2.1 --port 0 | no such UDP port: port=0 (expected: 1 to 65535)",
                "tap0,vni=1 --remote 192.0.2.1 --fdb-entry 2,02:00:00:00:00:01,192.0.2.1 | FDB entry of a network without a"
                        + " TAP: vni=2",
                "tap0 --remote 192.0.2.1 | " + TAPS + "no network: tap=tap0 (expected: tap0,vni=NUMBER)",
                "tap0,vni=16777216 | " + TAPS + "no such network: vni=16777216 (expected: 0 to 16777215)",
                "tap0,vni=1 --remote here | Invalid value for option '--remote' (IP): not an IP address: text=here (expected:"
                        + " one like 192.0.2.1 or 2001:db8::1)"
            })
    void wrongArgumentsAreExplained(String arguments, String message) {
        StringWriter err = new StringWriter();
        CommandLine commandLine = NettyTap.commandLine().setErr(new PrintWriter(err, true));
        assertThat(commandLine.execute(("vxlan " + arguments).split(" "))).isEqualTo(2);
        assertThat(err.toString().replaceAll("at index [^:]*?:", "at index 0..* (TAP,vni=N[,remote=IP]):"))
                .isEqualTo("netty-tap vxlan: " + message + "\ntry: netty-tap vxlan --help\n");
    }
}
