/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.codec.pcap.CapturedFrame;
import io.github.nettytap.codec.print.FramePrinter;
import io.github.nettytap.codec.print.HexPrinter;
import io.netty.buffer.ByteBuf;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Locale;

/** Frames as text, as the options of tcpdump ask for it. For one thread, since times may be relative. */
public final class FrameLines implements FrameText {

    private static final long NANOS_PER_MICRO = 1_000;
    private static final long MICROS_PER_SECOND = 1_000_000;

    private final Times times;
    private final Dump dump;
    private final boolean linkLevel;
    private final FramePrinter printer;
    private long reference = CapturedFrame.NO_TIMESTAMP;

    /** How to tell the time, in the order of {@code -t}, {@code -tt} and so on. */
    public enum Times {
        TIME_OF_DAY,
        NONE,
        EPOCH,
        SINCE_PREVIOUS,
        DATE,
        SINCE_FIRST
    }

    /** What follows the line of a frame. */
    public enum Dump {
        NONE,
        HEX,
        HEX_AND_ASCII,
        ASCII
    }

    /**
     * Sets how to print.
     *
     * @param times which times
     * @param ethernet whether to print Ethernet headers
     * @param dump what follows each line
     * @param linkLevel whether the dump begins with the Ethernet header
     */
    public FrameLines(Times times, boolean ethernet, Dump dump, boolean linkLevel) {
        this.times = times;
        this.dump = dump;
        this.linkLevel = linkLevel;
        printer = ethernet ? FramePrinter.LINK_LEVEL : FramePrinter.PLAIN;
    }

    @Override
    public void append(StringBuilder text, CapturedFrame frame, boolean several) {
        appendTime(text, frame);
        if (several) {
            appendOrigin(text, frame);
        }
        ByteBuf data = frame.data();
        int index = data.readerIndex();
        int length = data.readableBytes();
        printer.print(text, data, index, length, frame.originalLength());
        int skipped = linkLevel ? 0 : FramePrinter.networkOffset(data, index, length);
        switch (dump) {
            case HEX:
                HexPrinter.appendHex(text, data, index + skipped, length - skipped);
                break;
            case HEX_AND_ASCII:
                HexPrinter.appendHexAndAscii(text, data, index + skipped, length - skipped);
                break;
            case ASCII:
                HexPrinter.appendAscii(text, data, index + skipped, length - skipped);
                break;
            default:
        }
        text.append('\n');
    }

    /** In the columns of {@code tcpdump -i any}. */
    private static void appendOrigin(StringBuilder text, CapturedFrame frame) {
        String name = frame.captureInterface().name();
        pad(text, name == null ? "#" + frame.interfaceId() : name, 5);
        switch (frame.direction()) {
            case INBOUND:
                pad(text, "In", 3);
                break;
            case OUTBOUND:
                pad(text, "Out", 3);
                break;
            default:
                pad(text, "?", 3);
        }
    }

    private static void pad(StringBuilder text, String word, int width) {
        text.append(word).append(" ".repeat(Math.max(0, width - word.length()) + 1));
    }

    private void appendTime(StringBuilder text, CapturedFrame frame) {
        if (times == Times.NONE) {
            return;
        }
        if (!frame.hasTimestamp()) {
            text.append("(no time) ");
            return;
        }
        long nanos = frame.timestampNanos();
        switch (times) {
            case EPOCH:
                text.append(micros(nanos) / MICROS_PER_SECOND).append('.');
                text.append(String.format(Locale.ROOT, "%06d", Math.floorMod(micros(nanos), MICROS_PER_SECOND)));
                break;
            case DATE:
                text.append(LocalDate.ofInstant(Instant.ofEpochSecond(0, nanos), ZoneId.systemDefault()))
                        .append(' ');
                FramePrinter.appendTime(text, nanos, ZoneId.systemDefault());
                break;
            case SINCE_PREVIOUS:
            case SINCE_FIRST:
                appendDifference(text, micros(nanos));
                break;
            default:
                FramePrinter.appendTime(text, nanos, ZoneId.systemDefault());
        }
        text.append(' ');
    }

    private static long micros(long nanos) {
        return Math.floorDiv(nanos, NANOS_PER_MICRO);
    }

    private void appendDifference(StringBuilder text, long micros) {
        long before = reference == CapturedFrame.NO_TIMESTAMP ? micros : reference;
        if (times == Times.SINCE_PREVIOUS || reference == CapturedFrame.NO_TIMESTAMP) {
            reference = micros;
        }
        long difference = Math.abs(micros - before);
        long seconds = difference / MICROS_PER_SECOND;
        text.append(micros < before ? '-' : ' ')
                .append(String.format(
                        Locale.ROOT,
                        "%02d:%02d:%02d.%06d",
                        seconds / 3600,
                        seconds / 60 % 60,
                        seconds % 60,
                        difference % MICROS_PER_SECOND));
    }
}
