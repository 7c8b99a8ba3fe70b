/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.Links;
import io.github.nettytap.transport.netlink.NetlinkException;
import io.github.nettytap.transport.netlink.Rtnetlink;
import io.github.nettytap.transport.netlink.TunLink;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Opens one device: the order of the steps, what each failure means, and the clean-up after it.
 *
 * <p>Runs on a thread that is in the wanted network namespace. Closing the descriptors undoes everything on an
 * interface that was made here; on one that was there before, and so may outlive the failure, each change is undone by
 * itself.
 */
final class TapOpener {

    private static final String MACVTAP = "macvtap";

    /** Followed by the ifindex of the link (Documentation/networking/tuntap and drivers/net/macvtap.c). */
    private static final String MACVTAP_NODE = "/dev/tap";

    private final Kernel kernel;
    private final TapDeviceBuilder settings;
    private final List<TapFile> files = new ArrayList<>();
    private final Undo undo = new Undo();
    private String device;
    /** What is opened: of a macvtap link that was asked for by its name, its own. */
    private String node;
    /** The interface of that name before anything was done, or null. */
    private Link before;

    TapOpener(Kernel kernel, TapDeviceBuilder settings) {
        this.kernel = kernel;
        this.settings = settings;
        device = settings.name();
        node = settings.node();
    }

    TapDevice open() throws TapException {
        try (Rtnetlink rtnetlink = kernel.openRtnetlink()) {
            return openOrUndo(rtnetlink);
        } catch (NetlinkException e) {
            throw LinkErrors.link(device, e, "");
        }
    }

    private TapDevice openOrUndo(Rtnetlink rtnetlink) throws TapException, NetlinkException {
        try {
            return open(rtnetlink);
        } catch (TapException | NetlinkException | RuntimeException | Error e) {
            undo.run(e);
            files.forEach(TapFile::close);
            throw e;
        }
    }

    private TapDevice open(Rtnetlink rtnetlink) throws TapException, NetlinkException {
        findBefore(rtnetlink);
        attachFirst();
        Set<TapOffload> granted = configureHeader(files.get(0));
        for (int i = 1; i < settings.queues(); i++) {
            attach(openFile(), device, settings.queueFlags());
        }
        if (settings.mac() != null) {
            setMac(files.get(0), settings.mac());
        }
        configureLink(rtnetlink);
        configureOwnership(files.get(0));
        return new TapDevice(kernel, node, device, files, settings.vnetHeader(), granted);
    }

    private void findBefore(Rtnetlink rtnetlink) throws TapException, NetlinkException {
        if (device.indexOf('%') < 0) {
            before = rtnetlink.links().named(device).orElse(null);
            if (before == null && (settings.existing() || isMacvtap())) {
                throw AttachErrors.nothingToAttachTo(device);
            }
            if (before != null && before.kind().equals(MACVTAP) && !isMacvtap()) {
                SettingsCheck.macvtap(settings);
                node = MACVTAP_NODE + before.index();
            }
        }
    }

    private boolean isMacvtap() {
        return !node.equals(TapFile.DEVICE_NODE);
    }

    private TapFile openFile() throws TapException {
        try {
            TapFile file = TapFile.open(kernel.libc(), node);
            files.add(file);
            return file;
        } catch (SyscallException e) {
            throw NodeErrors.open(kernel.libc(), node, device, e);
        }
    }

    private void attachFirst() throws TapException {
        TapFile file = openFile();
        checkFeatures(file);
        try {
            if (settings.ifindex() > 0) {
                file.chooseIfindex(settings.ifindex());
            }
        } catch (SyscallException e) {
            throw TapErrors.deviceCall(device, e);
        }
        attach(file, settings.name(), settings.flags());
    }

    /** TUNSETIFF accepts flags that it does not know in silence, so they are looked up before. */
    private void checkFeatures(TapFile file) throws TapException {
        int missing;
        try {
            missing = settings.queueFlags() & ~file.features();
        } catch (SyscallException e) {
            throw NodeErrors.notTheDriver(node, device, e);
        }
        if (missing != 0) {
            throw AttachErrors.invalidSetting(
                    device,
                    "this kernel's TAP driver lacks the flags 0x" + Integer.toHexString(missing),
                    "Leave multi-queue, NAPI, the carrier or the virtio-net header out, or use a newer kernel");
        }
    }

    private void attach(TapFile file, String name, int flags) throws TapException {
        try {
            file.attach(name, flags);
        } catch (SyscallException e) {
            throw AttachErrors.attach(settings, name, e, before);
        }
        try {
            // Asked again, since the macvtap driver does not put the name into its answer.
            device = file.identity().name();
        } catch (SyscallException e) {
            throw TapErrors.deviceCall(device, e);
        }
        if (isMacvtap() && name.indexOf('%') < 0 && !name.equals(device)) {
            throw AttachErrors.invalidSetting(
                    device, node + " belongs to this link, not to " + name, "Give the node of the right link");
        }
    }

