/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A time on the command line: {@code 500ms}, {@code 1s}, {@code 5min}; without a unit seconds, as sleep has it. */
public final class DurationConverter implements ITypeConverter<Duration> {

    /** Nine digits of minutes are still far from the end of a long of nanoseconds. */
    private static final Pattern FORM = Pattern.compile("(\\d{1,9})(ms|s|min|)");

    @Override
    public Duration convert(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
            throw new TypeConversionException("not a duration: value=" + text
                    + " (expected: a number of seconds, or one with its unit: 500ms, 1s, 5min)");
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "min" -> Duration.ofMinutes(number);
            default -> Duration.ofSeconds(number);
        };
    }

    /**
     * A time as whole seconds, for what is counted in them.
     *
     * @param option for the message
     * @throws IllegalArgumentException if it is less than a second, or has a fraction of one
     */
    public static int wholeSeconds(String option, Duration time) {
        if (time.toSeconds() < 1 || time.toMillisPart() != 0 || time.toSeconds() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "not a number of seconds: " + option + "=" + time.toMillis() + "ms (expected: whole seconds)");
        }
        return (int) time.toSeconds();
    }
}
