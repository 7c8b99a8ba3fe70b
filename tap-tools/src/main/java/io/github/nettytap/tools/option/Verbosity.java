/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.option;

import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapIoType;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapException;
import io.github.nettytap.transport.device.TapOffload;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Collectors;

/**
 * How much a program says on standard error, and whether it sums up at its end: for each program to mix in. What it was
 * asked to print, errors and the line "ready" are always printed.
 */
public final class Verbosity {

    /**
     * All of Netty and of the libraries. Held, since the logging system forgets the levels of loggers that nobody
     * holds.
     */
    private static final Logger LOGGERS = Logger.getLogger("io");

    @ArgGroup
    private Choice choice = new Choice();

    @Spec(Spec.Target.MIXEE)
    private CommandSpec program;

    /** One or the other, or neither. */
    private static final class Choice {
        @Option(
                names = {"-q", "--quiet"},
                description = "Say nothing but errors, and do not sum up at the end.")
        private boolean quiet;

        @Option(
                names = {"-v", "--verbose"},
                description = "Tell on standard error what is done, step by step, with the log of the libraries.")
        private boolean verbose;
    }

    /** Sets up what all programs have in common, before the program starts. */
    public void begin() {
        if (choice.verbose) {
            Handler handler = new ConsoleHandler();
            handler.setLevel(Level.FINE);
            handler.setFormatter(new OneLine());
            LOGGERS.addHandler(handler);
            LOGGERS.setUseParentHandlers(false);
            LOGGERS.setLevel(Level.FINE);
        } else if (choice.quiet) {
            LOGGERS.setLevel(Level.SEVERE);
        }
    }

    /** True if nothing is to be summed up. */
    public boolean isQuiet() {
        return choice.quiet;
    }

    /** Tells something worth knowing. */
    public void note(String text) {
        if (!choice.quiet) {
            print(text);
        }
    }

    /** Tells of a failure that does not end the program. */
    public void warn(String text) {
        print(program.qualifiedName(" ") + ": " + text);
    }

    /** Tells a step. */
    public void step(String text) {
        if (choice.verbose) {
            print(program.qualifiedName(" ") + ": " + text);
        }
    }

    /** Tells of event loops. */
    public void looping(int loops, TapIoType io) {
        step("event loops: " + loops + " on " + io.name().toLowerCase(Locale.ROOT));
    }

    /** Tells of a device. */
    public void opened(TapDevice device) {
        if (choice.verbose) {
            step(describe(device));
        }
    }

    /** Tells of the device of a channel, or of its link. */
    public void opened(TapChannel channel) {
        if (channel.device() != null) {
            opened(channel.device());
        } else {
            step("link " + channel.localAddress().name() + " joined");
        }
    }

    private static String describe(TapDevice device) {
        String offloads = device.offloads().stream().map(TapOffload::name).collect(Collectors.joining(" "));
        try {
            return "opened " + device.name() + ": MTU " + device.mtu() + ", MAC " + device.mac()
                    + ", virtio-net header " + device.vnetHeaderSize() + ", offloads "
                    + (offloads.isEmpty() ? "none" : offloads);
        } catch (TapException e) {
            // Deleted at once; whoever opened it will notice too.
            return "opened " + device.name() + ": " + e.getMessage();
        }
    }

    private void print(String text) {
        PrintWriter err = program.commandLine().getErr();
        err.println(text);
        err.flush();
    }

    /** Level, class and message; without the time, which reads of a program that runs for a moment do not need. */
    private static final class OneLine extends Formatter {
        @Override
        public String format(LogRecord record) {
            String name = record.getLoggerName();
            String level = record.getLevel() == Level.FINE
                    ? "debug"
                    : record.getLevel().getName().toLowerCase(Locale.ROOT);
            String text = level + " " + name.substring(name.lastIndexOf('.') + 1) + ": " + formatMessage(record);
            Throwable cause = record.getThrown();
            return text + (cause == null ? "" : ": " + cause) + System.lineSeparator();
        }
    }
}
