/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import io.github.nettytap.codec.capture.Capture;
import io.github.nettytap.codec.capture.CaptureRotation;
import io.github.nettytap.codec.pcap.PcapngWriter;
import io.github.nettytap.tools.capture.FrameCopy;
import io.github.nettytap.tools.capture.FrameSelection;
import io.github.nettytap.tools.capture.OutputTarget;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;

/** Where {@code capture} writes frames, and how much of them: options of tcpdump. */
final class CaptureWriting {

    private static final String APPLICATION = "netty-tap capture";

    @Option(
            names = "-w",
            paramLabel = "FILE|-",
            description = "Write pcapng in place of printing, or classic pcap if the name ends in .pcap.")
    private String file;

    @Option(names = "-s", paramLabel = "LEN", description = "Keep LEN bytes of each frame (default: 262144).")
    private int snapLength = PcapngWriter.MAX_SNAP_LENGTH;

    @Option(names = "-U", description = "Write each frame at once. Live, each is in the file after 10 ms anyway.")
    private boolean isFlushed;

    @Option(names = "-C", paramLabel = "MB", description = "With -i -w: a new file after MB million bytes.")
    private long rotateMegabytes;

    @Option(names = "-G", paramLabel = "SECONDS", description = "With -i -w: a new file after so long.")
    private long rotateSeconds;

    @Option(names = "-W", paramLabel = "N", description = "With -C: N files in turn. With -G: end after N files.")
    private int rotateFiles;

    @Option(
            names = "-z",
            paramLabel = "COMMAND",
            description = "With -C or -G: run COMMAND FILE for each file that is complete, the last one included.")
    private String command;

    @Option(
            names = "-Z",
            paramLabel = "USER",
            description = "The user that files belong to: the one who runs this program, which never changes its user.")
    private String user;

    boolean isWanted() {
        return file != null;
    }

    OutputTarget target() {
        return file == null ? null : new OutputTarget(file);
    }

    void check(CaptureChecks checks, boolean isLive) {
        // tcpdump -s 0 means all.
        snapLength = snapLength == 0 ? PcapngWriter.MAX_SNAP_LENGTH : snapLength;
        checks.range("-s", snapLength, 1, PcapngWriter.MAX_SNAP_LENGTH);
        boolean rotates = rotateMegabytes != 0 || rotateSeconds != 0 || rotateFiles != 0;
        checks.rotation(rotates, isLive && file != null && !target().isStandardOutput());
        checks.user(user, System.getProperty("user.name"));
        checks.postRotation(command, rotateMegabytes != 0 || rotateSeconds != 0);
    }

    /** Writes the frames of another file. */
    FrameCopy copy(FrameSelection frames) throws IOException {
        try (FrameCopy copy = new FrameCopy(target().open(), target().format(), snapLength, isFlushed)) {
            copy.run(frames);
            return copy;
        }
    }

    /** Prepares a live capture to the file. */
    Capture.Builder capture() throws IOException {
        OutputTarget target = target();
        Capture.Builder builder = target.isStandardOutput()
                ? Capture.toChannel(target.open())
                : Capture.toFile(target.path()).rotation(rotation());
        if (command != null) {
            builder.onCompletedFile(this::runCommand);
        }
        return describe(builder.format(target.format()));
    }

    /** What any capture of this program is to be like. */
    Capture.Builder describe(Capture.Builder builder) {
        return builder.application(APPLICATION).snapLength(snapLength);
    }

    private CaptureRotation rotation() {
        CaptureRotation rotation = CaptureRotation.NONE;
        rotation = rotateMegabytes == 0 ? rotation : rotation.bySize(rotateMegabytes * 1_000_000);
        rotation = rotateSeconds == 0 ? rotation : rotation.byTime(Duration.ofSeconds(rotateSeconds));
        return rotateFiles == 0 ? rotation : rotation.files(rotateFiles);
    }

    /** Starts the command and does not wait for it: frames keep coming. */
    private void runCommand(Path complete) {
        try {
            new ProcessBuilder(command, complete.toString()).inheritIO().start();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run what -z names: command=" + command, e);
        }
    }
}
