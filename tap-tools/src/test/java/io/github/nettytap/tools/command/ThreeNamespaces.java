/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import io.github.nettytap.transport.device.NetworkNamespace;

import java.util.ArrayList;
import java.util.List;

/** A namespace for a program, and two for the hosts that its TAPs are moved to. */
final class ThreeNamespaces implements AutoCloseable {

    private final NetworkNamespace middle = NetworkNamespace.create();
    private final NetworkNamespace left = NetworkNamespace.create();
    private final NetworkNamespace right = NetworkNamespace.create();
    private final List<Process> inside = new ArrayList<>();

    ThreeNamespaces() throws Exception {}

    NetworkNamespace middle() {
        return middle;
    }

    NetworkNamespace left() {
        return left;
    }

    NetworkNamespace right() {
        return right;
    }

    /** Moves a link of the program to a host. A namespace without a name is named by a process that is in it. */
    void move(String link, NetworkNamespace host, String... addresses) throws Exception {
        Process process = host.call(() -> new ProcessBuilder("sleep", "1000").start());
        inside.add(process);
        RunningProgram.run(middle, "ip", "link", "set", link, "netns", Long.toString(process.pid()));
        for (String address : addresses) {
            RunningProgram.run(host, "ip", "address", "add", address, "dev", link, "nodad");
        }
        RunningProgram.run(host, "ip", "link", "set", link, "up");
    }

    @Override
    public void close() {
        for (Process process : inside) {
            process.destroyForcibly().onExit().join();
        }
        middle.close();
        left.close();
        right.close();
    }
}
