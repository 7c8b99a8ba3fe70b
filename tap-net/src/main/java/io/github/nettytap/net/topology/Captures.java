/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.codec.capture.Capture;
import io.github.nettytap.codec.capture.CaptureHandler;
import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.transport.device.LowPriorityThreadFactory;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The files that ports are captured to, each open for as long as a port needs it. Several ports share a file. Under the
 * lock of the network.
 */
final class Captures {

    private static final class Shared {
        private final Capture capture;
        private int users;

        Shared(Capture capture) {
            this.capture = capture;
        }
    }

    private final Map<Path, Shared> open = new HashMap<>();
    private final TopologyListener listener;

    Captures(TopologyListener listener) {
        this.listener = listener;
    }

    /**
     * Opens a file, or takes part in it.
     *
     * @return to be given back by {@link #release}
     */
    Capture acquire(Path file) throws IOException {
        Path key = file.toAbsolutePath().normalize();
        Shared shared = open.get(key);
        if (shared == null) {
            Capture capture = Capture.toFile(file)
                    .application("netty-tap")
                    .threadFactory(new LowPriorityThreadFactory("capture-writer"))
                    .start();
            capture.finished().whenComplete((done, failure) -> {
                if (failure != null) {
                    listener.captureFailed(failure);
                }
            });
            shared = new Shared(capture);
            open.put(key, shared);
        }
        shared.users++;
        return shared.capture;
    }

    /** The last one who gives a file back closes it; a failure has been reported. */
    void release(Path file) {
        Path key = file.toAbsolutePath().normalize();
        Shared shared = open.get(key);
        if (--shared.users == 0) {
            open.remove(key);
            try {
                shared.capture.close();
            } catch (IOException e) {
                // Reported when it finished.
            }
        }
    }

    static CaptureHandler handler(Capture capture, String node, String port, VnetHeader header) {
        CaptureInterface at = CaptureInterface.ethernet(node + "/" + port).withDescription("port of " + node);
        return new CaptureHandler(capture, at, header);
    }
}
