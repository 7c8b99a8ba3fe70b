/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.PollFd;
import io.github.nettytap.transport.linux.Structs;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The program of a process without privilege: gets a TAP, by hand-over or as its owner, and sends the first UDP
 * datagram that arrives back to where it came from.
 */
public final class UnprivilegedWorker {

    private static final int IPV4_UDP = 17;

    private UnprivilegedWorker() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("receive")) {
            try (TapFdPassing helper = TapFdPassing.connect(Path.of(arguments[1]));
                    TapDevice tap = helper.receive(Duration.ofSeconds(120))) {
                echo(tap);
            }
        } else {
            // As it was prepared: named again, nothing of it is a change.
            try (TapDevice tap = TapDevice.builder(arguments[1])
                    .existing(true)
                    .mtu(1400)
                    .transmitQueueLength(500)
                    .mac(MacAddress.parse("02:00:00:00:00:01"))
                    .address(Cidr.parse("10.0.0.1/24"))
                    .up(true)
                    .open()) {
                tap.up();
                tap.setMtu(1400);
                echo(tap);
            }
        }
    }

    private static void echo(TapDevice tap) throws Exception {
        LibC libc = LibC.get();
        int fd = tap.queues().get(0).fd();
        ByteBuffer frame = Structs.allocate(2000);
        System.out.println("uid " + libc.geteuid() + " has " + tap.name());
        while (true) {
            if (new PollFd(fd).poll(libc, 120_000) != 1) {
                throw new AssertionError("nothing arrived");
            }
            frame.clear();
            int length = libc.read(fd, frame);
            if (length > 42 && frame.getShort(12) == 8 && frame.get(23) == IPV4_UDP) {
                frame.limit(length);
                swap(frame, 0, 6, 6); // MAC addresses
                swap(frame, 26, 30, 4); // IP addresses
                swap(frame, 34, 36, 2); // ports; all sums stay what they are
                if (libc.write(fd, frame) != length) {
                    throw new AssertionError("not written");
                }
                return;
            }
        }
    }

    private static void swap(ByteBuffer buffer, int first, int second, int length) {
        for (int i = 0; i < length; i++) {
            byte octet = buffer.get(first + i);
            buffer.put(first + i, buffer.get(second + i)).put(second + i, octet);
        }
    }
}
