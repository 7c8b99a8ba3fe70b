/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

class LiveStatsTest {

    private static final long SECOND = 1_000_000_000L;

    private final StringWriter text = new StringWriter();
    private final Deque<List<PortSample>> samples = new ArrayDeque<>();
    private final Deque<Long> times = new ArrayDeque<>();

    @Test
    void tableHasRatesOfTheIntervalAndDropsSinceTheStart() {
        at(0, sample("tap0", 100, 0, 0), sample("a-long-name", 0, 0, 7));
        at(2, sample("tap0", 2_000_100, 20, 3), sample("a-long-name", 0, 0, 7));
        start(LiveStats.Form.APPENDED, true).show();
        assertThat(text).hasToString("""

                after 2.00 s:
                port         frames/s in  bits/s in  frames/s out  bits/s out  EAGAIN/s in+out  drops
                tap0               1.00M   800 Mb/s            10   8.00 kb/s             10+5  3 (congested 3)
                a-long-name            0      0 b/s             0       0 b/s              0+0  7 (congested 7)
                total              1.00M   800 Mb/s            10   8.00 kb/s             10+5  10 (congested 10)
                """);
    }

    @Test
    void nextIntervalStartsWhereTheLastEnded() {
        at(0, sample("tap0", 0, 0, 0));
        at(1, sample("tap0", 500, 0, 0));
        at(2, sample("tap0", 600, 0, 0));
        LiveStats live = start(LiveStats.Form.APPENDED, false);
        live.show();
        live.show();
        assertThat(text.toString().lines().filter(line -> line.startsWith("tap0")))
                .satisfiesExactly(
                        first -> assertThat(first).startsWith("tap0           500 "),
                        second -> assertThat(second).startsWith("tap0           100 "));
    }

    @Test
    void portsThatComeAndGoAreCountedFromTheirOwnStart() {
        at(0, sample("tap0", 100, 0, 0), sample("old", "tap1", 900, 0, 0));
        at(1, sample("new", "tap1", 7, 0, 0), sample("tap0", 300, 0, 0));
        start(LiveStats.Form.APPENDED, false).show();
        assertThat(text.toString().lines().filter(line -> line.startsWith("tap")))
                .satisfiesExactly(
                        first -> assertThat(first).startsWith("tap1             7 "),
                        second -> assertThat(second).startsWith("tap0           200 "));
    }

    @Test
    void removedPortsAreInTheTotalsAndInNoRate() {
        at(0, sample("tap0", 100, 0, 0), sample("tap1", 900, 0, 0));
        at(1, sample("tap0", 300, 0, 0), removed(5, sample("tap1", 950, 0, 0)));
        at(2, sample("tap0", 300, 0, 0), removed(5, sample("tap1", 950, 0, 0)));
        LiveStats live = start(LiveStats.Form.APPENDED, false);
        live.show();
        live.end();
        assertThat(text.toString().lines().filter(line -> line.contains("removed") || line.startsWith("total")))
                .satisfiesExactly(
                        rates -> assertThat(rates)
                                .startsWith("(removed)            0 ")
                                .endsWith("5 (congested 5)"),
                        total -> assertThat(total)
                                .startsWith("total              200 ")
                                .endsWith("5 (congested 5)"),
                        carried -> assertThat(carried)
                                .startsWith("(removed)        950 ")
                                .endsWith(" 5"));
    }

    @Test
    void removedPortsAreBesideThePortsInJson() {
        at(0, sample("tap0", 0, 0, 0));
        at(1, sample("tap0", 0, 0, 0), removed(0, sample("tap1", 2, 0, 0)));
        at(2, sample("tap0", 0, 0, 0), removed(0, sample("tap1", 2, 0, 0)));
        LiveStats live = start(LiveStats.Form.JSON, false);
        live.show();
        live.end();
        assertThat(text.toString().lines())
                .hasSize(2)
                .allMatch(line -> line.contains("}],\"removed\":{\"framesIn\":2,\"bytesIn\":200,"))
                .allMatch(line -> line.split("\"port\":").length == 2);
    }

