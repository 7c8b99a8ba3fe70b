/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.benchmarks.results.Metric;
import io.github.nettytap.benchmarks.results.ResultFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import javax.xml.parsers.DocumentBuilderFactory;

class PageTest {

    private final CannedResults results = new CannedResults()
            .with("netty-tap-epoll", Metric.TCP_1, 1.5)
            .with("c-epoll", Metric.TCP_1, 1.2)
            .with("netty-tap-epoll-tso", Metric.TCP_1, 15)
            .with("veth", Metric.TCP_1, 30)
            .with("netty-tap-epoll", Metric.RTT_P99, 90);

    @Test
    void pageTellsHowItWasMeasured() {
        assertThat(page()).contains("""
                # Forwarding between two hosts, 2026-01-02

                Measured by `benchmarks/compare` on 2026-01-02T03:04:05Z: processors 2.
                MTU 1500, 3 interleaved rounds over all candidates, 4 s a measurement after 3 s of warm-up with TCP and UDP each.
                Before it began, the machine was 2 % busy with other things.
                """);
    }

    @Test
    void tableHasMediansAndRatiosAndDashesForWhatIsMissing() {
        assertThat(page().lines())
                .anyMatch(line -> line.startsWith("| netty-tap-epoll | 1.50 ±1 % | – |"))
                .anyMatch(line -> line.startsWith("| netty-tap-epoll | 1.25 | – |"))
                .anyMatch(line -> line.startsWith("| veth | 25.00 | – |"));
    }

    @Test
    void withoutTheReferenceThereAreNoRatios() {
        String page = page(new CannedResults().with("veth", Metric.TCP_1, 30));
        assertThat(page).doesNotContain("multiples");
    }

    @Test
    void figureThatCouldNotBeFormedIsLeftOut() {
        String page = page(new CannedResults()
                .with("ovs", Metric.CPU_PER_GIB, new Double[] {null, null})
                .with("ovs", Metric.TCP_1, new Double[] {2.0, null}));
        assertThat(page).contains("| ovs | 2.00 ±0 % |").doesNotContain("## CPU time");
    }

    @Test
    void failedRoundsAreOnThePage() {
        assertThat(page(results.failed("vde", "round 2: did not\nstart")))
                .endsWith("## Rounds that failed\n\n- vde: round 2: did not start\n");
    }

    @Test
    void chartsAreWellFormedAndTheTailsHaveNone() throws Exception {
        Map<String, String> files = new Page("today", ResultFile.parse(results.json())).files();
        assertThat(files.keySet()).containsExactly("today.md", "today-tcp-1.svg");
        Document svg = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(files.get("today-tcp-1.svg").getBytes(StandardCharsets.UTF_8)));
        assertThat(svg.getDocumentElement().getTagName()).isEqualTo("svg");
        assertThat(svg.getElementsByTagName("path").getLength())
                .as("one range a candidate")
                .isEqualTo(4);
    }

    @Test
    void gsoFramesHaveAPanelOfTheirOwnAndTheBestIsOnTop() {
        String svg = new Page("today", ResultFile.parse(results.json())).files().get("today-tcp-1.svg");
        assertThat(svg)
                .containsSubsequence(
                        ">frames of the MTU's size<",
                        ">netty-tap-epoll<",
                        ">c-epoll<",
                        ">TCP GSO frames of up to 64 KiB passed on whole<",
                        ">veth<",
                        ">netty-tap-epoll-tso<");
    }

    @Test
    void shortestIsOnTopWhereLessIsBetter() {
        CannedResults times =
                new CannedResults().with("ovs", Metric.RTT_P50, 90).with("c-epoll", Metric.RTT_P50, 40);
        String svg = new Page("today", ResultFile.parse(times.json())).files().get("today-rtt-p50.svg");
        assertThat(svg).containsSubsequence(">shorter is better<", ">c-epoll<", ">ovs<");
    }

    @Test
    void commandWritesThePageAndItsCharts(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("today.json"), results.json());
        Path into = directory.resolve("results");
        int exit = Report.commandLine(new Report()).execute(file.toString(), "--into", into.toString());
        assertThat(exit).isZero();
        try (var written = Files.list(into)) {
            assertThat(written.map(path -> path.getFileName().toString()).sorted())
                    .isEqualTo(List.of("today-tcp-1.svg", "today.md"));
        }
    }

    @Test
    void otherFileIsRefused(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("other.json"), "{}");
        assertThatThrownBy(() -> ResultFile.read(file))
                .isInstanceOf(IOException.class)
                .hasMessage("not a result of benchmarks/compare: file=" + file + ": no candidates");
    }

    private String page() {
        return page(results);
    }

    private static String page(CannedResults results) {
        return new Page("today", ResultFile.parse(results.json())).files().get("today.md");
    }
}
