/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.option;

import io.github.nettytap.codec.capture.Capture;
import io.github.nettytap.codec.capture.CaptureHandler;
import io.github.nettytap.codec.filter.FrameFilter;
import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.net.switching.SwitchPort;
import io.github.nettytap.tools.argument.Directions;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.device.LowPriorityThreadFactory;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The capture of {@code --capture} at the ports of a program, or none. */
public final class PortCapture implements AutoCloseable {

    private final Capture capture;
    private final Path file;
    private final FrameFilter filter;
    private final Verbosity verbosity;

    private PortCapture(Capture capture, Path file, FrameFilter filter, Verbosity verbosity) {
        this.capture = capture;
        this.file = file;
        this.filter = filter;
        this.verbosity = verbosity;
    }

    /**
     * Opens the file. Its writer gives way to the traffic: what there is no time to capture is dropped from the file.
     *
     * @param file the file, or null for no capture
     * @param application what the file says that its writer was
     * @param directions which frames
     * @param snapLength how much of each
     * @param verbosity is told at the end what was captured
     */
    static PortCapture to(Path file, String application, Directions directions, int snapLength, Verbosity verbosity)
            throws IOException {
        Capture capture = file == null
                ? null
                : Capture.toFile(file)
                        .application(application)
                        .snapLength(snapLength)
                        .threadFactory(new LowPriorityThreadFactory("capture-writer"))
                        .start();
        FrameFilter filter = directions.only() == null ? FrameFilter.ALL : FrameFilter.only(directions.only());
        return new PortCapture(capture, file, filter, verbosity);
    }

    /** Sees, from now on, what goes in and out of these ports, as the kernels have it. */
    public void tap(List<SwitchPort> ports) {
        for (SwitchPort port : ports) {
            tap((TapChannel) port.channel(), port.name(), "port of the switch");
        }
    }

    /** Sees, from now on, what goes in and out of a channel, as the kernel has it. */
    public void tap(TapChannel channel, String name, String description) {
        if (capture != null) {
            channel.pipeline()
                    .addFirst(new CaptureHandler(
                            capture,
                            CaptureInterface.ethernet(name).withDescription(description),
                            channel.device().vnetHeader(),
                            filter));
        }
    }

    /** Writes what is still in memory. */
    @Override
    public void close() throws IOException {
        if (capture != null) {
            capture.close();
            verbosity.note(file + ": " + capture.captured() + " frames captured, " + capture.dropped() + " dropped");
        }
    }
}
