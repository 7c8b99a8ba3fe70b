/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.benchmarks.results.GrowthFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

class GrowthPageTest {

    private static final String RESULT = """
            {
              "date": "2026-11-22T10:00:00Z",
              "command": "benchmarks/growth --only ports",
              "tree": {"commit": "abc", "dirty": true},
              "machine": {"processor": "X"},
              "netty": "4.2",
              "busyBefore": 0.01,
              "growth": {
                "ports": {
                  "title": "Ports",
                  "points": {
                    "2": {"memory while idle, MB": [80], "cost, ns a frame": [100, 110, 120]},
                    "1000": {"memory while idle, MB": [179.8], "cost, ns a frame": [200]}
                  }
                }
              },
              "failures": ["ports 16: no\\u000aframe"]
            }
            """;

    @Test
    void pageShowsEachPointInItsOrder() {
        String page = files().get("g.md");
        assertThat(page)
                .contains("| 2 | 80.0 ±0 % | 110 ±9 % |")
                .contains("| 1000 | 180 ±0 % | 200 ±0 % |")
                .contains("The tree: commit `abc` with changes that are not committed.")
                .contains("- ports 16: no frame");
        assertThat(page.indexOf("| 2 |")).isLessThan(page.indexOf("| 1000 |"));
    }

    @Test
    void memoryOfAPortIsThatBetweenTheFewestAndTheMost() {
        assertThat(files().get("g.md")).contains("An idle port takes 100 kB of resident memory.");
    }

    @Test
    void chartKeepsTheOrderOfThePoints() {
        String chart = files().get("g-ports.svg");
        assertThat(chart).startsWith("<svg ").contains(">110</text>");
        assertThat(chart.indexOf(">2</text>")).isLessThan(chart.indexOf(">1000</text>"));
    }

    @Test
    void kindsOfResultsAreTold(@TempDir Path directory) throws IOException {
        Path growth = Files.writeString(directory.resolve("growth.json"), RESULT);
        Path other = Files.writeString(directory.resolve("other.json"), "{\"candidates\": {}}");
        assertThat(GrowthFile.isOne(growth)).isTrue();
        assertThat(GrowthFile.isOne(other)).isFalse();
        assertThatThrownBy(() -> GrowthFile.read(other))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("not a result of benchmarks/growth: file=" + other);
    }

    private static Map<String, String> files() {
        return new GrowthPage("g", GrowthFile.parse(RESULT)).files();
    }
}
