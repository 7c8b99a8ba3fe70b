/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.option;

import io.github.nettytap.jfr.TapFlightRecorder;
import io.github.nettytap.tools.http.Status;
import io.github.nettytap.tools.lifecycle.Program;
import io.github.nettytap.tools.statistics.PortSample;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapEventLoop;
import io.netty.channel.Channel;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A recording of Java Flight Recorder that lasts as long as a program. This class, and with it Flight Recorder, is loaded
 * only where one was asked for.
 */
final class FlightRecording implements AutoCloseable {

    /** What the recording keeps at most; what is older goes. */
    private static final long MAX_BYTES = 256L << 20;

    private final Recording recording;
    private final TapFlightRecorder recorder;

    private FlightRecording(Recording recording, TapFlightRecorder recorder) {
        this.recording = recording;
        this.recorder = recorder;
    }

    static FlightRecording start(Path file, Program program, Status status) throws IOException {
        // Now rather than at the end, when what was recorded would be lost.
        Files.newOutputStream(file).close();
        Recording recording;
        try {
            recording = new Recording(Configuration.getConfiguration("default"));
        } catch (ParseException e) {
            throw new IOException("the JVM's own settings of Flight Recorder cannot be read: " + e.getMessage(), e);
        }
        recording.setMaxSize(MAX_BYTES);
        recording.setDestination(file);
        recording.start();
        TapFlightRecorder recorder = TapFlightRecorder.install();
        program.observe(channel -> watch(recorder, channel));
        recorder.addDrops("port", () -> drops(status));
        return new FlightRecording(recording, recorder);
    }

    private static void watch(TapFlightRecorder recorder, Channel channel) {
        if (channel instanceof TapChannel) {
            recorder.add((TapChannel) channel);
        }
        if (channel.eventLoop() instanceof TapEventLoop) {
            recorder.add((TapEventLoop) channel.eventLoop());
        }
    }

    private static Map<String, Map<String, Long>> drops(Status status) {
        Map<String, Map<String, Long>> drops = new LinkedHashMap<>();
        for (PortSample port : status.ports()) {
            drops.put(port.port(), port.dropsByKey());
        }
        return drops;
    }

    @Override
    public void close() {
        recorder.close();
        recording.stop();
        recording.close();
    }
}
