/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.HashedTransfer;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import io.github.nettytap.testkit.host.NetworkExtension;
import io.github.nettytap.transport.device.NetworkNamespace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** {@code netty-tap run}: three switches, two routers and a faulty link, as users run them. */
@KernelTest
class RunProgramTest {

    private static final String LAB = """
        switches:
          office:
            ports:
              - name: pc0
                interface: {namespace: PC, addresses: 10.91.1.2/24, gateway: 10.91.1.1}
              - patch:office
          line:
            ports:
              - name: patch:west
                link: {delay: 2ms, loss: 0.1%}
              - patch:east
          farm:
            ports:
              - name: srv0
                interface: {namespace: SRV, addresses: 10.91.2.2/24, gateway: 10.91.2.1}
              - patch:farm
        routers:
          r1:
            ports: [patch:office=10.91.1.1/24, "patch:west=10.91.0.1/30,nat"]
            routes: 10.91.2.0/24=10.91.0.2
          r2:
            ports: [patch:east=10.91.0.2/30, patch:farm=10.91.2.1/24]
            routes: 10.91.1.0/24=10.91.0.1
        """;

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    @TempDir
    Path directory;

    private final String pc = "ntpc" + ProcessHandle.current().pid();
    private final String server = "ntsrv" + ProcessHandle.current().pid();
    private Host place;
    private Path file;

    @BeforeEach
    void makeNamespaces() throws Exception {
        place = network.host();
        file = directory.resolve("lab.yaml");
        place.execute("ip", "netns", "add", pc);
        place.execute("ip", "netns", "add", server);
        write(LAB);
    }

    @AfterEach
    void removeNamespaces() throws Exception {
        Host cleaner = network.host();
        for (String name : List.of(pc, server)) {
            if (Files.exists(Path.of("/run/netns", name))) {
                cleaner.execute("ip", "netns", "delete", name);
            }
        }
    }

    private void write(String lab) throws Exception {
        Files.writeString(file, lab.replace("PC", pc).replace("SRV", server));
    }

    private HostProcess start() throws Exception {
        return RunningProgram.start(place, List.of("run", file.toString(), "--control", socket().toString()))
                .awaitLine("ready");
    }

    private Path socket() {
        return directory.resolve("control.sock");
    }

    private Ctl ctl() {
        return new Ctl(socket());
    }

    private static String execute(Path file, String... more) {
        StringWriter err = new StringWriter();
        String[] words = new String[2 + more.length];
        words[0] = "run";
        words[1] = file.toString();
        System.arraycopy(more, 0, words, 2, more.length);
        int exitCode = NettyTap.commandLine()
                .setErr(new PrintWriter(err, true))
                .setOut(new PrintWriter(err, true))
                .execute(words);
        return exitCode + " " + err;
    }

    /** Three requests over the faulty cable, each a ping of its own, which waits as long as it is told to. */
    private void ping() throws Exception {
        for (int i = 0; i < 3; i++) {
            place.execute("ip", "netns", "exec", pc, "ping", "-n", "-c", "1", "-W", "30", "10.91.2.2");
        }
    }

    @Test
    void networkIsChangedUnderATransferThatLosesNoByte() throws Exception {
        try (HostProcess program = start();
                NetworkNamespace from = NetworkNamespace.named(pc);
                NetworkNamespace to = NetworkNamespace.named(server)) {
            ping();
            assertThat(ctl().ask("nodes")).isEqualTo("""
                node    kind    ports  lost
                office  switch  2      0
                line    switch  2      0
                farm    switch  2      0
                r1      router  2      0
                r2      router  2      0
                """);
            ExecutorService thread = Executors.newSingleThreadExecutor();
            try {
                Future<?> transfer = thread.submit(() -> {
                    HashedTransfer.assertSameBytes(from::call, to::call, InetAddress.getByName("10.91.2.2"), 100);
                    return null;
                });
                for (int i = 0; i < 3; i++) {
                    write(LAB.replace("2ms, loss: 0.1%", 1 + i + "ms")
                            .replace("switches:", "switches:\n  spare: {ports: [sp0]}"));
                    assertThat(ctl().ask("reload").lines())
                            .containsExactly(
                                    "change", "changed line/patch:west", "started switch spare", "opened spare/sp0");
                    assertThat(place.hasLink("sp0")).isTrue();
                    write(LAB);
                    assertThat(ctl().ask("reload").lines())
                            .contains("closed spare/sp0", "ended switch spare", "changed line/patch:west");
                    assertThat(place.hasLink("sp0")).isFalse();
                }
                transfer.get();
            } finally {
                thread.shutdown();
            }
            assertThat(ctl().ask("reload")).isEqualTo("nothing differs\n");
            assertThat(program.terminate().await()).isZero();
            assertThat(program.output())
                    .containsPattern("\noffice/pc0 +[1-9]")
                    .containsPattern("\nr2/patch:farm +[1-9]");
            assertThat(program.errors()).isEmpty();
            assertThat(socket()).doesNotExist();
        }
        assertThat(place.execute("ip", "netns", "exec", pc, "ip", "-br", "link"))
                .doesNotContain("pc0");
    }

