/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.HashedTransfer;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import io.github.nettytap.testkit.host.NetworkExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Each example as its head says: started as a program, with other hosts' kernels and the usual tools as its peers. */
@KernelTest
class ExamplesKernelTest {

    private static final int MOST_LINES = 150;

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    @TempDir
    Path directory;

    private HostProcess start(Host host, Class<?> example, String... arguments) throws Exception {
        return network.closing(HostProcess.startJava(host.namespace(), example, arguments));
    }

    private static void assertEndsWell(HostProcess program, String lastLine) throws Exception {
        assertThat(program.await()).isZero();
        assertThat(program.errors().lines()).allMatch(line -> line.contains("the interface is gone: it was deleted"));
        assertThat(program.output().lines().reduce((a, b) -> b).orElse("")).matches(lastLine);
    }

    private static void assertPing(Host from, String to) throws Exception {
        assertThat(from.ping(3, to)).contains(" 0% packet loss");
    }

    @Test
    void printFramesShowsTheRequestsOfThePing() throws Exception {
        Host host = network.host();
        HostProcess program = start(host, PrintFrames.class);
        awaitLink(host, "tap0");
        host.execute("ip", "address", "add", "10.0.0.1/24", "dev", "tap0");
        host.executeFailing("ping", "-c", "1", "-W", "1", "10.0.0.2");
        program.awaitText("Request who-has 10.0.0.2 tell 10.0.0.1, length 28");
        host.execute("ip", "link", "delete", "tap0");
        assertEndsWell(program, ".*");
    }

    private static void awaitLink(Host host, String link) throws Exception {
        while (!host.hasLink(link)) {
            Thread.sleep(20);
        }
    }

    @Test
    void echoHostAnswersThePing() throws Exception {
        Host host = network.host();
        HostProcess program = start(host, EchoHost.class).awaitLine("10.0.0.2 and fd00::2 answer on tap0");
        assertPing(host, "10.0.0.2");
        host.execute("ip", "link", "delete", "tap0");
        assertEndsWell(program, "answered 3 pings");
    }

    @Test
    void switchJoinsTwoHosts() throws Exception {
        Host middle = network.host();
        HostProcess program = start(middle, TwoPortSwitch.class).awaitLine("tap0 and tap1 are joined");
        Host[] hosts = take(middle, "10.0.0.1/24", "10.0.0.2/24");
        assertPing(hosts[0], "10.0.0.2");
        delete(hosts);
        assertEndsWell(program, "tap1: [1-9]\\d* frames in, [1-9]\\d* out");
    }

    private Host[] take(Host middle, String left, String right) throws Exception {
        Host[] hosts = {network.host(), network.host()};
        hosts[0].take(middle.namespace(), "tap0", left);
        hosts[1].take(middle.namespace(), "tap1", right);
        return hosts;
    }

    private static void delete(Host[] hosts) throws Exception {
        hosts[0].execute("ip", "link", "delete", "tap0");
        hosts[1].execute("ip", "link", "delete", "tap1");
    }

    @Test
    void routerForwardsBetweenTwoNetworks() throws Exception {
        Host middle = network.host();
        HostProcess program = start(middle, RouterInTwentyLines.class).awaitLine("10.0.0.1 on tap0, 10.0.1.1 on tap1");
        Host[] hosts = take(middle, "10.0.0.2/24", "10.0.1.2/24");
        hosts[0].addRoute("0.0.0.0/0", "10.0.0.1");
        hosts[1].addRoute("0.0.0.0/0", "10.0.1.1");
        assertThat(hosts[0].ping(3, "10.0.1.2")).contains("ttl=63", " 0% packet loss");
        hosts[0].execute("ip", "link", "delete", "tap0");
        assertThat(program.await()).isZero();
    }

