/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.option;

import io.github.nettytap.codec.filter.BpfFilter;
import io.github.nettytap.codec.filter.FrameFilter;
import io.github.nettytap.codec.pcap.PcapngWriter;
import io.github.nettytap.tools.argument.Directions;
import io.github.nettytap.tools.capture.FilterExpression;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

import java.io.IOException;
import java.nio.file.Path;

/** The capture of a program that has something else to do: for programs with ports to mix in. */
final class CaptureOptions {

    @Option(names = "--capture", paramLabel = "FILE", description = "Write what passes the TAPs to a pcapng file.")
    private Path file;

    @Option(
            names = "--capture-direction",
            paramLabel = "in|out|inout",
            description = "Of that, what comes in from the TAPs, what goes out to them, or both (default: both).")
    private Directions directions = Directions.INOUT;

    @Option(
            names = "--capture-snap",
            paramLabel = "LEN",
            description = "Keep LEN bytes of each captured frame (default: 262144).")
    private int snapLength = PcapngWriter.MAX_SNAP_LENGTH;

    @Option(
            names = "--capture-filter",
            paramLabel = "FILTER",
            description = "Of that, what this filter accepts, in tcpdump's syntax: one argument, in quotes.")
    private String filter;

    /**
     * Opens the file, if there is to be one.
     *
     * @param program what captures
     * @param verbosity reports at the end what was captured
     */
    PortCapture open(CommandSpec program, Verbosity verbosity) throws IOException {
        if (snapLength < 1 || snapLength > PcapngWriter.MAX_SNAP_LENGTH) {
            throw new ParameterException(
                    program.commandLine(),
                    "out of range: --capture-snap " + snapLength + " (expected: 1 to " + PcapngWriter.MAX_SNAP_LENGTH
                            + ")");
        }
        if (filter != null && file == null) {
            throw new ParameterException(
                    program.commandLine(), "--capture-filter selects what --capture writes (expected: both)");
        }
        return PortCapture.to(file, program.qualifiedName(" "), frames(program), filter != null, snapLength, verbosity);
    }

    private FrameFilter frames(CommandSpec program) throws IOException {
        FrameFilter wanted = directions.only() == null ? FrameFilter.ALL : FrameFilter.only(directions.only());
        if (filter == null) {
            return wanted;
        }
        try {
            BpfFilter compiled = FilterExpression.compile(filter);
            return wanted == FrameFilter.ALL ? compiled : wanted.and(compiled);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(program.commandLine(), e.getMessage());
        }
    }
}
