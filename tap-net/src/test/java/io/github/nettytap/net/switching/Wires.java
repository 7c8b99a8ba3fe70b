/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapOffload;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A namespace whose TAPs are joined by a bridge of the kernel: the cable between two switches, or a multicast router.
 */
final class Wires implements AutoCloseable {

    private final NetworkNamespace namespace = NetworkNamespace.create();
    private final List<TapDevice> ends = new ArrayList<>();

    Wires(Set<TapOffload> offloads, String... taps) throws Exception {
        this(offloads, !offloads.isEmpty(), taps);
    }

    Wires(Set<TapOffload> offloads, boolean vnetHeader, String... taps) throws Exception {
        try {
            namespace.run(() -> Files.writeString(Path.of("/proc/sys/net/ipv6/conf/default/disable_ipv6"), "1"));
            // It learns nothing, and so passes everything, as a cable does.
            run("link", "add", "br0", "type", "bridge", "mcast_snooping", "0", "ageing_time", "0");
            for (String tap : taps) {
                ends.add(TapDevice.builder(tap)
                        .namespace(namespace)
                        .offloads(offloads)
                        .vnetHeader(vnetHeader)
                        .up(true)
                        .open());
                run("link", "set", tap, "master", "br0");
            }
            run("link", "set", "br0", "up");
        } catch (Exception e) {
            close();
            throw e;
        }
    }

    TapDevice end(int index) {
        return ends.get(index);
    }

    /** Gives a link an address of link scope at once, without asking whether somebody has it. */
    void enableIpv6(String link) throws Exception {
        Path settings = Path.of("/proc/sys/net/ipv6/conf", link);
        namespace.run(() -> {
            Files.writeString(settings.resolve("accept_dad"), "0");
            Files.writeString(settings.resolve("disable_ipv6"), "0");
        });
    }

    /** {@code ip} with these words. */
    void run(String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(words));
        Process process = namespace.call(
                () -> new ProcessBuilder(command).redirectErrorStream(true).start());
        String text = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException("command failed: command=" + command + ", output=" + text);
        }
    }

    @Override
    public void close() {
        ends.forEach(TapDevice::close);
        namespace.close();
    }
}
