/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.Rtnetlink;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A network namespace for one test, with what the kernel and the standard tools say about it. */
public final class Host implements AutoCloseable {

    private final NetworkNamespace namespace = NetworkNamespace.create();
    private final Rtnetlink rtnetlink = namespace.call(Rtnetlink::open);

    public Host() throws Exception {}

    public NetworkNamespace namespace() {
        return namespace;
    }

    public Rtnetlink rtnetlink() {
        return rtnetlink;
    }

    public TapDeviceBuilder tap(String name) {
        return TapDevice.builder(name).namespace(namespace);
    }

    public Link link(String name) throws IOException {
        return rtnetlink.links().named(name).orElseThrow(() -> new AssertionError("no link " + name));
    }

    public boolean hasLink(String name) throws IOException {
        return rtnetlink.links().named(name).isPresent();
    }

    /** Keeps neighbor discovery and multicast reports, which come at any time, off a link whose frames are counted. */
    public void withoutIpv6(String link) throws Exception {
        sh("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/" + link + "/disable_ipv6");
    }

    /** Whether there are users beside root: in a user namespace of {@code unshare -Ur} there are none. */
    public static boolean hasOtherUsers() throws IOException {
        String[] first =
                Files.readAllLines(Path.of("/proc/self/uid_map")).get(0).trim().split("\\s+");
        return Long.parseLong(first[2]) > 65534;
    }

    /** Runs a command in the namespace and returns what it printed; a failure is an error. */
    public String sh(String... command) throws Exception {
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
    public String run(String commandLine) throws Exception {
        return sh(List.of(commandLine.split(" ")).toArray(String[]::new));
    }

    @Override
    public void close() {
        rtnetlink.close();
        namespace.close();
    }
}
