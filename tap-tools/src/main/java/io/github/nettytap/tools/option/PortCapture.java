/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.option;

import io.github.nettytap.codec.capture.Capture;
import io.github.nettytap.codec.capture.CaptureHandler;
import io.github.nettytap.codec.filter.FrameFilter;
import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.Port;
import io.github.nettytap.net.switching.SwitchPort;
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
    private final boolean isCounted;
    private final Verbosity verbosity;

    private PortCapture(Capture capture, Path file, FrameFilter filter, boolean isCounted, Verbosity verbosity) {
        this.capture = capture;
        this.file = file;
        this.filter = filter;
        this.isCounted = isCounted;
        this.verbosity = verbosity;
    }

    /**
     * Opens the file. Its writer gives way to the traffic: what there is no time to capture is dropped from the file.
     *
     * @param file the file, or null for no capture
     * @param application what the file says that its writer was
     * @param filter which frames
     * @param isCounted whether to say how many the filter refused
     * @param snapLength how much of each
     * @param verbosity reports at the end what was captured
     */
    static PortCapture to(
            Path file, String application, FrameFilter filter, boolean isCounted, int snapLength, Verbosity verbosity)
            throws IOException {
        Capture capture = file == null
                ? null
                : Capture.toFile(file)
                        .application(application)
                        .snapLength(snapLength)
                        .threadFactory(new LowPriorityThreadFactory("capture-writer"))
                        .start();
        if (capture != null) {
            // The program goes on, so its user is to know now and not at the end.
            capture.finished().whenComplete((done, failure) -> {
                if (failure != null) {
                    verbosity.warn("capture ended: " + failure.getMessage());
                }
            });
        }
        return new PortCapture(capture, file, filter, isCounted, verbosity);
    }

    /** Sees, from now on, what goes in and out of these ports, as the kernels have it. */
    public void tap(List<SwitchPort> ports) {
        for (SwitchPort port : ports) {
            if (port.channel() instanceof TapChannel) {
                tap((TapChannel) port.channel(), port.name(), "port of the switch");
            } else if (capture != null) {
                port.addHandler(handler(port.name(), "port of the switch", port.vnetHeader()));
            }
        }
    }

    private CaptureHandler handler(String name, String description, VnetHeader vnetHeader) {
        CaptureInterface captured = CaptureInterface.ethernet(name).withDescription(description);
        return new CaptureHandler(capture, captured, vnetHeader, filter);
    }

    /** Sees, from now on, what goes in and out of a port. */
    public void tap(Port port, String description) {
        if (capture != null) {
            port.channel().pipeline().addFirst(handler(port.name(), description, port.vnetHeader()));
        }
    }

    /** Sees, from now on, what goes in and out of a channel, as the kernel has it. */
    public void tap(TapChannel channel, String name, String description) {
        if (capture != null) {
            channel.pipeline()
                    .addFirst(handler(name, description, channel.config().getVnetHeader()));
        }
    }

    /** Writes what is still in memory. */
    @Override
    public void close() throws IOException {
        if (capture != null) {
            capture.close();
            verbosity.note(file + ": " + capture.captured() + " frames captured, " + capture.dropped() + " dropped"
                    + (isCounted ? ", " + capture.refused() + " refused by the filter" : ""));
        }
    }
}
