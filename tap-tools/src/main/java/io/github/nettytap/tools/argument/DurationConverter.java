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

/** A time on the command line, as ping and sleep take it but with its unit: {@code 500ms}, {@code 1s}, {@code 5min}. */
public final class DurationConverter implements ITypeConverter<Duration> {

    /** Nine digits of minutes are still far from the end of a long of nanoseconds. */
    private static final Pattern FORM = Pattern.compile("(\\d{1,9})(ms|s|min)");

    @Override
    public Duration convert(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
            throw new TypeConversionException(
                    "not a duration: value=" + text + " (expected: a number and ms, s or min, such as 500ms or 1s)");
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            default -> Duration.ofMinutes(number);
        };
    }
}
