/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import com.google.gson.stream.JsonWriter;
import io.github.nettytap.codec.pcap.CapturedFrame;
import io.github.nettytap.codec.print.FramePrinter;
import io.github.nettytap.tools.json.Json;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

import java.io.IOException;
import java.time.Instant;
import java.util.Locale;

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
        text.append(Json.object(json -> write(json, frame))).append('\n');
    }

    private void write(JsonWriter json, CapturedFrame frame) throws IOException {
        ByteBuf data = frame.data();
        if (frame.hasTimestamp()) {
            json.name("time")
                    .value(Instant.ofEpochSecond(0, frame.timestampNanos()).toString());
        }
        String name = frame.captureInterface().name();
        if (name != null) {
            json.name("interface").value(name);
        }
        String direction = frame.direction().name().toLowerCase(Locale.ROOT);
        if (!direction.equals("unknown")) {
            json.name("direction").value(direction);
        }
        json.name("length").value(frame.originalLength());
        json.name("captured").value(data.readableBytes());
        StringBuilder summary = new StringBuilder();
        printer.print(summary, data, data.readerIndex(), data.readableBytes(), frame.originalLength());
        json.name("summary").value(summary.toString());
        if (!frame.comments().isEmpty()) {
            json.name("comments").beginArray();
            for (String comment : frame.comments()) {
                json.value(comment);
            }
            json.endArray();
        }
        if (withData) {
            json.name("data").value(ByteBufUtil.hexDump(data));
        }
    }
}
