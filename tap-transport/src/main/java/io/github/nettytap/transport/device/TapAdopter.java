/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.IfReq;
import io.github.nettytap.transport.linux.TunIoctl;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.TunLink;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Turns descriptors that somebody else opened and attached into a device, and checks that they are what we can use. */
final class TapAdopter {

    private static final Set<Integer> HEADER_SIZES = Set.of(10, 12, 20, 24);

    private final Kernel kernel;
    private final List<TapFile> files = new ArrayList<>();

    TapAdopter(Kernel kernel) {
        this.kernel = kernel;
    }

    /** The descriptors become the device's; after a failure they are the caller's again. */
    TapDevice adopt(int... descriptors) throws TapException {
        if (descriptors.length == 0) {
            throw FdPassingErrors.notAdoptable("", 0, "no descriptor was given");
        }
        try {
            for (int fd : descriptors) {
                TapFile file = TapFile.ofDescriptor(kernel.libc(), fd);
                if (file == null) {
                    throw FdPassingErrors.notAdoptable("", 0, "descriptor " + fd + owner(fd));
                }
                files.add(file);
            }
            return adopt();
        } catch (TapException | RuntimeException | Error e) {
            files.forEach(TapFile::release);
            throw e;
        }
    }

    private String owner(int fd) {
        return files.stream().anyMatch(file -> file.fd() == fd)
                ? " was given twice"
                : " belongs to a device of this process already";
    }

    private TapDevice adopt() throws TapException {
        String device = "";
        try {
            TapFile first = files.get(0);
            IfReq identity = first.identity();
            device = identity.name();
            checkKind(device, identity);
            Link link = visibleLink();
            if (link != null) {
                checkFormat(device, link);
            }
            int headerSize = 0;
            if ((identity.flags() & TunIoctl.IFF_VNET_HDR) != 0) {
                headerSize = first.vnetHeaderSize();
                if (!HEADER_SIZES.contains(headerSize)) {
                    throw FdPassingErrors.notAdoptable(
                            device, 0, "its virtio-net header has " + headerSize + " bytes, not 10, 12, 20 or 24");
                }
                first.setVnetLittleEndian();
            }
            for (TapFile file : files) {
                String name = file.identity().name();
                if (!name.equals(device)) {
                    throw FdPassingErrors.notAdoptable(device, 0, "another descriptor belongs to " + name);
                }
                file.setNonBlockingAndCloseOnExec();
            }
            Set<TapOffload> offloads = TapOffload.NONE;
            if (link == null || link.tun().isEmpty()) {
                // Out of our sight, or of macvtap, which shows its lower link's: only what is set by ourselves is
                // known.
                first.setOffload(TapOffload.mask(offloads));
            } else {
                offloads = offloads(device, headerSize);
            }
            return new TapDevice(kernel, TapFile.DEVICE_NODE, device, files, headerSize, offloads);
        } catch (SyscallException e) {
            throw explain(device, e);
        }
    }

    private static void checkKind(String device, IfReq identity) throws TapException {
        if ((identity.flags() & TunIoctl.IFF_TAP) == 0) {
            throw FdPassingErrors.notAdoptable(device, 0, "it is a TUN (layer 3), not a TAP");
        }
    }

    /** The link, or null if it is out of our sight. */
    private Link visibleLink() throws TapException {
        try {
            return DeviceLink.run(kernel, files.get(0), "", (rtnetlink, link) -> link);
        } catch (TapException e) {
            if (e.errno() == Errno.ENODEV.number()) {
                return null;
            }
            throw e;
        }
    }

    private static void checkFormat(String device, Link link) throws TapException {
        // TUNGETIFF does not tell: there the flag's bit means "no socket filter" (tun_get_iff).
        if (link.tun().map(TunLink::hasPacketInformation).orElse(false)) {
            throw FdPassingErrors.notAdoptable(
                    device,
                    0,
                    "it was opened without IFF_NO_PI, so four bytes of packet information precede each frame");
        }
    }

    private Set<TapOffload> offloads(String device, int headerSize) throws TapException {
        Set<TapOffload> offloads =
                DeviceLink.open(kernel, files.get(0), () -> ActiveOffloads.read(kernel.libc(), device));
        String conflict = TapOffload.conflict(offloads, headerSize);
        if (!conflict.isEmpty()) {
            throw TapErrors.offloadConflict(device, offloads, headerSize, conflict);
        }
        return offloads;
    }

    private static TapException explain(String device, SyscallException e) {
        if (e.is(Errno.ENOTTY) || e.is(Errno.EINVAL) && device.isEmpty()) {
            return FdPassingErrors.notAdoptable(device, e.errno(), "it is not a TUN/TAP descriptor");
        }
        if (e.is(Errno.EBADFD)) {
            return FdPassingErrors.notAdoptable(
                    device, Errno.EBADFD.number(), "it is attached to no interface, or the interface is gone");
        }
        if (e.is(Errno.EBADF)) {
            return FdPassingErrors.notAdoptable(device, Errno.EBADF.number(), "it is not open");
        }
        return TapErrors.deviceCall(device, e);
    }
}
