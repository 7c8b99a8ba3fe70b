/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;

import java.util.ArrayList;
import java.util.List;

/** Starts netty-tap as a process of its own, as a host, as users run it. */
public final class RunningProgram {

    private RunningProgram() {}

    /** Starts the program. */
    public static HostProcess start(Host host, List<String> arguments) throws Exception {
        return startUnder(host, List.of(), arguments);
    }

    /** Starts the program by way of another, such as setpriv. */
    public static HostProcess startUnder(Host host, List<String> wrapper, List<String> arguments) throws Exception {
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(HostProcess.java(NettyTap.class, arguments));
        return HostProcess.start(host.namespace(), command);
    }
}
