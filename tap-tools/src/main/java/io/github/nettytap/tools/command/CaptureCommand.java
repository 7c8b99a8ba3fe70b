/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import io.github.nettytap.codec.capture.Capture;
import io.github.nettytap.codec.filter.BpfFilter;
import io.github.nettytap.codec.filter.FrameFilter;
import io.github.nettytap.codec.pcap.CaptureReader;
import io.github.nettytap.tools.argument.Directions;
import io.github.nettytap.tools.argument.Offloads;
import io.github.nettytap.tools.capture.CaptureLink;
import io.github.nettytap.tools.capture.FilterExpression;
import io.github.nettytap.tools.capture.FrameOutput;
import io.github.nettytap.tools.capture.FrameSelection;
import io.github.nettytap.tools.capture.LinkSource;
import io.github.nettytap.tools.capture.LiveSource;
import io.github.nettytap.tools.capture.OutputTarget;
import io.github.nettytap.tools.capture.Replay;
import io.github.nettytap.tools.capture.TapSource;
import io.github.nettytap.tools.lifecycle.CommandException;
import io.github.nettytap.tools.lifecycle.Loops;
import io.github.nettytap.tools.lifecycle.Program;
import io.github.nettytap.tools.option.Verbosity;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapIoType;
import io.github.nettytap.transport.device.OffloadRequest;
import io.github.nettytap.transport.device.TapDevice;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.Pipe;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

/** {@code capture}: frames of a TAP to the screen or to a file, files to the screen, files into a TAP. */
@Command(
        name = "capture",
        description =
                "Captures what the kernel sends into a TAP or what passes another link (-i), reads capture files (-r), or replays them into a TAP "
                        + "(--replay). Prints one line a frame, or writes a file (-w). The options are those of tcpdump.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "This program is the other end of a TAP, which must be there and free unless --create makes it. "
                    + "To see what passes a TAP that a program has already, use that program's --capture, or -i if:NAME.",
            "",
            "Examples:",
            "  netty-tap capture --create -i tap0",
            "  netty-tap capture -i tap0 -w tap0.pcapng -C 100 -W 10 udp port 53",
            "  netty-tap capture -i tap0 -w - | tshark -r -",
            "  netty-tap capture -i eth0 -Q in port 53",
            "  netty-tap capture -i any -w all.pcapng",
            "  netty-tap capture -r tap0.pcapng -e arp or icmp6",
            "  netty-tap capture --replay tap0.pcapng -i tap1 --speed 10"
        })
final class CaptureCommand implements Callable<Integer> {

    private static final String STANDARD = "-";

    @Option(
            names = "-i",
            paramLabel = "NAME",
            description = "The interface: a TAP, any other link with Ethernet headers, or any for all of them.")
    private String tap;

    @Option(names = "--create", description = "Make the interface if it is not there.")
    private boolean create;

    @Option(names = "-p", description = "Do not make a link take in frames for other MAC addresses.")
    private boolean notPromiscuous;

    @Option(names = "-D", description = "List the interfaces of this network namespace, and end.")
    private boolean list;

    @Option(names = "-r", paramLabel = "FILE|-", description = "Read a file, pcapng or pcap.")
    private String read;

    @Option(names = "--replay", paramLabel = "FILE|-", description = "Play a file into the TAP.")
    private String replay;

    @Mixin
    private CaptureWriting writing;

    @Mixin
    private CapturePrinting printing;

    @Option(names = "-c", paramLabel = "N", description = "End after N frames.")
    private long count = Long.MAX_VALUE;

    @Option(
            names = "-Q",
            paramLabel = "in|out|inout",
            description = "Of a file: frames that were read from the channel, written to it, or both (default: both)."
                    + " Of a link: frames that come in, go out, or both.")
    private Directions directions = Directions.INOUT;

    @Option(
            names = "--speed",
            paramLabel = "TIMES|top",
            converter = CaptureChecks.Speed.class,
            description = "Replay so many times as fast as recorded, or as fast as it goes (default: 1).")
    private double speed = 1;

    @Option(
            names = "--offloads",
            paramLabel = "all|none",
            description = "Let the kernel leave checksums and segmentation undone; the file notes it (default: none).")
    private Offloads offloads = Offloads.NONE;

    @Parameters(
            paramLabel = "FILTER",
            arity = "0..*",
            description =
                    "Which frames, in tcpdump's syntax; compiled by libpcap or tcpdump, of which one must be installed.")
    private List<String> filter = List.of();