    private Set<TapOffload> configureHeader(TapFile file) throws TapException {
        try {
            if (settings.vnetHeader() > 0) {
                int sizeBefore = file.vnetHeaderSize();
                undoIfKept(() -> file.setVnetHeaderSize(sizeBefore));
                file.setVnetHeaderSize(settings.vnetHeader());
                file.setVnetLittleEndian();
            }
            if (before != null && !isMacvtap()) {
                int maskBefore = TapOffload.mask(ActiveOffloads.read(kernel.libc(), device));
                undo.add(() -> file.setOffload(maskBefore));
            }
        } catch (SyscallException e) {
            throw TapErrors.deviceCall(device, e);
        }
        // Always set, to none too: an interface that outlived its last user keeps that user's offloads.
        return OffloadProbe.apply(file, device, settings.offloads());
    }

    private void setMac(TapFile file, MacAddress mac) throws TapException {
        try {
            MacAddress macBefore = file.mac();
            if (macBefore.equals(mac)) {
                return;
            }
            undoIfKept(() -> file.setMac(macBefore));
            file.setMac(mac);
            MacAddress real = file.mac();
            if (!real.equals(mac)) {
                throw AttachErrors.notKept(device, "MAC address", mac, real);
            }
        } catch (SyscallException e) {
            throw TapErrors.mac(device, mac, e);
        }
    }

    private void configureLink(Rtnetlink rtnetlink) throws TapException {
        String command = "";
        try {
            Links links = rtnetlink.links();
            Link link = links.named(device).orElseThrow(() -> LinkErrors.notVisible(device));
            int index = link.index();
            // What is so already is left alone: it takes no right then, so the owner of a prepared interface needs
            // none.
            if (settings.mtu() != null && settings.mtu() != link.mtu()) {
                command = "ip link set " + device + " mtu " + settings.mtu();
                undoIfKept(() -> links.setMtu(index, link.mtu()));
                links.setMtu(index, settings.mtu());
                int real = links.at(index)
                        .orElseThrow(() -> LinkErrors.notVisible(device))
                        .mtu();
                if (real != settings.mtu()) {
                    throw AttachErrors.notKept(device, "MTU", settings.mtu(), real);
                }
            }
            if (settings.transmitQueueLength() != null
                    && settings.transmitQueueLength() != link.transmitQueueLength()) {
                command = "ip link set " + device + " txqueuelen " + settings.transmitQueueLength();
                undoIfKept(() -> links.setTransmitQueueLength(index, link.transmitQueueLength()));
                links.setTransmitQueueLength(index, settings.transmitQueueLength());
            }
            List<Cidr> addressesBefore = settings.addresses().isEmpty()
                    ? List.of()
                    : rtnetlink.addresses().list(index);
            for (Cidr address : settings.addresses()) {
                if (addressesBefore.contains(address)) {
                    continue;
                }
                command = "ip address add " + address + " dev " + device;
                rtnetlink.addresses().add(index, address);
                // Only now: an address that somebody else has added meanwhile makes this fail, and stays.
                undoIfKept(() -> rtnetlink.addresses().remove(index, address));
            }
            if (settings.up() != null && settings.up() != link.isUp()) {
                command = "ip link set " + device + (settings.up() ? " up" : " down");
                undoIfKept(() -> links.setUp(index, link.isUp()));
                links.setUp(index, settings.up());
            }
        } catch (NetlinkException e) {
            throw LinkErrors.link(device, e, command);
        }
    }

    /** Noted before the change, since the answer to a change that was made may get lost. */
    private void undoIfKept(Undo.Step step) {
        if (before != null) {
            undo.add(step);
        }
    }

    /** Last of all: from here on the interface may outlive a failure. */
    private void configureOwnership(TapFile file) throws TapException {
        TunLink tun = before == null ? null : before.tun().orElse(null);
        if (settings.owner() != null) {
            OptionalInt owner = tun == null ? OptionalInt.empty() : tun.owner();
            owner.ifPresent(uid -> undo.add(() -> file.setOwner(uid)));
            try {
                file.setOwner(settings.owner());
            } catch (SyscallException e) {
                throw TapErrors.owner(device, "user", settings.owner(), e);
            }
        }
        if (settings.group() != null) {
            OptionalInt group = tun == null ? OptionalInt.empty() : tun.group();
            group.ifPresent(gid -> undo.add(() -> file.setGroup(gid)));
            try {
                file.setGroup(settings.group());
            } catch (SyscallException e) {
                throw TapErrors.owner(device, "group", settings.group(), e);
            }
        }
        if (settings.persistent() != null) {
            try {
                file.setPersistent(settings.persistent());
            } catch (SyscallException e) {
                throw TapErrors.deviceCall(device, e);
            }
        }
    }

    /** What to put back, latest first, on an interface that outlives a failed opening. */
    private static final class Undo {

        /** Puts one thing back. */
        interface Step {
            void run() throws Exception;
        }

        private final Deque<Step> steps = new ArrayDeque<>();

        void add(Step step) {
            steps.push(step);
        }

        /** Goes on where a step fails; each failure is kept with the reason for all this. */
        void run(Throwable reason) {
            while (!steps.isEmpty()) {
                try {
                    steps.pop().run();
                } catch (Exception e) {
                    reason.addSuppressed(e);
                }
            }
        }
    }
}
