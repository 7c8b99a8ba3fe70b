/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import io.github.nettytap.codec.capture.Capture;
import io.github.nettytap.codec.capture.CaptureRotation;
import io.github.nettytap.codec.filter.FrameFilter;
import io.github.nettytap.codec.pcap.CaptureReader;
import io.github.nettytap.codec.pcap.CaptureSection;
import io.github.nettytap.codec.pcap.PcapngWriter;
import io.github.nettytap.codec.print.FramePrinter;
import io.github.nettytap.tools.argument.Directions;
import io.github.nettytap.tools.argument.Offloads;
import io.github.nettytap.tools.capture.FilterExpression;
import io.github.nettytap.tools.capture.FrameOutput;
import io.github.nettytap.tools.capture.FrameSelection;
import io.github.nettytap.tools.capture.LiveCapture;
import io.github.nettytap.tools.capture.Replay;
import io.github.nettytap.tools.lifecycle.Loops;
import io.github.nettytap.tools.lifecycle.ShutdownSignal;
import io.github.nettytap.tools.option.Verbosity;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapIoType;
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
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.Pipe;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;

/** {@code capture}: frames of a TAP to the screen or to a file, files to the screen, files into a TAP. */
@Command(
        name = "capture",
        description =
                "Captures what the kernel sends into a TAP (-i), reads capture files (-r), or replays them into a TAP "
                        + "(--replay). Prints one line a frame, or writes pcapng (-w). The options are those of tcpdump.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "This program is the other end of the TAP, which it makes, or attaches to if it is there and free. "
                    + "To see what passes a program that has a TAP already, use that program's --capture, or tcpdump.",
            "",
            "Examples:",
            "  netty-tap capture -i tap0",
            "  netty-tap capture -i tap0 -w tap0.pcapng -C 100 -W 10 udp port 53",
            "  netty-tap capture -i tap0 -w - | tshark -r -",
            "  netty-tap capture -r tap0.pcapng -e arp or icmp6",
            "  netty-tap capture --replay tap0.pcapng -i tap1 --speed 10"
        })
final class CaptureCommand implements Callable<Integer> {

    private static final String STANDARD = "-";

    @Option(names = "-i", paramLabel = "TAP", description = "The interface, made unless it is there.")
    private String tap;

    @Option(names = "-r", paramLabel = "FILE|-", description = "Read a file, pcapng or pcap.")
    private String read;

    @Option(names = "--replay", paramLabel = "FILE|-", description = "Play a file into the TAP.")
    private String replay;

    @Option(names = "-w", paramLabel = "FILE|-", description = "Write pcapng in place of printing.")
    private String write;

    @Option(names = "-e", description = "Print Ethernet headers too.")
    private boolean linkLevel;

    @Option(names = "-s", paramLabel = "LEN", description = "Keep LEN bytes of each frame (default: 262144).")
    private int snapLength = PcapngWriter.MAX_SNAP_LENGTH;

    @Option(names = "-c", paramLabel = "N", description = "End after N frames.")
    private long count = Long.MAX_VALUE;

    @Option(names = "-C", paramLabel = "MB", description = "With -i -w: a new file after MB million bytes.")
    private long rotateMegabytes;

    @Option(names = "-G", paramLabel = "SECONDS", description = "With -i -w: a new file after so long.")
    private long rotateSeconds;

    @Option(names = "-W", paramLabel = "N", description = "With -C: N files in turn. With -G: end after N files.")
    private int rotateFiles;

