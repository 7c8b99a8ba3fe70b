/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.pcap.CaptureReader;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What all programs have in common: how much they say, their counters as JSON, and captures. */
@KernelTest
class VerbosityProgramTest {

    private static final String ECHO = "echo vt0 10.75.0.2 --host 10.75.0.1/24";
    private static final String ROUTER = "router vt0=10.75.0.2/24";
    private static final String VXLAN = "vxlan vt0,vni=7 --remote 127.0.0.2 --mtu 1400";
    private static final String SWITCH = "switch vt0 vt1";

    @TempDir
    Path directory;

    private String output;
    private String errors;

    /** Runs a program until it is ready, pings an address behind the TAP where it has one, and ends it. */
    private void run(String command, String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(command.split(" ")));
        arguments.addAll(List.of(options));
        try (Host host = Host.create()) {
            host.execute("ip", "link", "set", "lo", "up");
            try (HostProcess program = RunningProgram.start(host, arguments).awaitLine("ready")) {
                if (!command.equals(ECHO)) {
                    host.execute("ip", "address", "add", "10.75.0.1/24", "dev", "vt0");
                }
                if (command.equals(ECHO) || command.equals(ROUTER)) {
                    // Asked once for the MAC address, however slow the answer is.
                    host.set("net/ipv4/neigh/vt0/retrans_time_ms", "60000");
                    host.ping(1, "10.75.0.2");
                } else {
                    host.executeFailing("ping", "-c", "1", "-W", "1", "10.75.0.2");
                    RunningProgram.awaitRead(host, "vt0", 1);
                }
                assertThat(program.terminate().await()).isZero();
                output = program.output();
                errors = program.errors();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {ECHO, ROUTER, VXLAN, SWITCH})
    void aQuietProgramSaysThatItIsReadyAndNoMore(String command) throws Exception {
        run(command, "--quiet");

        assertThat(output).isEqualTo("ready\n");
        assertThat(errors).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {ECHO, ROUTER, VXLAN, SWITCH})
    void aVerboseProgramTellsItsLoopsAndDevicesAndTheLogOfNetty(String command) throws Exception {
        run(command, "-v");

        String name = "netty-tap " + command.split(" ")[0] + ": ";
        assertThat(errors)
                .contains(
                        name + "event loops: 1 on epoll\n",
                        name + "opened vt0: MTU 1",
                        "offloads CSUM TSO4 ",
                        "debug ");
    }

    @ParameterizedTest
    @ValueSource(strings = {ECHO, ROUTER, VXLAN})
    void countersAreJsonOnRequest(String command) throws Exception {
        run(command, "--json", "--quiet");

        assertThat(output.lines().toList()).hasSize(2).first().isEqualTo("ready");
        assertThat(output.lines().toList().get(1))
                .matches(
                        "\\{\"event\":\"final\",\"seconds\":[0-9.]+,\"ports\":\\[\\{\"port\":\"vt0\",\"framesIn\":[1-9].*}");
    }

    @Test
    void jsonTellsWhatEachProgramCountsBesides() throws Exception {
        run(ECHO, "--json");
        assertThat(output).contains(",\"counts\":{\"arp\":1,\"neighbor\":0,\"ping\":1,\"udp\":0,");
        run(ROUTER, "--json");
        assertThat(output).contains(",\"fates\":{\"forwarded\":0,\"local\":").contains("\"notRouted\":0");
        run(VXLAN, "--json");
        assertThat(output).contains(",\"counts\":{\"decapsulated\":").contains("\"udpGsoRefused\":0,");
    }

    @ParameterizedTest
    @ValueSource(strings = {ECHO, ROUTER, VXLAN})
    void whatPassesTheTapsIsCapturedOnRequest(String command) throws Exception {
        Path file = directory.resolve("file.pcapng");
        run(command, "--capture=" + file);

        int frames = 0;
        try (CaptureReader reader = CaptureReader.open(file)) {
            while (reader.next() != null) {
                frames++;
            }
        }
        assertThat(frames).isPositive();
    }

    @Test
    void nobodyIsQuietAndVerbose() {
        StringWriter err = new StringWriter();
        int code = NettyTap.commandLine().setErr(new PrintWriter(err, true)).execute("echo", "vt0", "10.75.0.2", "-qv");

        assertThat(code).isEqualTo(2);
        assertThat(err.toString())
                .startsWith("netty-tap echo: --quiet, --verbose are mutually exclusive (specify only one)");
    }
}
