/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.Rtnetlink;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** A network namespace for one test, with what the kernel and the standard tools say about it. */
final class Host implements AutoCloseable {

    private final NetworkNamespace namespace = NetworkNamespace.create();
    private final Rtnetlink rtnetlink = namespace.call(Rtnetlink::open);

    Host() throws Exception {}

    NetworkNamespace namespace() {
        return namespace;
    }

    Rtnetlink rtnetlink() {
        return rtnetlink;
    }

    TapDeviceBuilder tap(String name) {
        return TapDevice.builder(name).namespace(namespace);
    }

    Link link(String name) throws IOException {
        return rtnetlink.links().named(name).orElseThrow(() -> new AssertionError("no link " + name));
    }

    boolean hasLink(String name) throws IOException {
        return rtnetlink.links().named(name).isPresent();
    }

    /** Runs a command in the namespace and returns what it printed; a failure is an error. */
    String sh(String... command) throws Exception {
        return namespace.call(() -> {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new AssertionError(Arrays.toString(command) + ": " + output);
            }
            return output;
        });
    }

    /** A command line without quotes. */
    String run(String commandLine) throws Exception {
        return sh(List.of(commandLine.split(" ")).toArray(String[]::new));
    }

    @Override
    public void close() {
        rtnetlink.close();
        namespace.close();
    }
}
