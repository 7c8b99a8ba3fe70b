/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import io.github.nettytap.tools.capture.FrameJson;
import io.github.nettytap.tools.capture.FrameLines;
import io.github.nettytap.tools.capture.FrameText;
import picocli.CommandLine.Option;

/** How {@code capture} prints frames: options of tcpdump, and {@code --json}. */
final class CapturePrinting {

    @Option(names = "-e", description = "Print Ethernet headers too.")
    private boolean ethernet;

    @Option(
            names = "-t",
            description =
                    "Print no times; -tt: seconds since 1970; -ttt: time since the frame before; -tttt: date too; "
                            + "-ttttt: time since the first frame.")
    private boolean[] times = {};

    @Option(names = "-x", description = "Print the bytes of each frame; -xx: with the Ethernet header.")
    private boolean[] hex = {};

    @Option(names = "-X", description = "Print bytes and characters; -XX: with the Ethernet header.")
    private boolean[] hexAndAscii = {};

    @Option(names = "-A", description = "Print the characters of each frame.")
    private boolean[] ascii = {};

    @Option(names = "-l", description = "Print each line at once, also into a pipe. Live, that is always so.")
    private boolean lineBuffered;

    @Option(names = "--json", description = "Print a JSON object a frame and line; with -x: all bytes too.")
    private boolean json;

    // All that is printed is numbers: taken since hands type it.
    @Option(names = "-n", description = "Print addresses as numbers, which this program always does; so -nn.")
    private boolean[] numeric = {};

    boolean isLineBuffered() {
        return lineBuffered;
    }

    void check(CaptureChecks checks) {
        checks.range("-t, given so many times:", times.length, 0, FrameLines.Times.values().length - 1);
    }

    FrameText text() {
        if (json) {
            return new FrameJson(ethernet, hex.length + hexAndAscii.length > 0);
        }
        // The precedence of tcpdump.
        boolean[] chosen = hexAndAscii.length > 0 ? hexAndAscii : hex.length > 0 ? hex : ascii;
        FrameLines.Dump dump = chosen.length == 0
                ? FrameLines.Dump.NONE
                : chosen == hexAndAscii
                        ? FrameLines.Dump.HEX_AND_ASCII
                        : chosen == hex ? FrameLines.Dump.HEX : FrameLines.Dump.ASCII;
        return new FrameLines(FrameLines.Times.values()[times.length], ethernet, dump, chosen.length > 1);
    }
}
