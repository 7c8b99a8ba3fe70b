/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import io.github.nettytap.tools.control.ControlServer;
import io.github.nettytap.tools.control.Requests;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The server of {@code --control}, or none.
 *
 * @param server the server, or null
 */
public record ControlSocket(ControlServer server) {

    /**
     * Starts to listen.
     *
     * @param path where, or null for nowhere
     * @param requests what can be asked
     */
    public static ControlSocket open(Path path, Requests requests) throws IOException, InterruptedException {
        return new ControlSocket(path == null ? null : ControlServer.open(path, requests));
    }

    public void close() {
        if (server != null) {
            server.close();
        }
    }
}
