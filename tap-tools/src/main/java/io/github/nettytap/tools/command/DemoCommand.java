/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.net.switching.TapSwitch;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.Traffic;
import io.github.nettytap.testkit.host.Traffic.RoundTrips;
import io.github.nettytap.testkit.host.Traffic.Transfer;
import io.github.nettytap.tools.argument.DurationConverter;
import io.github.nettytap.tools.argument.Offloads;
import io.github.nettytap.tools.lifecycle.Program;
import io.github.nettytap.tools.lifecycle.UserNamespace;
import io.github.nettytap.tools.option.DataPlane;
import io.github.nettytap.tools.option.Verbosity;
import io.github.nettytap.tools.statistics.PortSample;
import io.github.nettytap.tools.statistics.PortTable;
import io.github.nettytap.tools.statistics.Units;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.netty.channel.Channel;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.io.Writer;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** {@code demo}: two hosts, joined by the switch, with real traffic between them. Needs nothing but this program. */
@Command(
        name = "demo",
        description =
                "Makes two hosts in network namespaces of their own, each with a TAP as its only link, joins them by the "
                        + "switch, and lets them ping, transfer and ask each other through ordinary sockets. Takes about 12 seconds.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "Without root it enters a user namespace of its own, where the system allows that.",
            "",
            "Examples:",
            "  netty-tap demo",
            "  netty-tap demo --offloads none --io io_uring"
        })
final class DemoCommand implements Callable<Integer> {

    private static final int PINGS = 20;
    /** A busy machine may let an answer wait. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @Option(
            names = "--seconds",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "Length of each part (default: 3s).")
    private Duration length = Duration.ofSeconds(3);

    private int seconds;

    @Mixin
    private DataPlane dataPlane;

    @Mixin
    private Verbosity verbosity;

    @Spec
    private CommandSpec spec;

    private PrintWriter out;

    @Override
    public Integer call() throws Exception {
        try {
            seconds = DurationConverter.wholeSeconds("--seconds", length);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
        if (UserNamespace.isNeeded()) {
            return UserNamespace.run(spec.name());
        }
        out = verbosity.isQuiet()
                ? new PrintWriter(Writer.nullWriter())
                : spec.commandLine().getOut();
        Offloads offloads = dataPlane.offloads();
        boolean header = offloads != Offloads.NONE;
        try (Host left = Host.create("left", Cidr.parse("10.99.0.1/24"), offloads.request(), header);
                Host right = Host.create("right", Cidr.parse("10.99.0.2/24"), offloads.request(), header)) {
            return demonstrate(left, right);
        }
    }

    private int demonstrate(Host left, Host right) throws Exception {
        TapEventLoopGroup loops =
                TapEventLoopGroup.builder().io(dataPlane.io()).name("switch").build();
        try (TapSwitch lan = new TapSwitch(loops, SwitchSettings.DEFAULT, this::portFailed)) {
            verbosity.looping(1, loops.io());
            verbosity.opened(left.device());
            verbosity.opened(right.device());
            lan.add(left.device());
            lan.add(right.device());
            picture(left, right);
            boolean well = converse(left, right);
            out.println();
            out.print(PortTable.format(
                    PortSample.of(lan).stream().map(PortSample::row).toList()));
            out.flush();
            return well ? ExitCode.OK : ExitCode.SOFTWARE;
        }
    }

    private boolean converse(Host left, Host right) throws Exception {
        begin("ICMP echo      left → right");
        RoundTrips pings = Traffic.ping(left, right, PINGS, PATIENCE);
        end(pings.answered() + " of " + pings.sent() + " answered, " + times(pings));
        boolean well = pings.answered() == pings.sent();
        well &= transfer("TCP transfer   left → right", left, right);
        well &= transfer("TCP transfer   right → left", right, left);
        begin("UDP exchange   left ⇄ right");
        RoundTrips asked = Traffic.udp(left, right, seconds, PATIENCE);
        end(Units.count(asked.answered()) + " of " + Units.count(asked.sent()) + " answered, " + times(asked));
        return well && asked.answered() > 0;
    }

    private boolean transfer(String title, Host from, Host to) throws Exception {
        begin(title);
        Transfer transfer = Traffic.tcp(from, to, seconds);
        boolean whole = transfer.sentBytes() == transfer.receivedBytes();
        end(Units.bitRate(transfer.receivedBytes(), transfer.nanos()) + ", "
                + Units.bytes(transfer.receivedBytes()) + " in " + Units.duration(transfer.nanos())
                + (whole ? "" : ", of " + Units.bytes(transfer.sentBytes()) + " sent: INCOMPLETE"));
        return whole;
    }

    private static String times(RoundTrips trips) {
        return "round trip " + Units.duration(trips.percentile(0.5)) + " (p50), "
                + Units.duration(trips.percentile(0.99)) + " (p99)";
    }

    private void picture(Host left, Host right) {
        String kind = dataPlane.io().name().toLowerCase(Locale.ROOT);
        String granted = left.device().offloads().stream().map(Enum::name).collect(Collectors.joining(" "));
        out.println("  host " + left.address().getHostAddress() + " ── left ── [switch] ── right ── "
                + right.address().getHostAddress() + " host");
        out.println("  two network namespaces, one " + kind + " event loop, offloads: "
                + (granted.isEmpty() ? "none" : granted));
        out.println();
    }

    private void begin(String title) {
        out.print(title + "   ");
        out.flush();
    }

    private void end(String result) {
        out.println(result);
        out.flush();
    }

    private void portFailed(Channel channel, Throwable cause) {
        String name = ((TapChannel) channel).device().name();
        spec.commandLine().getErr().println(Program.lost(spec, name, cause));
    }
}