    @Test
    void tunnelCarriesFramesBetweenTwoMachines() throws Exception {
        // Between the machines a cable of the testkit, so that the outer packets are those of two kernels.
        Host left = network.host("eth0", "192.0.2.1/24");
        Host right = network.host("eth0", "192.0.2.2/24");
        network.link(left, right);
        HostProcess there = start(left, FrameTunnel.class, "192.0.2.2").awaitLine("tap0 leads to 192.0.2.2");
        HostProcess back = start(right, FrameTunnel.class, "192.0.2.1").awaitLine("tap0 leads to 192.0.2.1");
        left.execute("ip", "address", "add", "10.0.0.1/24", "dev", "tap0");
        right.execute("ip", "address", "add", "10.0.0.2/24", "dev", "tap0");
        assertPing(left, "10.0.0.2");
        // The longest packet that the MTU allows passes without fragments.
        assertThat(left.ping(1, "10.0.0.2", "-M", "do", "-s", "1430")).contains(" 0% packet loss");
        HashedTransfer.assertSameBytes(left::call, right::call, InetAddress.getByName("10.0.0.2"), 16);
        left.execute("ip", "link", "delete", "tap0");
        right.execute("ip", "link", "delete", "tap0");
        assertThat(there.await()).isZero();
        assertThat(back.await()).isZero();
    }

    @Test
    void captureIsReadByTcpdump() throws Exception {
        Host host = network.host();
        String file = directory.resolve("tap0.pcapng").toString();
        HostProcess program = start(host, CaptureToFile.class, file).awaitLine("tap0 is captured");
        host.execute("ip", "address", "add", "10.0.0.1/24", "dev", "tap0");
        host.executeFailing("ping", "-c", "1", "-W", "1", "10.0.0.2");
        // What the program has not read yet goes with the interface.
        String question = "tcpdump -n -r " + file + " arp 2>&1 | grep -q who-has";
        host.execute("sh", "-c", "until " + question + "; do sleep 0.05; done");
        host.execute("ip", "link", "delete", "tap0");
        assertEndsWell(program, "[1-9]\\d* frames captured, 0 dropped");
        assertThat(host.execute("tcpdump", "-n", "-r", file, "arp"))
                .contains("ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28");
    }

    @Test
    void offloadPipelineSegmentsAndCoalesces() throws Exception {
        Host middle = network.host();
        HostProcess program = start(middle, OffloadPipeline.class).awaitLine("tap0 and tap1 are joined");
        Host[] hosts = take(middle, "10.0.0.1/24", "10.0.0.2/24");
        assertPing(hosts[0], "10.0.0.2");
        HostProcess server =
                network.closing(HostProcess.start(hosts[1].namespace(), List.of("iperf3", "-s", "--forceflush")));
        server.awaitText("Server listening");
        hosts[0].execute("iperf3", "-c", "10.0.0.2", "-n", "20M");
        hosts[0].execute("iperf3", "-c", "10.0.0.2", "-n", "20M", "-R");
        delete(hosts);
        assertEndsWell(program, "tap1 to tap0: .*");
        assertThat(number(program.output(), "tap0 to tap1: (\\d+) GSO frames segmented"))
                .isPositive();
        assertThat(number(program.output(), "coalesced into (\\d+)"))
                .isPositive()
                .isLessThan(number(program.output(), "tap1 to tap0: (\\d+) frames"));
    }

    @Test
    void faultyLinkDelaysAndLoses() throws Exception {
        Host middle = network.host();
        HostProcess program = start(middle, FaultyLink.class).awaitLine("tap0 and tap1 are joined, with losses");
        Host[] hosts = take(middle, "10.0.0.1/24", "10.0.0.2/24");
        String ping = hosts[0].execute("ping", "-n", "-i", "0.01", "-c", "100", "10.0.0.2");
        assertThat(number(ping, "(\\d+) received")).isBetween(40L, 99L);
        // A busy machine may be slower, never faster.
        assertThat(number(ping, "rtt min/avg/max/mdev = (\\d+)")).isGreaterThanOrEqualTo(40);
        delete(hosts);
        assertEndsWell(program, "lost: [1-9]\\d* from tap0 to tap1, [1-9]\\d* back");
    }

    @Test
    void examplesAreShortAndSayWhatToType() throws Exception {
        Path sources = Path.of("src/main/java/io/github/nettytap/examples");
        try (Stream<Path> files = Files.list(sources)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String source = Files.readString(file);
                assertThat(source.lines().count()).as(file.toString()).isLessThanOrEqualTo(MOST_LINES);
                String name = file.getFileName().toString().replace(".java", "");
                if (!name.equals("package-info")) {
                    assertThat(source)
                            .contains("java -cp 'examples/target/*:examples/target/lib/*' io.github.nettytap.examples."
                                    + name);
                    assertThat(Files.readString(sources.resolve("package-info.java")))
                            .contains(name);
                }
            }
        }
    }

    private static long number(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return Long.parseLong(matcher.group(1));
    }
}
