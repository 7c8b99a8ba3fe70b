/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.statistics;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a terminal can do that a file cannot: colours, and lines drawn over those of before. ECMA-48 sequences. */
public final class Terminal {

    private static final String CSI = "\033[";
    private static final Path CONTROLLING = Path.of("/dev/tty");
    private static final Pattern SIZE = Pattern.compile("(\\d+) (\\d+)\\s*");
    private static final Path STANDARD_OUTPUT = Path.of("/proc/self/fd/1");

    private final PrintWriter out;
    private int drawn;

    /**
     * How much can be seen at a time.
     *
     * @param rows lines
     * @param columns characters in a line
     */
    public record Size(int rows, int columns) {

        /** Of a file. */
        static final Size UNBOUNDED = new Size(Integer.MAX_VALUE, Integer.MAX_VALUE);

        /** Of the DEC VT100, where nothing better is known. */
        static final Size DEFAULT = new Size(24, 80);
    }

    Terminal(PrintWriter out) {
        this.out = out;
    }

    /** Whether standard output is a terminal that can move its cursor. */
    public static boolean isOutput(Map<String, String> environment) {
        // System.console() also wants standard input to be a terminal, and from Java 22 on is there in any case.
        try {
            return isTerminal(Files.readSymbolicLink(STANDARD_OUTPUT).toString(), environment);
        } catch (IOException e) {
            return false;
        }
    }

    static boolean isTerminal(String file, Map<String, String> environment) {
        boolean device = file.startsWith("/dev/pts/") || file.startsWith("/dev/tty") || file.equals("/dev/console");
        return device && !"dumb".equals(environment.get("TERM"));
    }

    /**
     * The size of the controlling terminal now, as stty tells it: windows change, and Java cannot ask for itself. Takes
     * a few milliseconds.
     */
    public static Size size() {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(CONTROLLING.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            Matcher size = SIZE.matcher(new String(stty.getInputStream().readAllBytes()));
            if (size.matches() && !size.group(1).equals("0")) {
                return new Size(Integer.parseInt(size.group(1)), Integer.parseInt(size.group(2)));
            }
        } catch (IOException e) {
            return Size.DEFAULT;
        }
        return Size.DEFAULT;
    }

    /** Whether colours are wanted, as no-color.org has it: an empty NO_COLOR does not count. */
    public static boolean wantsColours(Map<String, String> environment) {
        return environment.getOrDefault("NO_COLOR", "").isEmpty();
    }

    static String bold(String text) {
        return CSI + "1m" + text + CSI + "m";
    }

    static String red(String text) {
        return CSI + "31m" + text + CSI + "m";
    }

    /** Draws lines over those that were drawn before. */
    void draw(List<String> lines) {
        StringBuilder text = new StringBuilder();
        if (drawn > 0) {
            text.append(CSI).append(drawn).append('A');
        }
        // A line that were wrapped would take two rows, and the next drawing would begin a row too low.
        text.append('\r').append(CSI).append("?7l");
        for (String line : lines) {
            text.append(line).append(CSI).append("K\n");
        }
        text.append(CSI).append('J').append(CSI).append("?7h");
        out.print(text);
        out.flush();
        drawn = lines.size();
    }

    /** Leaves what is drawn: something else is about to be printed below it. */
    void leave() {
        drawn = 0;
    }
}