    @Test
    void tableOnATerminalIsDrawnOverTheLastOne() {
        at(0, sample("tap0", 0, 0, 0));
        at(1, sample("tap0", 1, 0, 0));
        at(2, sample("tap0", 2, 0, 0));
        LiveStats live = start(LiveStats.Form.REDRAWN, false);
        live.show();
        assertThat(text.toString())
                .startsWith("\r\033[?7l\033[K\nafter 1.00 s:\033[K\n")
                .endsWith("\033[J\033[?7h");
        text.getBuffer().setLength(0);
        live.show();
        assertThat(text.toString()).startsWith("\033[5A\r\033[?7l");
    }

    @Test
    void messageInBetweenStaysAboveTheNextTable() {
        at(0, sample("tap0", 0, 0, 0));
        at(1, sample("tap0", 1, 0, 0));
        at(2, sample("tap0", 2, 0, 0));
        LiveStats live = start(LiveStats.Form.REDRAWN, false);
        live.show();
        text.getBuffer().setLength(0);
        live.interrupt(() -> text.append("port lost\n"));
        live.show();
        assertThat(text.toString()).startsWith("port lost\n\r\033[?7l");
    }

    @Test
    void coloursMarkTheHeadingAndDropsThatAreNew() {
        at(0, sample("tap0", 0, 0, 1), sample("tap1", 0, 0, 1));
        at(1, sample("tap0", 0, 0, 2), sample("tap1", 0, 0, 1));
        start(LiveStats.Form.REDRAWN, true).show();
        assertThat(text.toString())
                .contains("\033[1mport ", "  \033[31m2 (congested 2)\033[m\033[K", "  1 (congested 1)\033[K");
    }

    @Test
    void withoutColoursNothingIsMarked() {
        at(0, sample("tap0", 0, 0, 1));
        at(1, sample("tap0", 0, 0, 2));
        start(LiveStats.Form.REDRAWN, false).show();
        assertThat(text.toString()).doesNotContain("\033[1m", "\033[31m");
    }

    @Test
    void terminalShowsTheBusiestOfManyPortsInTheirOrder() {
        PortSample[] idle = new PortSample[30];
        PortSample[] busy = new PortSample[30];
        for (int i = 0; i < 30; i++) {
            idle[i] = sample("tap" + i, 0, 0, 0);
            busy[i] = sample("tap" + i, i < 10 ? 0 : i, 0, 0);
        }
        at(0, idle);
        at(1, busy);
        start(LiveStats.Form.REDRAWN, false).show();
        List<String> lines = List.of(text.toString().split("\n"));
        assertThat(lines.get(3)).startsWith("tap10 ");
        assertThat(lines.get(22)).startsWith("tap29 ");
        assertThat(lines.get(23)).startsWith("… and 10 less busy ports");
        assertThat(lines.get(24)).startsWith("total          390 ");
    }

    @Test
    void tableOfTwelvePortsInASmallWindowKeepsItsHeadingAndItsDrops() {
        PortSample[] idle = new PortSample[12];
        PortSample[] busy = new PortSample[12];
        for (int i = 0; i < 12; i++) {
            idle[i] = sample("tap" + i, 0, 0, 0);
            busy[i] = sample("tap" + i, 1_000 + i, 0, 123);
        }
        at(0, idle);
        at(1, busy);
        start(LiveStats.Form.REDRAWN, false, new Terminal.Size(10, 80)).show();
        List<String> lines = Stream.of(text.toString().split("\n", -1))
                .map(line -> line.replaceAll("\033\\[\\??\\d*[A-Za-z]|\r", ""))
                .toList();
        assertThat(lines).as("with the line of the cursor").hasSizeLessThanOrEqualTo(10);
        assertThat(lines.get(2)).matches("port +frames/s in +bits/s in +frames/s out +bits/s out +drops");
        assertThat(lines.get(3)).startsWith("tap8 ").endsWith("123 (congested 123)");
        assertThat(lines.get(7)).isEqualTo("… and 8 less busy ports");
        assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
    }

