/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.cli.option;

import io.github.nettytap.codec.capture.Capture;
import io.github.nettytap.codec.capture.CaptureHandler;
import io.github.nettytap.codec.capture.CaptureInterface;
import io.github.nettytap.examples.switching.SwitchPort;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.device.LowPriorityThreadFactory;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The capture of {@code --capture} at the ports of a program, or none. */
public final class PortCapture implements AutoCloseable {

    private final Capture capture;

    private PortCapture(Capture capture) {
        this.capture = capture;
    }

    /**
     * Opens the file.
     *
     * @param file the file, or null for no capture
     * @param application what the file says that its writer was
     */
    static PortCapture to(Path file, String application) throws IOException {
        return new PortCapture(
                file == null
                        ? null
                        : Capture.toFile(file)
                                .application(application)
                                .threadFactory(new LowPriorityThreadFactory("capture-writer"))
                                .start());
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
                            channel.device().vnetHeaderSize()));
        }
    }

    /** Writes what is still in memory. */
    @Override
    public void close() throws IOException {
        if (capture != null) {
            capture.close();
        }
    }
}