    @Test
    void partsAreAsked() throws Exception {
        try (HostProcess program = start()) {
            ping();
            assertThat(ctl().ask("ports", "node=line")).isEqualTo("""
                port             index  state       settings
                line/patch:west  0      forwarding  delay=2ms,loss=0.1%
                line/patch:east  1      forwarding
                """);
            assertThat(ctl().ask("routes", "node=r1")).isEqualTo("""
                node  prefix        gateway    port
                r1    10.91.1.1/24             patch:office
                r1    10.91.0.1/30             patch:west
                r1    10.91.2.0/24  10.91.0.2  patch:west
                """);
            assertThat(ctl().ask("nat", "node=r1"))
                    .containsPattern("r1 +icmp +10\\.91\\.1\\.2:[0-9]+ +10\\.91\\.0\\.1:[0-9]+ +10\\.91\\.2\\.2:");
            assertThat(ctl().ask("fdb/show", "port=office/pc0")).containsPattern("office/pc0 +learned");
            assertThat(ctl().ask("fdb/show", "node=farm").lines()).hasSize(3);
            assertThat(ctl().ask("fdb/flush", "node=farm")).isEmpty();
            assertThat(ctl().ask("tables")).contains("office/fdb", "line/fdb", "farm/fdb");
            assertThat(ctl().ask("topology"))
                    .contains("{\"name\":\"office/pc0\",\"kind\":\"tap\",\"label\":\"pc0\",\"detail\":\"" + pc
                            + " 10.91.1.2/24\"}")
                    .contains("{\"from\":\"line\",\"to\":\"r1\",\"name\":\"patch:west\","
                            + "\"detail\":\"delay=2ms,loss=0.1%\",\"state\":\"forwarding\"}");
            assertThat(ctl().askInVain(1, "routes", "node=line"))
                    .isEqualTo("netty-tap ctl: not of this kind: node=line, kind=switch (expected: a router)\n");
            assertThat(ctl().askInVain(1, "ports", "node=nowhere"))
                    .isEqualTo("netty-tap ctl: no such node: node=nowhere"
                            + " (expected: one of office, line, farm, r1, r2)\n");
            assertThat(ctl().askInVain(1, "ports/remove", "pc0"))
                    .startsWith("netty-tap ctl: no verb of this program: verb=ports/remove (expected: nodes, ports, ");
            assertThat(program.terminate().await()).isZero();
        }
    }

    @Test
    void badFileChangesNothing() throws Exception {
        try (HostProcess program = start()) {
            String before = ctl().ask("topology");
            write(LAB.replace("delay: 2ms", "delay: slow"));
            assertThat(ctl().askInVain(1, "reload"))
                    .isEqualTo("netty-tap ctl: " + file + ":10:23: delay: value=slow"
                            + " (expected: a time such as 20ms or 1s)\n");
            assertThat(ctl().ask("topology")).isEqualTo(before);
            write(LAB.replace("namespace: PC", "namespace: nowhere")
                    .replace("- patch:office", "- patch:office\n      - sp0"));
            assertThat(ctl().askInVain(1, "reload")).contains("nowhere");
            assertThat(ctl().ask("topology")).isEqualTo(before);
            assertThat(place.hasLink("sp0")).isFalse();
            ping();
            assertThat(program.terminate().await()).isZero();
        }
    }

    @Test
    void checkOpensNothing() throws Exception {
        assertThat(execute(file, "--check")).isEqualTo("0 " + file + ": right, 5 nodes, 10 ports\n");
        write(LAB.replace("patch:office=10.91.1.1/24", "patch:office"));
        assertThat(execute(file, "--check"))
                .isEqualTo("2 netty-tap run: " + file + ":19:13: ports: no addresses: port=patch:office"
                        + " (expected: TAP=ADDRESS/LENGTH, for example tap0=10.0.0.1/24)\n");
        assertThat(execute(directory.resolve("none.yaml"), "--check"))
                .isEqualTo("1 netty-tap run: no such file or directory: path=" + directory.resolve("none.yaml") + "\n");
    }

    @Test
    void whatCannotBeOpenedEndsTheProgramAndLeavesNothing() throws Exception {
        write(LAB.replace("namespace: SRV", "namespace: nowhere"));
        try (HostProcess program = RunningProgram.start(place, List.of("run", file.toString()))) {
            assertThat(program.await()).isEqualTo(1);
            assertThat(program.errors()).startsWith("netty-tap run: ").contains("nowhere");
            assertThat(program.output()).doesNotContain("ready");
        }
        assertThat(place.execute("ip", "netns", "exec", pc, "ip", "-br", "link"))
                .doesNotContain("pc0");
    }
}