    @Test
    void jsonIsOneLineAnIntervalAndOneAtTheEnd() {
        at(0, sample("ta\"p", 0, 0, 0));
        at(2, sample("ta\"p", 10, 4, 3));
        at(3, sample("ta\"p", 11, 4, 3));
        LiveStats live = start(LiveStats.Form.JSON, true);
        live.show();
        live.end();
        String drops =
                "\"drops\":{\"malformed\":0,\"congested\":3,\"vlan\":0,\"source\":0,\"invalidSource\":0,\"heldElsewhere\":0,\"macLimit\":0,"
                        + "\"storm\":0,\"isolated\":0,\"error\":0,\"linkDown\":0,\"refused\":0,\"noMemory\":0,\"other\":0}";
        assertThat(text)
                .hasToString("{\"event\":\"interval\",\"seconds\":2.000,\"interval\":2.000,\"ports\":["
                        + "{\"port\":\"ta\\\"p\",\"framesIn\":10,\"bytesIn\":1000,\"framesOut\":4,\"bytesOut\":400,"
                        + "\"wouldBlockIn\":4,\"wouldBlockOut\":2," + drops
                        + ",\"perSecond\":{\"framesIn\":5,\"bitsIn\":4000,\"framesOut\":2,\"bitsOut\":1600}}]}\n"
                        + "{\"event\":\"final\",\"seconds\":3.000,\"ports\":["
                        + "{\"port\":\"ta\\\"p\",\"framesIn\":11,\"bytesIn\":1100,\"framesOut\":4,\"bytesOut\":400,"
                        + "\"wouldBlockIn\":4,\"wouldBlockOut\":2," + drops + "}]}\n");
    }

    @Test
    void endIsTheTableOfWhatWasCarried() {
        at(0, sample("tap0", 0, 0, 0));
        at(1, sample("tap0", 3, 2, 1));
        start(LiveStats.Form.REDRAWN, true).end();
        assertThat(text).hasToString("""

                port  frames in  bytes in  frames out  bytes out  drops
                tap0          3     300 B           2      200 B      1
                """);
    }

    private void at(long second, PortSample... ports) {
        times.add(second * SECOND);
        samples.add(List.of(ports));
    }

    private LiveStats start(LiveStats.Form form, boolean colours) {
        return start(form, colours, new Terminal.Size(26, 200));
    }

    private LiveStats start(LiveStats.Form form, boolean colours, Terminal.Size size) {
        return new LiveStats(new PrintWriter(text), form, colours, samples::remove, Map::of, () -> size, times::remove);
    }

    private static PortSample removed(long congested, PortSample port) {
        return PortSample.removed(List.of(port, sample("before", 0, 0, congested)));
    }

    /** Frames of 100 bytes; the reads and writes that would block are made up from those sent. */
    private static PortSample sample(String port, long framesIn, long framesOut, long congested) {
        return sample(port, port, framesIn, framesOut, congested);
    }

    private static PortSample sample(Object identity, String port, long framesIn, long framesOut, long congested) {
        Map<DropReason, Long> drops = new EnumMap<>(DropReason.class);
        for (DropReason reason : DropReason.values()) {
            drops.put(reason, 0L);
        }
        drops.remove(DropReason.NOT_ROUTED); // a switch has none
        drops.put(DropReason.CONGESTED, congested);
        return new PortSample(
                identity,
                port,
                framesIn,
                100 * framesIn,
                framesOut,
                100 * framesOut,
                framesOut,
                framesOut / 2,
                drops,
                Map.of());
    }
}
