/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.tools.lifecycle.CommandException;
import io.github.nettytap.tools.lifecycle.Failures;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapDeviceBuilder;
import io.github.nettytap.transport.device.TapException;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.Rtnetlink;
import io.github.nettytap.transport.netlink.TunLink;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The TAP that a capture is the other end of: one that is there, or is made where that was asked for. */
public final class CaptureLink {

    /** Holds what comes at 20,000 frames a second while the program does something else for most of a second. */
    private static final int QUEUE_FRAMES = 16_384;

    private static final int FAILURE = 1;

    private CaptureLink() {}

    /**
     * Prepares to open an interface.
     *
     * @param name its name
     * @param isCreated whether to make it if it is not there
     * @throws CommandException if it is not there, or is no TAP
     */
    public static TapDeviceBuilder builder(String name, boolean isCreated) throws IOException {
        List<Link> links = links();
        Optional<Link> found =
                links.stream().filter(link -> link.name().equals(name)).findFirst();
        if (found.isPresent()) {
            checkTap(found.get());
        } else if (!isCreated) {
            String taps =
                    links.stream().filter(CaptureLink::isTap).map(Link::name).collect(Collectors.joining(", "));
            throw new CommandException(
                    FAILURE,
                    "no such interface: name=" + name + ", TAPs here: " + (taps.isEmpty() ? "none" : taps)
                            + ". To make one, add --create");
        }
        return TapDevice.builder(name).existing(!isCreated);
    }

    private static void checkTap(Link link) throws CommandException {
        if (isTap(link)) {
            return;
        }
        String kind = link.kind() == null || link.kind().isEmpty() ? "hardware or built in" : link.kind();
        String why =
                link.tun().isPresent() ? "a TUN, which carries IP packets without Ethernet headers" : "of kind " + kind;
        throw new CommandException(
                FAILURE,
                "no TAP: name=" + link.name() + " is " + why
                        + ". Only the other end of a TAP can give frames to the kernel as if they came from a network;"
                        + " a TAP that is a port of a bridge gives them to what lies behind");
    }

    static boolean isTap(Link link) {
        return link.tun().map(TunLink::isTap).orElse(false);
    }

    private static List<Link> links() throws IOException {
        try (Rtnetlink rtnetlink = Rtnetlink.open()) {
            return rtnetlink.links().list();
        }
    }

    /**
     * What can be captured in this network namespace, TAPs first, a line each, as {@code tcpdump -D} lists interfaces.
     */
    public static List<String> describe() throws IOException {
        List<Link> links = links();
        List<String> lines = links.stream()
                .filter(CaptureLink::isTap)
                .map(link -> link.name() + " [" + state(link) + ", "
                        + (link.tun().get().queues() > 0 ? "In use" : "Free") + "]")
                .collect(Collectors.toList());
        links.stream()
                .filter(link -> link.isEthernet() && !isTap(link))
                .forEach(link -> lines.add(link.name() + " [" + state(link) + "]"));
        lines.add(LinkSource.ALL + " (all links with Ethernet headers)");
        return IntStream.range(0, lines.size())
                .mapToObj(i -> (i + 1) + "." + lines.get(i))
                .collect(Collectors.toList());
    }

    private static String state(Link link) {
        return (link.isUp() ? "Up" : "Down") + (link.hasCarrier() ? ", Running" : "");
    }

    /**
     * Makes the queue of a device in the kernel long enough for a program that does not get a processor at once, if
     * this user may.
     *
     * @return what sets it back, for an interface that outlives this program
     */
    public static Restore lengthenQueue(TapDevice device) throws TapException {
        int before = device.link().transmitQueueLength();
        if (before >= QUEUE_FRAMES) {
            return () -> {};
        }
        try {
            device.setTransmitQueueLength(QUEUE_FRAMES);
        } catch (TapException e) {
            if (Failures.isPermission(e)) {
                return () -> {}; // An owner without rights captures with the queue that there is.
            }
            throw e;
        }
        return () -> {
            if (device.isOpen()
                    && device.link().tun().map(TunLink::isPersistent).orElse(false)) {
                device.setTransmitQueueLength(before);
            }
        };
    }

    /** Puts a setting back. */
    @FunctionalInterface
    public interface Restore {
        void close() throws TapException;
    }
}
