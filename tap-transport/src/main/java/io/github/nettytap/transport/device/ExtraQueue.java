/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.TunIoctl;

/** Attaches a further queue to the interface of an open one. */
final class ExtraQueue {

    private static final int KEPT = TunIoctl.IFF_MULTI_QUEUE | TunIoctl.IFF_VNET_HDR | TunIoctl.IFF_NAPI;

    private ExtraQueue() {}

    static TapFile open(Kernel kernel, String node, TapFile sibling) throws TapException {
        // Each TUNSETIFF sets the carrier anew, on or off.
        boolean carrier = DeviceLink.run(kernel, sibling, "", (rtnetlink, link) -> link.hasCarrier());
        // The driver looks for the name in the namespace in which the descriptor was opened.
        return DeviceLink.open(kernel, sibling, () -> attach(kernel, node, sibling, carrier));
    }

    private static TapFile attach(Kernel kernel, String node, TapFile sibling, boolean carrier) throws Exception {
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
}
