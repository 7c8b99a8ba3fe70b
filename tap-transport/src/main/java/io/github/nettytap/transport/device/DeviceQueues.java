/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.TunIoctl;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** The queues of one device: how more are attached, and when the last of them is closed. Thread-safe. */
final class DeviceQueues {

    /** The flags that the kernel wants to be the same for all queues of an interface. */
    private static final int KEPT = TunIoctl.IFF_MULTI_QUEUE | TunIoctl.IFF_VNET_HDR | TunIoctl.IFF_NAPI;

    private final TapDevice device;
    private final Kernel kernel;
    private final String node;
    private final List<TapQueue> queues = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    /** Held while a queue is added, which may wait for the kernel; {@code queues} is held for no call. */
    private final Object additions = new Object();

    private int opened;
    private boolean adding;
    private boolean closing;

    DeviceQueues(TapDevice device, Kernel kernel, String node, List<TapFile> files) {
        this.device = device;
        this.kernel = kernel;
        this.node = node;
        for (TapFile file : files) {
            queues.add(new TapQueue(device, opened++, file));
        }
    }

    List<TapQueue> list() {
        return queues;
    }

    /** The descriptor of an open queue. */
    TapFile file(String operation) throws TapException {
        for (TapQueue queue : queues) {
            if (queue.isOpen()) {
                return queue.file();
            }
        }
        throw TapErrors.closed(operation, device.lastKnownName());
    }

    TapQueue add() throws TapException {
        synchronized (additions) {
            TapFile sibling = file("add queue");
            synchronized (queues) {
                adding = true;
            }
            TapFile[] added = new TapFile[1];
            try {
                device.filters().whileDetached(() -> added[0] = open(sibling), () -> added[0].close());
                return admit(added[0]);
            } finally {
                synchronized (queues) {
                    adding = false;
                }
                completeIfEnded();
            }
        }
    }

    private TapFile open(TapFile sibling) throws TapException {
        // Each TUNSETIFF sets the carrier anew, on or off.
        boolean carrier = DeviceLink.run(kernel, sibling, "", (rtnetlink, link) -> link.hasCarrier());
        // The driver looks for the name in the namespace in which the descriptor was opened.
        return DeviceLink.open(kernel, sibling, () -> attach(sibling, carrier));
    }

    private TapFile attach(TapFile sibling, boolean carrier) throws TapException, SyscallException {
        String name = sibling.identity().name();
        int flags = TunIoctl.IFF_TAP
                | TunIoctl.IFF_NO_PI
                | sibling.identity().flags() & KEPT
                | (carrier || !node.equals(TapFile.DEVICE_NODE) ? 0 : TunIoctl.IFF_NO_CARRIER);
        TapFile file;
        try {
            file = TapFile.open(kernel.libc(), node);
        } catch (SyscallException e) {
            throw NodeErrors.open(kernel.libc(), node, name, e);
        }
        boolean attached = false;
        try {
            file.attach(name, flags);
            // If the interface has just left the namespace, a new one of its name was made.
            attached = file.mac().equals(sibling.mac());
            if (!attached) {
                throw LinkErrors.notVisible(name);
            }
            return file;
        } catch (SyscallException e) {
            throw AttachErrors.attachMore(name, (flags & TunIoctl.IFF_MULTI_QUEUE) != 0, e);
        } finally {
            if (!attached) {
                file.close();
            }
        }
    }

    private TapQueue admit(TapFile file) throws TapException {
        synchronized (queues) {
            if (!closing && !queues.isEmpty()) {
                TapQueue queue = new TapQueue(device, opened++, file);
                queues.add(queue);
                return queue;
            }
        }
        // Closed meanwhile, so the new descriptor may have made an interface of its own.
        file.close();
        throw TapErrors.closed("add queue", device.lastKnownName());
    }

    /** A queue's descriptor is closed. */
    void remove(TapQueue queue) {
        queues.remove(queue);
        completeIfEnded();
    }

    private void completeIfEnded() {
        synchronized (queues) {
            if (adding || !queues.isEmpty()) {
                return;
            }
        }
        closed.complete(null);
    }

    void close() {
        synchronized (queues) {
            closing = true;
        }
        queues.forEach(TapQueue::close);
    }

    /** Completes once every descriptor is closed. */
    CompletableFuture<Void> closeFuture() {
        return closed.copy();
    }
}