    @Mixin
    private Verbosity verbosity;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (list) {
            PrintWriter out = spec.commandLine().getOut();
            CaptureLink.describe().forEach(out::println);
            out.flush();
            return ExitCode.OK;
        }
        CaptureChecks checks = new CaptureChecks(spec.commandLine());
        checks.range("-c", count, 1, Long.MAX_VALUE);
        checks.oneSource(tap, read, replay);
        writing.check(checks, tap != null && replay == null);
        printing.check(checks);
        if (replay != null) {
            checks.unused(writing.target(), "-w", "--replay");
        } else if (read == null && !LinkSource.isOne(tap)) {
            checks.direction(directions);
        }
        BpfFilter wanted =
                filter.isEmpty() ? null : checks.filter(() -> FilterExpression.compile(String.join(" ", filter)));
        if (replay != null) {
            return replay(wanted);
        }
        return read != null ? read(wanted) : capture(wanted);
    }

    private int read(BpfFilter wanted) throws IOException {
        if (writing.isWanted()) {
            writing.target().checkDiffersFrom(read);
        }
        try (CaptureReader reader = open(read)) {
            FrameSelection frames = selection(reader, read, wanted);
            if (writing.isWanted()) {
                copy(frames);
            } else {
                FrameOutput.print(
                        frames, printing.text(), spec.commandLine().getOut(), printing.isLineBuffered(), false);
            }
            if (reader.isTruncated()) {
                say("the file ends within a frame, as when its writer was killed: file=" + read);
            }
            return ExitCode.OK;
        }
    }

    private void copy(FrameSelection frames) throws IOException {
        try {
            String losses = writing.copy(frames).losses();
            if (!losses.isEmpty()) {
                say("not in the copy, which has no place for it: " + losses);
            }
        } catch (CommandException e) {
            throw e;
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.SOFTWARE, "cannot write: file=" + writing.target() + ", " + e.getMessage());
        }
    }

    private int replay(BpfFilter wanted) throws Exception {
        Program program = Program.begin(spec);
        try (CaptureReader reader = open(replay);
                Loops loops = Loops.of("replay", TapIoType.EPOLL);
                // All offloads, for the header that has a place for all that a file may note.
                TapDevice device = CaptureLink.builder(tap, create)
                        .offloads(OffloadRequest.BEST_AVAILABLE)
                        .up(true)
                        .open()) {
            verbosity.opened(device);
            Channel channel = new Bootstrap()
                    .group(loops.group())
                    .channelFactory(TapChannel.factory(device))
                    .option(ChannelOption.AUTO_READ, false) // nobody is there for what comes out
                    .handler(new ChannelInboundHandlerAdapter())
                    .register()
                    .sync()
                    .channel();
            program.watch(channel, tap);
            ready(null);
            program.run(Runnable::run);
            Replay player = new Replay(channel, device.vnetHeader(), speed);
            player.run(selection(reader, replay, wanted), program.signal()::await);
            program.stopping();
            channel.close().sync();
            verbosity.note(player.summary());
        }
        return program.end();
    }

    private int capture(BpfFilter wanted) throws Exception {
        Program program = Program.begin(spec);
        try (LiveSource source = source()) {
            capture(source, wanted, program);
        }
        return program.end();
    }

    private LiveSource source() throws IOException {
        if (LinkSource.isOne(tap)) {
            LinkSource link = LinkSource.open(tap, directions.only(), !notPromiscuous);
            verbosity.step("opened " + link);
            return link;
        }
        TapSource source = TapSource.open(tap, create, offloads.request());
        verbosity.opened(source.device());
        return source;
    }

    private void capture(LiveSource source, BpfFilter wanted, Program program) throws Exception {
        // Printing is reading what another thread writes, so the event loop never waits for a terminal.
        Pipe pipe = writing.isWanted() ? null : Pipe.open();
        Capture.Builder builder = pipe == null ? writing.capture() : writing.describe(Capture.toChannel(pipe.sink()));
        if (count != Long.MAX_VALUE) {
            builder.maxFrames(count);
        }
        Capture capture = builder.start();
        Thread printer = pipe == null ? null : printing(pipe, program);
        try (Loops loops = Loops.of("capture", TapIoType.EPOLL)) {
            Channel channel = source.start(loops.group(), capture, wanted == null ? FrameFilter.ALL : wanted);
            program.watch(channel, tap);
            capture.finished().whenComplete((done, failure) -> {
                program.unwatch(
                        channel); // The frames that were asked for are there, whatever becomes of the interface.
                program.signal().end();
            });
            ready(writing.target());
            program.run(Runnable::run);
            program.signal().await();
            program.stopping();
            long lost = source.end();
            channel.close().sync();
            close(capture, printer);
            summarize(capture, lost, source.leftOut());
        } finally {
            close(capture, printer);
        }
    }

    private void summarize(Capture capture, long lost, String leftOut) {
        OutputTarget target = writing.target();
        if (target == null || target.leavesStandardError()) {
            verbosity.note(capture.captured() + " frames captured, "
                    + (filter.isEmpty() ? "" : capture.refused() + " refused by the filter, ") + capture.dropped()
                    + " dropped by this program, " + lost + " dropped by the kernel");
            if (!leftOut.isEmpty()) {
                verbosity.note(leftOut);
            }
        }
    }

    private static void close(Capture capture, Thread printer) throws IOException, InterruptedException {
        try {
            capture.close();
        } finally {
            if (printer != null) {
                printer.join();
            }
        }
    }

    private Thread printing(Pipe pipe, Program program) {
        PrintWriter out = spec.commandLine().getOut();
        Thread thread = new Thread(
                () -> {
                    try (CaptureReader reader = CaptureReader.open(pipe.source())) {
                        FrameSelection all = new FrameSelection(reader, tap, null, null, Long.MAX_VALUE);
                        FrameOutput.print(all, printing.text(), out, true, LinkSource.isAll(tap));
                    } catch (IOException e) {
                        say("printing ended: " + e.getMessage());
                    } finally {
                        program.signal().end();
                    }
                },
                "capture-printer");
        thread.start();
        return thread;
    }

    private FrameSelection selection(CaptureReader reader, String file, BpfFilter program) {
        return new FrameSelection(reader, file, directions.only(), program, count);
    }

    private static CaptureReader open(String file) throws IOException {
        return file.equals(STANDARD)
                ? CaptureReader.open(new FileInputStream(FileDescriptor.in).getChannel())
                : CaptureReader.open(Path.of(file));
    }

    /** On standard output, unless that is for frames, and nowhere if frames go to the same terminal as errors. */
    private void ready(OutputTarget frames) {
        if (frames == null ? replay != null : frames.leavesStandardOutput()) {
            PrintWriter out = spec.commandLine().getOut();
            out.println("ready");
            out.flush();
        } else if (frames == null || frames.leavesStandardError()) {
            say("ready");
        }
    }

    private void say(String line) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(line);
        err.flush();
    }
}
