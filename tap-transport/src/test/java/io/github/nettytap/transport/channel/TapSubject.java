/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapException;
import io.github.nettytap.transport.device.TapOffload;
import io.github.nettytap.transport.device.TapQueue;
import io.github.nettytap.transport.linux.Fcntl;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.netlink.Rtnetlink;
import io.netty.channel.unix.FileDescriptor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** A channel on a real TAP in a network namespace of its own, with a packet socket on the kernel's side. */
final class TapSubject implements Subject {

    private final NetworkNamespace namespace;
    private final TapDevice device;
    private final int ifindex;
    private final TapChannel channel;
    private final PacketPeer peer;
    private final FailingCalls calls;
    private TapDevice down;

    private TapSubject(LoopKind loop, NetworkNamespace namespace, TapDevice device, int ifindex, PacketPeer peer) {
        this.namespace = namespace;
        this.device = device;
        this.ifindex = ifindex;
        this.peer = peer;
        calls = new FailingCalls(this::failing, this::closeDown);
        TapQueue queue = device.queues().get(0);
        channel = new TapChannel(closeRequest -> new TapQueueEndpoint(queue, closeRequest) {
            @Override
            int transferFlags() {
                return loop.transferFlags();
            }

            @Override
            FileDescriptor readFd() {
                return calls.read(fd());
            }

            @Override
            FileDescriptor writeFd() {
                return calls.write(fd());
            }
        });
    }

    private int failing(FailingCalls.Fault fault) {
        switch (fault) {
            case GONE:
                // EBADFD, as that of a queue whose interface is gone: it was never attached.
                return FdPeer.check(
                        "open", LibC.get().open("/dev/net/tun", Fcntl.O_RDWR | Fcntl.O_NONBLOCK | Fcntl.O_CLOEXEC));
            case WRITE_REFUSED:
                return FdPeer.check("dup", LibC.get().dup(openDown())); // EIO
            default:
                return SocketpairSubject.failing(fault);
        }
    }

    private int openDown() {
        try {
            down = TapDevice.builder("down0").namespace(namespace).open();
            return down.queues().get(0).fd();
        } catch (TapException e) {
            throw new IllegalStateException(e);
        }
    }

    private void closeDown() {
        if (down != null) {
            down.close();
        }
    }

    static TapSubject singleQueue(LoopKind loop) throws Exception {
        return open(loop, false, Set.of());
    }

    static TapSubject multiQueue(LoopKind loop) throws Exception {
        return open(loop, true, Set.of());
    }

    static TapSubject withOffloads(LoopKind loop, Set<TapOffload> offloads) throws Exception {
        return open(loop, false, offloads);
    }

    /** On a descriptor that somebody else opened, and has closed since. */
    static TapSubject adopted(LoopKind loop) throws Exception {
        TapSubject original = open(loop, false, Set.of());
        TapDevice device = TapDevice.adopt(FdPeer.check(
                "dup", LibC.get().dup(original.device.queues().get(0).fd())));
        original.channel.unsafe().closeForcibly();
        return new TapSubject(loop, original.namespace, device, original.ifindex, original.peer);
    }

    private static TapSubject open(LoopKind loop, boolean multiQueue, Set<TapOffload> offloads) throws Exception {
        NetworkNamespace namespace = NetworkNamespace.create();
        namespace.run(TapSubject::disableAutoconfiguration);
        TapDevice device = TapDevice.builder("tap0")
                .multiQueue(multiQueue)
                .offloads(offloads)
                .mtu(9_000)
                .up(true)
                .namespace(namespace)
                .open();
        int ifindex = device.ifindex();
        return new TapSubject(loop, namespace, device, ifindex, namespace.call(() -> PacketPeer.open(ifindex)));
    }

    /**
     * Neighbor discovery sends frames by itself, which would be counted. {@code /proc/sys/net} is that of the thread.
     */
    private static void disableAutoconfiguration() throws Exception {
        Files.writeString(Path.of("/proc/sys/net/ipv6/conf/default/disable_ipv6"), "1");
    }

    TapDevice device() {
        return device;
    }

    /** Deletes the interface, as `ip link del` does. */
    void delete() throws Exception {
        namespace.run(() -> {
            try (Rtnetlink rtnetlink = Rtnetlink.open()) {
                rtnetlink.links().delete(ifindex);
            }
        });
    }

    NetworkNamespace namespace() {
        return namespace;
    }

    @Override
    public TapChannel channel() {
        return channel;
    }

    @Override
    public void closeByOwner() {
        device.close();
    }

    @Override
    public PacketPeer peer() {
        return peer;
    }

    @Override
    public FailingCalls calls() {
        return calls;
    }

    @Override
    public void close() {
        calls.close();
        peer.close();
        device.close();
        namespace.close();
    }
}
