/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import io.github.nettytap.codec.filter.BpfFilter;
import io.github.nettytap.tools.argument.Directions;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

import java.util.concurrent.Callable;

/** Which options of {@code capture} go together. */
final class CaptureChecks {

    private final CommandLine command;

    CaptureChecks(CommandLine command) {
        this.command = command;
    }

    /** The speed of a replay: a number, or top. */
    static final class Speed implements ITypeConverter<Double> {
        @Override
        public Double convert(String text) {
            if (text.equals("top")) {
                return Double.POSITIVE_INFINITY;
            }
            try {
                double times = Double.parseDouble(text);
                if (times > 0 && Double.isFinite(times)) {
                    return times;
                }
            } catch (NumberFormatException e) {
                throw wrong(text);
            }
            throw wrong(text);
        }

        private static TypeConversionException wrong(String text) {
            return new TypeConversionException(
                    "no such speed: speed=" + text + " (expected: a number greater than 0, or top)");
        }
    }

    void range(String option, long value, long least, long most) {
        if (value < least || value > most) {
            throw wrong("out of range: " + option + " " + value + " (expected: " + least
                    + (most == Long.MAX_VALUE ? " or more)" : " to " + most + ")"));
        }
    }

    void oneSource(String tap, String read, String replay) {
        if (tap == null && read == null && replay == null) {
            throw wrong("nothing to capture from (expected: -i TAP, -r FILE, or --replay FILE -i TAP)");
        }
        if (read != null && (tap != null || replay != null)) {
            throw wrong("-r reads a file and nothing else (expected: -r without -i and --replay)");
        }
        if (replay != null && tap == null) {
            throw wrong("nothing to replay into (expected: --replay FILE -i TAP)");
        }
    }

    void rotation(boolean wanted, boolean possible) {
        if (wanted && !possible) {
            throw wrong("-C, -G and -W are for capture to files (expected: -i TAP -w FILE with them)");
        }
    }

    void unused(Object value, String option, String with) {
        if (value != null) {
            throw wrong(option + " has no meaning with " + with);
        }
    }

    void direction(Directions directions) {
        if (directions == Directions.OUT) {
            throw wrong("this command only reads from the TAP: -Q out (expected: in, inout)");
        }
    }

    void postRotation(String command, boolean rotates) {
        if (command != null && !rotates) {
            throw wrong("-z runs a command for each file of a rotation (expected: -C or -G with it)");
        }
    }

    /** tcpdump gives up its privileges; a JVM is better started without any. */
    void user(String wanted, String own) {
        if (wanted != null && !wanted.equals(own)) {
            throw wrong("this program does not change its user: -Z " + wanted + ", running as " + own
                    + " (expected: -Z " + own + ", or run by " + wanted + " on a TAP that belongs to them, without"
                    + " privileges: `ip tuntap add NAME mode tap user " + wanted + "`)");
        }
    }

    BpfFilter filter(Callable<BpfFilter> compiler) throws Exception {
        try {
            return compiler.call();
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage());
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(command, message);
    }
}
