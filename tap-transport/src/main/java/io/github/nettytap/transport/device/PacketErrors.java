/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;

/** What it means that a packet socket cannot be opened, or refuses a frame, and what to do about it. */
final class PacketErrors {

    private PacketErrors() {}

    static TapException open(String link, SyscallException e) {
        TapFailure failure = TapFailure.of(e).device(link);
        if (e.is(Errno.EPERM)) {
            return failure.because("a packet socket sees all traffic of a link, so it needs CAP_NET_RAW in the user"
                            + " namespace that owns the network namespace")
                    .advise("Run as root, give the java program the capability (`setcap cap_net_raw+ep`), or run inside"
                            + " namespaces of your own: `unshare -Urn COMMAND`")
                    .see("packet-eperm");
        }
        if (e.is(Errno.EAFNOSUPPORT)) {
            return failure.because("this kernel has no packet sockets (CONFIG_PACKET)")
                    .advise("Load the module: `sudo modprobe af_packet`")
                    .see("packet-eperm");
        }
        if (e.is(Errno.ENODEV)) {
            return noSuchLink(e.operation(), link);
        }
        return TapErrors.unknown(e, link);
    }

    static TapException noSuchLink(String operation, String link) {
        return new TapFailure(operation)
                .device(link)
                .errno(Errno.ENODEV.number())
                .because("there is no interface of this name in this network namespace")
                .advise("`ip link` shows those that there are")
                .see("packet-enodev");
    }

    static TapException noEthernet(String link, int hardwareType) {
        return new TapFailure("open packet socket")
                .device(link)
                .because("its frames have no Ethernet header (ARPHRD type " + hardwareType + ")")
                .advise(
                        "Choose a link of Ethernet frames: `ip link` shows link/ether for those; a TUN or a tunnel of IP"
                                + " packets is none")
                .see("packet-enodev");
    }

    static TapException noVnetHeader(String link, SyscallException e) {
        return TapFailure.of(e)
                .device(link)
                .because("this kernel puts no virtio-net header in front of frames of a packet socket")
                .advise("Open it with a header of 10 bytes or without one")
                .onCommandLine("Start with --offloads none")
                .see("other");
    }

    static TapException closed(String operation, String link) {
        return new TapFailure(operation)
                .device(link)
                .errno(Errno.EBADF.number())
                .because("the packet socket is closed")
                .advise("Open it again with PacketSocket.builder")
                .onCommandLine("Start the command again")
                .see("closed");
    }

    /** A frame could not be received or sent. */
    static TapException transfer(String operation, String link, int errno) {
        if (errno == Errno.ENETDOWN.number()) {
            return TapException.ofFrame(
                    new TapFailure(operation)
                            .device(link)
                            .errno(errno)
                            .because("the link is down")
                            .advise("Set it up: `ip link set " + link + " up`"),
                    "write-eio");
        }
        if (errno == Errno.ENXIO.number() || errno == Errno.ENODEV.number()) {
            return TapException.deviceGone(operation, link, errno);
        }
        if (errno == Errno.EMSGSIZE.number()) {
            return TapException.ofFrame(
                    new TapFailure(operation)
                            .device(link)
                            .errno(errno)
                            .because("the frame is longer than the MTU of the link allows")
                            .advise("Send shorter frames, or raise the MTU: `ip link set " + link + " mtu BYTES`"),
                    "frame-refused");
        }
        if (errno == Errno.EINVAL.number()) {
            return TapException.malformedFrame(link, "it or its virtio-net header");
        }
        return TapException.refused(operation, link, errno);
    }
}