    @Option(
            names = "-Q",
            paramLabel = "in|out|inout",
            description = "Of a file: frames that were read from the channel, written to it, or both (default: both).")
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
            description = "Which frames, in tcpdump's syntax; compiled by tcpdump, which must be installed.")
    private List<String> filter = List.of();

    @Mixin
    private Verbosity verbosity;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        CaptureChecks checks = new CaptureChecks(spec.commandLine());
        checks.range("-s", snapLength, 1, PcapngWriter.MAX_SNAP_LENGTH);
        checks.range("-c", count, 1, Long.MAX_VALUE);
        checks.oneSource(tap, read, replay);
        boolean rotates = rotateMegabytes != 0 || rotateSeconds != 0 || rotateFiles != 0;
        checks.rotation(rotates, tap != null && replay == null && write != null && !write.equals(STANDARD));
        FilterExpression expression =
                filter.isEmpty() ? null : checks.filter(() -> FilterExpression.compile(String.join(" ", filter)));
        if (replay != null) {
            checks.unused(write, "-w", "--replay");
            return replay(expression);
        }
        if (read != null) {
            return read(expression);
        }
        checks.direction(directions);
        return capture(expression);
    }

    private int read(FilterExpression expression) throws IOException {
        try (CaptureReader reader = open(read)) {
            FrameSelection frames = selection(reader, expression);
            if (write == null) {
                FrameOutput.print(frames, printer(), spec.commandLine().getOut(), false);
            } else {
                CaptureSection section = CaptureSection.ofThisMachine("netty-tap capture");
                try (PcapngWriter writer = new PcapngWriter(target(), section)) {
                    FrameOutput.write(frames, writer, snapLength);
                }
            }
            if (reader.isTruncated()) {
                say("the file ends within a frame, as when its writer was killed: file=" + read);
            }
            return ExitCode.OK;
        }
    }

    private int replay(FilterExpression expression) throws Exception {
        ShutdownSignal interruption = ShutdownSignal.install();
        try (CaptureReader reader = open(replay);
                Loops loops = Loops.of("replay", TapIoType.EPOLL);
                TapDevice device =
                        TapDevice.builder(tap).vnetHeader(true).up(true).open()) {
            verbosity.opened(device);
            Channel channel = new Bootstrap()
                    .group(loops.group())
                    .channelFactory(TapChannel.factory(device))
                    .option(ChannelOption.AUTO_READ, false) // nobody is there for what comes out
                    .handler(new ChannelInboundHandlerAdapter())
                    .register()
                    .sync()
                    .channel();
            ready(true);
            Replay player = new Replay(channel, device.vnetHeaderSize(), speed);
            long start = System.nanoTime();
            player.run(selection(reader, expression), interruption::await);
            verbosity.note(player.summary(System.nanoTime() - start));
            channel.close().sync();
        }
        return ExitCode.OK;
    }

    private int capture(FilterExpression expression) throws Exception {
        ShutdownSignal interruption = ShutdownSignal.install();
        // Printing is reading what another thread writes, so the event loop never waits for a terminal.
        Pipe pipe = write == null ? Pipe.open() : null;
        try (TapDevice device = TapDevice.builder(tap)
                .vnetHeader(offloads != Offloads.NONE)
                .offloads(offloads.set())
                .up(true)
                .open()) {
            verbosity.opened(device);
            if (expression != null) {
                device.filters().attach(expression.forKernel());
            }
            capture(device, expression, pipe, interruption);
        }
        return ExitCode.OK;
    }

    private void capture(TapDevice device, FilterExpression expression, Pipe pipe, ShutdownSignal interruption)
            throws Exception {
        Capture capture = destination(pipe).start();
        Thread printing = pipe == null ? null : printing(pipe, interruption);
        try (Loops loops = Loops.of("capture", TapIoType.EPOLL)) {
            Channel channel = LiveCapture.start(
                    device, loops.group(), capture, expression == null ? FrameFilter.ALL : expression.forProgram());
            channel.closeFuture().addListener(closed -> interruption.end());
            capture.finished().whenComplete((done, failure) -> interruption.end());
            ready(write != null && !write.equals(STANDARD));
            interruption.await();
            long kept = channel.isOpen() ? device.statistics().transmitDrops() : 0;
            if (!filter.isEmpty() && channel.isOpen()) {
                device.filters().detach(); // a persistent interface would keep it
            }
            channel.close().sync();
            close(capture, printing);
            verbosity.note(capture.captured() + " frames captured, " + capture.dropped() + " dropped by this program, "
                    + kept + " not handed over by the kernel"
                    + (filter.isEmpty() ? "" : " (those of the filter included)"));
        } finally {
            close(capture, printing);
        }
    }

    private static void close(Capture capture, Thread printing) throws IOException, InterruptedException {
        try {
            capture.close();
        } finally {
            if (printing != null) {
                printing.join();
            }
        }
    }

    private Capture.Builder destination(Pipe pipe) throws IOException {
        Capture.Builder builder;
        if (pipe != null) {
            builder = Capture.toChannel(pipe.sink());
        } else if (write.equals(STANDARD)) {
            builder = Capture.toChannel(target());
        } else {
            builder = Capture.toFile(Path.of(write)).rotation(rotation());
        }
        builder.application("netty-tap capture").snapLength(snapLength);
        return count == Long.MAX_VALUE ? builder : builder.maxFrames(count);
    }

    private CaptureRotation rotation() {
        CaptureRotation rotation = CaptureRotation.NONE;
        rotation = rotateMegabytes == 0 ? rotation : rotation.bySize(rotateMegabytes * 1_000_000);
        rotation = rotateSeconds == 0 ? rotation : rotation.byTime(Duration.ofSeconds(rotateSeconds));
        return rotateFiles == 0 ? rotation : rotation.files(rotateFiles);
    }

    private Thread printing(Pipe pipe, ShutdownSignal interruption) {
        PrintWriter out = spec.commandLine().getOut();
        Thread thread = new Thread(
                () -> {
                    try (CaptureReader reader = CaptureReader.open(pipe.source())) {
                        FrameSelection all = new FrameSelection(reader, null, null, Long.MAX_VALUE);
                        FrameOutput.print(all, printer(), out, true);
                    } catch (IOException e) {
                        say("printing ended: " + e.getMessage());
                    } finally {
                        interruption.end();
                    }
                },
                "capture-printer");
        thread.start();
        return thread;
    }

    private FramePrinter printer() {
        return linkLevel ? FramePrinter.LINK_LEVEL : FramePrinter.PLAIN;
    }

    private FrameSelection selection(CaptureReader reader, FilterExpression expression) {
        return new FrameSelection(
                reader, directions.only(), expression == null ? null : expression.forProgram(), count);
    }

    private static CaptureReader open(String file) throws IOException {
        return file.equals(STANDARD)
                ? CaptureReader.open(new FileInputStream(FileDescriptor.in).getChannel())
                : CaptureReader.open(Path.of(file));
    }

    private WritableByteChannel target() throws IOException {
        return write.equals(STANDARD)
                ? new FileOutputStream(FileDescriptor.out).getChannel()
                : Files.newByteChannel(
                        Path.of(write),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE);
    }

    /** On standard output, unless that is for frames. */
    private void ready(boolean free) {
        if (free) {
            PrintWriter out = spec.commandLine().getOut();
            out.println("ready");
            out.flush();
        } else {
            say("ready");
        }
    }

    private void say(String line) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(line);
        err.flush();
    }
}
