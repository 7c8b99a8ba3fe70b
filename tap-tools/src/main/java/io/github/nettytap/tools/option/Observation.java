/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.option;

import io.github.nettytap.tools.argument.DurationConverter;
import io.github.nettytap.tools.http.HttpAddress;
import io.github.nettytap.tools.http.Status;
import io.github.nettytap.tools.http.StatusServer;
import io.github.nettytap.tools.lifecycle.CommandException;
import io.github.nettytap.tools.lifecycle.Program;
import io.github.nettytap.tools.lifecycle.StandardOutput;
import io.github.nettytap.tools.statistics.LiveStats;
import io.github.nettytap.tools.statistics.LiveStats.Form;
import io.github.nettytap.tools.statistics.PortSample;
import io.github.nettytap.tools.statistics.Terminal;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * How the traffic of a program is seen from outside, while it runs and at its end: for programs with ports to mix in.
 */
public final class Observation {

    @Option(
            names = "--stats",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "Show rates and drops every so often, such as 1s; redrawn in place on a terminal.")
    private Duration stats;

    @Option(names = "--json", description = "Print counters as JSON, one object a line, after the line \"ready\".")
    private boolean json;

    @Option(
            names = "--http",
            paramLabel = "[ADDRESS:]PORT",
            converter = HttpAddress.class,
            description =
                    "Serve metrics (/metrics), JSON and a live page over HTTP, on the loopback interface unless an"
                            + " address is given. Whoever reaches it may read.")
    private InetSocketAddress http;

    @Option(
            names = "--jfr",
            paramLabel = "FILE",
            description =
                    "Record events of this program and its JVM (Java Flight Recorder) into a file, at its end: batch"
                            + " sizes, drops, link events, slow turns of event loops.")
    private Path recording;

    @Mixin
    private CaptureOptions capture;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec program;

    private LiveStats live;

    /** Opens the capture, if one was asked for. */
    public PortCapture capture(Verbosity verbosity) throws IOException {
        return capture.open(program, verbosity);
    }

    /**
     * Says that the program is ready, shows what was asked for, and returns when it is to end.
     *
     * @param run the program
     * @param ports the ports of the moment, which may come and go
     * @param counts what else the program counts, by the names of JSON members
     */
    public void showUntil(Program run, Supplier<List<PortSample>> ports, Supplier<Map<String, Long>> counts)
            throws IOException, InterruptedException, CommandException {
        showUntil(run, new Status.Of(program.name(), ports, counts, () -> null));
    }

    /**
     * Says that the program is ready, shows what was asked for, and returns when it is to end.
     *
     * @param run the program
     * @param status what it shows
     * @throws IOException if it cannot listen for HTTP
     */
    public void showUntil(Program run, Status status) throws IOException, InterruptedException, CommandException {
        Map<String, String> environment = System.getenv();
        Form form = json ? Form.JSON : Terminal.isOutput(environment) ? Form.REDRAWN : Form.APPENDED;
        live = new LiveStats(
                program.commandLine().getOut(),
                form,
                Terminal.wantsColours(environment),
                status::ports,
                status::counts,
                Terminal::size,
                System::nanoTime);
        FlightRecording flight = recording == null ? null : FlightRecording.start(recording, run, status);
        try (StatusServer server = http == null ? null : StatusServer.start(http, status)) {
            if (server != null && http.getPort() == 0) {
                program.commandLine().getErr().println("netty-tap " + program.name() + ": " + server.url());
            }
            program.commandLine().getOut().println("ready");
            StandardOutput.check(program.commandLine().getOut());
            run.run(live::interrupt);
            live.showUntil(run.signal(), stats);
            run.stopping();
        } finally {
            if (flight != null) {
                flight.close();
            }
        }
    }

    /**
     * Sums up: as JSON where that was asked for, else, unless the program is to be quiet, as a table and what follows.
     *
     * @param more prints what the table does not tell
     */
    public void end(Verbosity verbosity, Runnable more) {
        if (json) {
            live.end();
        } else if (!verbosity.isQuiet()) {
            live.end();
            more.run();
            program.commandLine().getOut().flush();
        }
    }
}
