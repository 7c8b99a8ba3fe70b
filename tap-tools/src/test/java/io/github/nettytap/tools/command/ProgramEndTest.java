/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import io.github.nettytap.testkit.host.NetworkExtension;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** How programs end: by signals, by the loss of their ports, and when nobody can read what they print. */
@KernelTest
class ProgramEndTest {

    private static final String GONE = ": the interface is gone: it was deleted, or its network namespace ended";

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    @TempDir
    Path directory;

    private Host host;

    @BeforeEach
    void makeHost() throws Exception {
        host = network.host();
    }

    private HostProcess start(String words) throws Exception {
        return network.closing(RunningProgram.start(host, Arrays.asList(words.split(" "))));
    }

    /** By a shell, with a redirection of its own. */
    private HostProcess startUnder(String shell, String words) throws Exception {
        List<String> wrapper = List.of("sh", "-c", shell, "sh");
        return network.closing(RunningProgram.startUnder(host, wrapper, Arrays.asList(words.split(" "))));
    }

    private void delete(String tap) throws Exception {
        host.execute("ip", "link", "delete", tap);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "switch pe0 pe1",
                "router pe0=10.0.0.1/24 pe1=10.0.1.1/24",
                "vxlan pe0,vni=1 pe1,vni=2 --remote 127.0.0.2 --quiet"
            })
    void deletedInterfaceIsReportedOnceAndTheOthersLiveOnUntilNoneIsLeft(String words) throws Exception {
        String name = "netty-tap " + words.split(" ")[0];
        HostProcess program = start(words).awaitLine("ready");
        delete("pe0");
        program.awaitLine(name + ": port lost: port=pe0" + GONE);
        assertThat(program.isAlive()).isTrue();
        assertThat(host.hasLink("pe1")).isTrue();
        delete("pe1");
        assertThat(program.await()).isEqualTo(1);
        assertThat(program.errors().lines())
                .containsExactly(
                        name + ": port lost: port=pe0" + GONE,
                        name + ": port lost: port=pe1" + GONE,
                        name + ": no port is left");
    }

    @Test
    void programWhoseOnlyInterfaceIsDeletedFails() throws Exception {
        HostProcess program = start("echo pe0 10.0.0.2").awaitLine("ready");
        delete("pe0");
        assertThat(program.await()).isEqualTo(1);
        assertThat(program.errors().lines())
                .containsExactly("netty-tap echo: port lost: port=pe0" + GONE, "netty-tap echo: no port is left");
    }

    @Test
    void switchThatCanBeGivenPortsLivesWithoutAny() throws Exception {
        Path socket = directory.resolve("control");
        HostProcess program = start("switch pe0 pe1 --control " + socket).awaitLine("ready");
        Ctl ctl = new Ctl(socket);
        ctl.ask("ports/remove", "pe1");
        delete("pe0");
        program.awaitLine("netty-tap switch: port lost: port=pe0" + GONE);
        assertThat(ctl.ask("ports")).contains("lost");
        assertThat(program.terminate().await()).isZero();
        assertThat(program.errors().lines())
                .as("a port that was removed is not lost")
                .hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM", "HUP"})
    void signalEndsItInOrder(String signal) throws Exception {
        HostProcess program = start("switch pe0 pe1").awaitLine("ready");
        assertThat(program.signal(signal).await()).isZero();
        assertThat(program.output()).contains("\npe0 ", "\npe1 ");
        assertThat(program.errors()).isEmpty();
        assertThat(host.hasLink("pe0")).isFalse();
    }

    @Test
    void hangUpThatIsIgnoredByTheCallerStaysIgnored() throws Exception {
        HostProcess program =
                startUnder("trap '' HUP; exec \"$@\"", "switch pe0 pe1").awaitLine("ready");
        program.signal("HUP");
        host.executeFailing("ping", "-c", "1", "-W", "1", "10.0.0.2");
        assertThat(program.isAlive()).isTrue();
        assertThat(program.terminate().await()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "--version", "doctor", "doctor --json", "completion", "switch pe0 pe1"})
    void fullDiskIsAFailure(String words) throws Exception {
        HostProcess program = startUnder("exec \"$@\" >/dev/full", words);
        assertThat(program.await()).isEqualTo(1);
        assertThat(program.errors().strip()).endsWith(": cannot write to standard output: No space left on device");
        assertThat(host.hasLink("pe0")).isFalse();
    }

    @Test
    void answerThatCannotBeWrittenIsAFailure() throws Exception {
        Path socket = directory.resolve("control");
        start("switch pe0 pe1 --control " + socket).awaitLine("ready");
        for (String verb : List.of("stats --json", "ports", "help --json")) {
            HostProcess ctl = startUnder("exec \"$@\" >/dev/full", "ctl " + verb + " --control " + socket);
            assertThat(ctl.await()).as(verb).isEqualTo(1);
            assertThat(ctl.errors()).isEqualTo("netty-tap: cannot write to standard output: No space left on device\n");
        }
    }

    @Test
    void readerThatHasGoneEndsTheProgram() throws Exception {
        HostProcess program =
                startUnder("{ \"$@\"; echo \"exit $?\" >&2; } | head -n 2", "switch pe0 pe1 --stats 50ms --json");
        assertThat(program.await()).isZero();
        program.awaitLine("netty-tap switch: cannot write to standard output: Broken pipe")
                .awaitLine("exit 1");
        assertThat(host.hasLink("pe0")).isFalse();
    }
}
