/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.codec.pcap.CapturedFrame;
import io.github.nettytap.codec.print.FramePrinter;
import io.github.nettytap.tools.doctor.DiagnosisReport;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

import java.time.Instant;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Frames as JSON (RFC 8259), an object a line. Members that have nothing to say are left out.
 *
 * <pre>
 * {"time":"2026-01-01T00:00:00.000000001Z","interface":"tap0","direction":"inbound","length":42,"captured":42,
 *  "summary":"ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28"}
 * </pre>
 */
public final class FrameJson implements FrameText {

    private final FramePrinter printer;
    private final boolean withData;

    /**
     * Sets what to tell.
     *
     * @param ethernet whether the summary begins with the Ethernet header
     * @param withData whether to tell all bytes, in hexadecimal
     */
    public FrameJson(boolean ethernet, boolean withData) {
        this.printer = ethernet ? FramePrinter.LINK_LEVEL : FramePrinter.PLAIN;
        this.withData = withData;
    }

    @Override
    public void append(StringBuilder text, CapturedFrame frame, boolean several) {
        ByteBuf data = frame.data();
        int start = text.append('{').length();
        if (frame.hasTimestamp()) {
            member(text, start, "time", quoted(Instant.ofEpochSecond(0, frame.timestampNanos())));
        }
        String name = frame.captureInterface().name();
        if (name != null) {
            member(text, start, "interface", quoted(name));
        }
        String direction = frame.direction().name().toLowerCase(Locale.ROOT);
        if (!direction.equals("unknown")) {
            member(text, start, "direction", quoted(direction));
        }
        member(text, start, "length", frame.originalLength());
        member(text, start, "captured", data.readableBytes());
        StringBuilder summary = new StringBuilder();
        printer.print(summary, data, data.readerIndex(), data.readableBytes(), frame.originalLength());
        member(text, start, "summary", quoted(summary));
        if (!frame.comments().isEmpty()) {
            String comments = frame.comments().stream().map(FrameJson::quoted).collect(Collectors.joining(","));
            member(text, start, "comments", '[' + comments + ']');
        }
        if (withData) {
            member(text, start, "data", quoted(ByteBufUtil.hexDump(data)));
        }
        text.append("}\n");
    }

    private static String quoted(Object value) {
        return DiagnosisReport.quoted(value.toString());
    }

    private static void member(StringBuilder text, int start, String name, Object value) {
        text.append(text.length() > start ? "," : "")
                .append('"')
                .append(name)
                .append("\":")
                .append(value);
    }
}
