/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.TunIoctl;
import io.github.nettytap.transport.netlink.Cidr;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.Links;
import io.github.nettytap.transport.netlink.NetlinkException;
import io.github.nettytap.transport.netlink.Rtnetlink;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Opens one device: the order of the steps, what each failure means, and the clean-up after it.
 *
 * <p>Runs on a thread that is in the wanted network namespace.
 */
final class TapOpener {

    private static final int MAX_QUEUES = 256;
    private static final Set<Integer> HEADER_SIZES = Set.of(0, 10, 12, 20, 24);
    private static final int MIN_MTU = 68;
    private static final int MAX_MTU = 65521;

    private final Kernel kernel;
    private final TapDeviceBuilder settings;
    private final List<TapFile> files = new ArrayList<>();
    private String device;

    TapOpener(Kernel kernel, TapDeviceBuilder settings) {
        this.kernel = kernel;
        this.settings = settings;
        device = settings.name();
    }

    /** Everything that can be found wrong without the kernel. */
    void check() throws TapException {
        String fault = InterfaceName.fault(device);
        if (!fault.isEmpty()) {
            throw TapErrors.invalidName(device, fault);
        }
        if (settings.queues() < 1 || settings.queues() > MAX_QUEUES) {
            throw TapErrors.invalidSetting(
                    device,
                    "a device has 1 to 256 queues, not " + settings.queues(),
                    "One queue for each event loop is enough");
        }
        if (!HEADER_SIZES.contains(settings.vnetHeader())) {
            throw TapErrors.invalidSetting(
                    device,
                    "there is no virtio-net header of " + settings.vnetHeader() + " bytes",
                    "Use 12; 10, 20, 24 and 0 for none are known too");
        }
        String conflict = TapOffload.conflict(settings.offloads(), settings.vnetHeader());
        if (!conflict.isEmpty()) {
            throw TapErrors.offloadConflict(device, settings.offloads(), settings.vnetHeader(), conflict);
        }
        if (settings.mtu() != null && (settings.mtu() < MIN_MTU || settings.mtu() > MAX_MTU)) {
            throw TapErrors.invalidSetting(
                    device,
                    "an MTU of " + settings.mtu() + " is out of range",
                    "A TAP takes 68 to 65521; 1500 is usual, 9000 is called jumbo");
        }
        if (settings.mac() != null
                && (settings.mac().isGroup() || settings.mac().value() == 0)) {
            throw TapErrors.invalidSetting(
                    device,
                    settings.mac() + " is not an address that one interface can have",
                    "Use an individual (not group) address other than zero, for example MacAddress.random()");
        }
    }

    TapDevice open() throws TapException {
        boolean opened = false;
        try {
            attachFirst();
            Set<TapOffload> granted = configureHeader(files.get(0));
            for (int i = 1; i < settings.queues(); i++) {
                attach(openFile(), device, null);
            }
            if (settings.mac() != null) {
                setMac(files.get(0), settings.mac());
            }
            if (settings.mtu() != null
                    || settings.up() != null
                    || !settings.addresses().isEmpty()) {
                configureLink();
            }
            TapDevice result = new TapDevice(kernel, device, files, settings.vnetHeader(), granted);
            opened = true;
            return result;
        } finally {
            if (!opened) {
                files.forEach(TapFile::close);
            }
        }
    }

    private TapFile openFile() throws TapException {
        try {
            TapFile file = TapFile.open(kernel.libc());
            files.add(file);
            return file;
        } catch (SyscallException e) {
            throw TapErrors.open(kernel.libc(), device, e);
        }
    }

    private void attachFirst() throws TapException {
        TapFile file = openFile();
        checkFeatures(file);
        attach(file, settings.name(), null);
    }

    /** TUNSETIFF accepts flags that it does not know in silence, so they are looked up before. */
    private void checkFeatures(TapFile file) throws TapException {
        int missing;
        try {
            missing = flags() & ~file.features();
        } catch (SyscallException e) {
            throw TapErrors.deviceCall(device, e);
        }
        if (missing != 0) {
            throw TapErrors.invalidSetting(
                    device,
                    "this kernel's TAP driver lacks the flags 0x" + Integer.toHexString(missing),
                    "Use a kernel from 3.8 on, or leave multi-queue and the virtio-net header out");
        }
    }

    private int flags() {
        return TunIoctl.IFF_TAP
                | TunIoctl.IFF_NO_PI
                | (settings.multiQueue() ? TunIoctl.IFF_MULTI_QUEUE : 0)
                | (settings.vnetHeader() > 0 ? TunIoctl.IFF_VNET_HDR : 0);
    }

    private void attach(TapFile file, String name, LinkState found) throws TapException {
        try {
            device = file.attach(name, flags());
        } catch (SyscallException e) {
            LinkState state = found == null && e.is(Errno.EINVAL) ? find(name) : found;
            throw TapErrors.attach(name, settings.multiQueue(), e, state);
        }
    }

    private LinkState find(String name) {
        try (Rtnetlink rtnetlink = kernel.openRtnetlink()) {
            return rtnetlink
                    .links()
                    .named(name)
                    .map(link -> new LinkState(link, false))
                    .orElse(null);
        } catch (NetlinkException e) {
            return null; // It would only have made the explanation better.
        }
    }

    private Set<TapOffload> configureHeader(TapFile file) throws TapException {
        try {
            if (settings.vnetHeader() > 0) {
                file.setVnetHeaderSize(settings.vnetHeader());
                file.setVnetLittleEndian();
            }
        } catch (SyscallException e) {
            throw TapErrors.deviceCall(device, e);
        }
        // Always set, to none too: an interface that outlived its last user keeps that user's offloads.
        return OffloadProbe.apply(file, device, settings.offloads());
    }

    private void setMac(TapFile file, MacAddress mac) throws TapException {
        try {
            file.setMac(mac);
            MacAddress real = file.mac();
            if (!real.equals(mac)) {
                throw TapErrors.invalidSetting(
                        device, "the MAC address became " + real + " instead of " + mac, "Look who else sets it");
            }
        } catch (SyscallException e) {
            throw TapErrors.mac(device, mac, e);
        }
    }

    private void configureLink() throws TapException {
        String command = "ip link set " + device;
        try (Rtnetlink rtnetlink = kernel.openRtnetlink()) {
            Links links = rtnetlink.links();
            Link link = links.named(device).orElseThrow(() -> TapErrors.notVisible(device));
            if (settings.mtu() != null) {
                command = "ip link set " + device + " mtu " + settings.mtu();
                links.setMtu(link.index(), settings.mtu());
                int real = links.at(link.index())
                        .orElseThrow(() -> TapErrors.notVisible(device))
                        .mtu();
                if (real != settings.mtu()) {
                    throw TapErrors.invalidSetting(
                            device,
                            "the MTU became " + real + " instead of " + settings.mtu(),
                            "Look who else sets it");
                }
            }
            for (Cidr address : settings.addresses()) {
                command = "ip address add " + address + " dev " + device;
                rtnetlink.addresses().add(link.index(), address);
            }
            if (settings.up() != null) {
                command = "ip link set " + device + (settings.up() ? " up" : " down");
                links.setUp(link.index(), settings.up());
            }
        } catch (NetlinkException e) {
            throw TapErrors.link(device, e, command);
        }
    }
}
