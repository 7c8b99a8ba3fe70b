/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.capture;

import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The names of the files of a capture, one after the other, as {@link CaptureRotation} lays down. */
final class CaptureFiles {

    private final Path file;
    private final CaptureRotation rotation;
    private final ZoneId zone;
    private final int digits;
    private long periodStart;
    private int periods = 1;
    private int number;

    CaptureFiles(Path file, CaptureRotation rotation, ZoneId zone, long nowNanos) {
        this.file = file;
        this.rotation = rotation;
        this.zone = zone;
        this.digits =
                rotation.files() > 1 ? Integer.toString(rotation.files() - 1).length() : 0;
        this.periodStart = nowNanos;
    }

    /** The file to write now. */
    Path current() {
        String name = file.getFileName().toString();
        if (rotation.periodNanos() > 0) {
            name = format(name, Instant.ofEpochSecond(0, periodStart).atZone(zone));
        }
        if (rotation.maxBytes() > 0 && (number > 0 || digits > 0)) {
            String text = Integer.toString(number);
            name += "0".repeat(Math.max(0, digits - text.length())) + text;
        }
        return file.resolveSibling(name);
    }

    /** Tells whether the frame to be written now belongs into a new file, given the length of the current one. */
    boolean isDue(long size, long nowNanos) {
        return isPeriodOver(nowNanos) || rotation.maxBytes() > 0 && size > rotation.maxBytes();
    }

    /** Goes to the next file: false if there may be no further one. */
    boolean advance(long nowNanos) {
        if (isPeriodOver(nowNanos)) {
            periodStart = nowNanos;
            number = 0;
            return rotation.maxBytes() > 0 || rotation.files() == 0 || ++periods <= rotation.files();
        }
        number = rotation.files() > 0 ? (number + 1) % rotation.files() : number + 1;
        return true;
    }

    private boolean isPeriodOver(long nowNanos) {
        return rotation.periodNanos() > 0 && nowNanos - periodStart >= rotation.periodNanos();
    }

    /** The conversions of strftime(3) that make sense in a name; what is not known stays as it is. */
    private static String format(String pattern, ZonedDateTime time) {
        StringBuilder result = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (c != '%' || i + 1 == pattern.length()) {
                result.append(c);
                continue;
            }
            char conversion = pattern.charAt(++i);
            String java = javaPattern(conversion);
            if (java != null) {
                result.append(DateTimeFormatter.ofPattern(java, Locale.ENGLISH).format(time));
            } else if (conversion == 's') {
                result.append(time.toEpochSecond());
            } else if (conversion == '%') {
                result.append('%');
            } else {
                result.append('%').append(conversion);
            }
        }
        return result.toString();
    }

    private static String javaPattern(char conversion) {
        switch (conversion) {
            case 'Y':
                return "uuuu";
            case 'y':
                return "uu";
            case 'm':
                return "MM";
            case 'd':
                return "dd";
            case 'j':
                return "DDD";
            case 'H':
                return "HH";
            case 'I':
                return "hh";
            case 'M':
                return "mm";
            case 'S':
                return "ss";
            case 'p':
                return "a";
            case 'a':
                return "EEE";
            case 'A':
                return "EEEE";
            case 'b':
            case 'h':
                return "MMM";
            case 'B':
                return "MMMM";
            case 'F':
                return "uuuu-MM-dd";
            case 'T':
                return "HH:mm:ss";
            case 'R':
                return "HH:mm";
            case 'z':
                return "xx";
            case 'Z':
                return "zzz";
            default:
                return null;
        }
    }
}
