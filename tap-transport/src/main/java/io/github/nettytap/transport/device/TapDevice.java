/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.LinkStatistics;
import io.github.nettytap.transport.netlink.Rtnetlink;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A TAP interface that this process is attached to, with one or more queues of it.
 *
 * <p>What is asked here is asked from the kernel at that moment, in the network namespace that the interface is in,
 * since names, addresses and even the namespace may be changed by others. Changing MTU, state and addresses needs
 * CAP_NET_ADMIN in that namespace, unless they are so already; the MAC address and all that belongs to the descriptor
 * do not. Thread-safe. Calls may wait for the kernel's network configuration lock, so none belongs on an event loop,
 * {@code close} excepted.
 */
public final class TapDevice implements AutoCloseable {

    private final Kernel kernel;
    private final DeviceQueues queues;
    private final int vnetHeaderSize;
    private final TapFilters filters = new TapFilters(this);
    private volatile Set<TapOffload> offloads;
    private volatile String lastName;

    TapDevice(
            Kernel kernel,
            String node,
            String name,
            List<TapFile> files,
            int vnetHeaderSize,
            Set<TapOffload> offloads) {
        this.kernel = kernel;
        lastName = name;
        queues = new DeviceQueues(this, kernel, node, files);
        this.vnetHeaderSize = vnetHeaderSize;
        this.offloads = offloads;
    }

    /**
     * Starts the description of a device with a name.
     *
     * @param nameOrTemplate 1 to 15 bytes such as {@code tap0}; or with one {@code %d}, for which the kernel puts the
     *     first free number
     * @return the builder
     */
    public static TapDeviceBuilder builder(String nameOrTemplate) {
        return new TapDeviceBuilder(null, nameOrTemplate);
    }

    /**
     * Starts the description of a device whose name the kernel chooses.
     *
     * @return the builder
     */
    public static TapDeviceBuilder builder() {
        return new TapDeviceBuilder(null, "tap%d");
    }

    /**
     * Makes a device of descriptors that another process or library opened and attached. Kind, name, header size and
     * offloads are read from them and checked; they are made non-blocking and close-on-exec. Where the interface is in
     * a network namespace out of our sight its offloads cannot be read, and are switched off.
     *
     * @param descriptors one descriptor for each queue, all of one interface; they belong to the device from now on, or
     *     still to the caller if this fails
     * @return the device, to be closed by the caller
     * @throws TapException if a descriptor is not what it should be
     */
    public static TapDevice adopt(int... descriptors) throws TapException {
        return new TapAdopter(TapAvailability.kernel()).adopt(descriptors);
    }

    /**
     * The name as it was known last, without a call into the kernel: for messages on an event loop.
     *
     * @return the name that {@link #name()} or another call found last
     */
    public String lastKnownName() {
        return lastName;
    }

    /**
     * The name. It may change at any time.
     *
     * @return the current name; the last known one if the device is closed or gone
     */
    public String name() {
        for (TapQueue queue : queues.list()) {
            try {
                lastName = queue.file().identity().name();
                return lastName;
            } catch (SyscallException e) {
                continue; // Closed or gone: another queue may know.
            }
        }
        return lastName;
    }

    /**
     * The number of the interface in its network namespace.
     *
     * @return the ifindex
     * @throws TapException if the kernel does not tell
     */
    public int ifindex() throws TapException {
        return link().index();
    }

    /**
     * The MAC address.
     *
     * @return the address
     * @throws TapException if the kernel does not tell
     */
    public MacAddress mac() throws TapException {
        try {
            return file("read MAC address").mac();
        } catch (SyscallException e) {
            throw TapErrors.deviceCall(lastName, e);
        }
    }

    /**
     * The largest layer-3 packet.
     *
     * @return the MTU in bytes, without the Ethernet header
     * @throws TapException if the kernel does not tell
     */
    public int mtu() throws TapException {
        return link().mtu();
    }

    /**
     * Everything that rtnetlink tells about the interface.
     *
     * @return a description of this moment
     * @throws TapException if the kernel does not tell
     */
    public Link link() throws TapException {
        return DeviceLink.run(kernel, file("find link"), "", (rtnetlink, link) -> link);
    }

    /**
     * The size of the virtio-net header in front of each frame.
     *
     * @return 0 without a header, else 10, 12, 20 or 24
     */
    public int vnetHeaderSize() {
        return vnetHeaderSize;
    }

    /**
     * The virtio-net header in front of each frame.
     *
     * @return the header, {@link VnetHeader#NONE} without one
     */
    public VnetHeader vnetHeader() {
        return VnetHeader.ofLength(vnetHeaderSize);
    }

    /**
     * The offloads that were granted to this device, at its opening or by {@link #setOffloads}.
     *
     * @return the offloads
     */
    public Set<TapOffload> offloads() {
        return offloads;
    }

    /**
     * The offloads that are in force at this moment: fewer than granted if somebody switched one off, as {@code ethtool
     * -K} does. Of a macvtap link the kernel does not tell, and the granted ones are returned.
     *
     * @return the offloads, as the kernel tells them
     * @throws TapException if the kernel does not tell
     */
    public Set<TapOffload> activeOffloads() throws TapException {
        TapFile file = file("read offloads");
        if (link().tun().isEmpty()) {
            return offloads;
        }
        return DeviceLink.open(
                kernel,
                file,
                () -> ActiveOffloads.read(kernel.libc(), file.identity().name()));
    }

    /**
     * Changes the offloads of the running device. Frames that were queued before may still come with the old ones.
     *
     * @param offloads the offloads, exactly these
     * @return what the kernel granted
     * @throws TapException if the set is contradictory or not available; nothing has changed then
     */
    public Set<TapOffload> setOffloads(Set<TapOffload> offloads) throws TapException {
        return setOffloads(OffloadRequest.exactly(offloads));
    }

    /**
     * Changes the offloads of the running device. Frames that were queued before may still come with the old ones.
     *
     * @param request exactly some, or {@link OffloadRequest#BEST_AVAILABLE}
     * @return what the kernel granted
     * @throws TapException if the request is contradictory or not available; nothing has changed then
     */
    public Set<TapOffload> setOffloads(OffloadRequest request) throws TapException {
        Set<TapOffload> offloads = request.offloads();
        String conflict = TapOffload.conflict(offloads, vnetHeaderSize);
        if (!conflict.isEmpty()) {
            throw TapErrors.offloadConflict(lastName, offloads, vnetHeaderSize, conflict);
        }
        TapFile file = file("set offloads");
        try {
            this.offloads = OffloadProbe.apply(file, lastName, request);
        } catch (TapException e) {
            restoreOffloads(file, e);
            throw e;
        }
        return this.offloads;
    }

    private void restoreOffloads(TapFile file, TapException reason) {
        try {
            file.setOffload(TapOffload.mask(offloads));
        } catch (SyscallException e) {
            reason.addSuppressed(e);
        }
    }

    /**
     * The open queues.
     *
     * @return at most 256 queues by index, as of now; none once the device is closed
     */
    public List<TapQueue> queues() {
        return List.copyOf(queues.list());
    }

    /**
     * Attaches one more queue to a multi-queue device. After a failure it has the queues that it had.
     *
     * @return the queue, at the end of {@link #queues()}
     * @throws TapException if the kernel refuses
     */
    public TapQueue addQueue() throws TapException {
        return queues.add();
    }

    /** A queue's descriptor is closed. */
    void forget(TapQueue queue) {
        queues.remove(queue);
    }

    /**
     * The filters that the kernel runs before it hands frames over, and its choice of the queue.
     *
     * @return the operations on them
     */
    public TapFilters filters() {
        return filters;
    }

    /**
     * Sets the link up.
     *
     * @throws TapException if the kernel refuses
     */
    public void up() throws TapException {
        setUp(true);
    }

    /**
     * Sets the link down. Writes fail with EIO until it is up again.
     *
     * @throws TapException if the kernel refuses
     */
    public void down() throws TapException {
        setUp(false);
    }

    private void setUp(boolean up) throws TapException {
        String command = "ip link set " + lastName + (up ? " up" : " down");
        DeviceLink.run(kernel, file("set link state"), command, (rtnetlink, link) -> {
            if (link.isUp() != up) {
                rtnetlink.links().setUp(link.index(), up);
            }
            return null;
        });
    }

    /**
     * Sets the MTU.
     *
     * @param mtu 68 to 65521 bytes
     * @throws TapException if the kernel refuses
     */
    public void setMtu(int mtu) throws TapException {
        DeviceLink.run(kernel, file("set MTU"), "ip link set " + lastName + " mtu " + mtu, (rtnetlink, link) -> {
            if (link.mtu() != mtu) {
                rtnetlink.links().setMtu(link.index(), mtu);
            }
            return null;
        });
    }

    /**
     * Sets the MAC address. No privilege is needed, and the link may be up.
     *
     * @param mac an individual address
     * @throws TapException if the kernel refuses
     */
    public void setMac(MacAddress mac) throws TapException {
        try {
            file("set MAC address").setMac(mac);
        } catch (SyscallException e) {
            throw TapErrors.mac(lastName, mac, e);
        }
    }

    /**
     * Plugs the virtual cable in or out. No privilege is needed.
     *
     * @param carrier false for a link without carrier
     * @throws TapException if the kernel refuses
     */
    public void setCarrier(boolean carrier) throws TapException {
        try {
            file("set carrier").setCarrier(carrier);
        } catch (SyscallException e) {
            throw TapErrors.deviceCall(lastName, e);
        }
    }

    /**
     * Makes the interface outlive its last queue, or not. No privilege is needed.
     *
     * @param persistent true to keep it
     * @throws TapException if the kernel refuses
     */
    public void setPersistent(boolean persistent) throws TapException {
        try {
            file("set persistence").setPersistent(persistent);
        } catch (SyscallException e) {
            throw TapErrors.deviceCall(lastName, e);
        }
    }

    /**
     * Sets the user who may attach to the interface without privilege.
     *
     * @param uid the number of the user
     * @throws TapException if the kernel refuses
     */
    public void setOwner(int uid) throws TapException {
        try {
            file("set owner").setOwner(uid);
        } catch (SyscallException e) {
            throw TapErrors.owner(lastName, "user", uid, e);
        }
    }

    /**
     * Sets the group whose members may attach to the interface without privilege.
     *
     * @param gid the number of the group
     * @throws TapException if the kernel refuses
     */
    public void setGroup(int gid) throws TapException {
        try {
            file("set group").setGroup(gid);
        } catch (SyscallException e) {
            throw TapErrors.owner(lastName, "group", gid, e);
        }
    }

    /**
     * Sets how many frames wait for a reader before the kernel drops more.
     *
     * @param frames the length of the queue
     * @throws TapException if the kernel refuses
     */
    public void setTransmitQueueLength(int frames) throws TapException {
        String command = "ip link set " + lastName + " txqueuelen " + frames;
        DeviceLink.run(kernel, file("set transmit queue length"), command, (rtnetlink, link) -> {
            if (link.transmitQueueLength() != frames) {
                rtnetlink.links().setTransmitQueueLength(link.index(), frames);
            }
            return null;
        });
    }

    /**
     * Adds an IPv4 or IPv6 address.
     *
     * @param address the address with its prefix length
     * @throws TapException if the kernel refuses
     */
    public void addAddress(Cidr address) throws TapException {
        String command = "ip address add " + address + " dev " + lastName;
        DeviceLink.run(kernel, file("add address"), command, (rtnetlink, link) -> {
            rtnetlink.addresses().add(link.index(), address);
            return null;
        });
    }

    /**
     * Removes an address.
     *
     * @param address the address with its prefix length
     * @throws TapException if the kernel refuses
     */
    public void removeAddress(Cidr address) throws TapException {
        String command = "ip address del " + address + " dev " + lastName;
        DeviceLink.run(kernel, file("remove address"), command, (rtnetlink, link) -> {
            rtnetlink.addresses().remove(link.index(), address);
            return null;
        });
    }

    /**
     * The IPv4 and IPv6 addresses.
     *
     * @return the addresses with their prefix lengths
     * @throws TapException if the kernel does not tell
     */
    public List<Cidr> addresses() throws TapException {
        return DeviceLink.run(kernel, file("list addresses"), "", (rtnetlink, link) -> rtnetlink
                .addresses()
                .list(link.index()));
    }

    /**
     * Renames the interface.
     *
     * @param name the new name, 1 to 15 bytes
     * @throws TapException if the name is not one, or the kernel refuses
     */
    public void rename(String name) throws TapException {
        String fault = InterfaceName.fault(name);
        if (!fault.isEmpty()) {
            throw AttachErrors.invalidName(name, fault);
        }
        String command = "ip link set " + lastName + " name " + name;
        DeviceLink.run(kernel, file("rename link"), command, (rtnetlink, link) -> {
            rtnetlink.links().rename(link.index(), name);
            return null;
        });
    }

    /**
     * The kernel's counters: "received" is what was written to the queues, "transmitted" what the kernel sent towards
     * them, dropped frames included.
     *
     * @return the counters of this moment
     * @throws TapException if the kernel does not tell
     */
    public LinkStatistics statistics() throws TapException {
        return link().statistics();
    }

    /**
     * Opens an rtnetlink socket in the network namespace that the interface is in, for everything that has no method
     * here: routes, neighbors, bridges.
     *
     * @return the socket, to be closed by the caller
     * @throws TapException if the kernel gives none
     */
    public Rtnetlink openRtnetlink() throws TapException {
        return DeviceLink.open(kernel, file("open netlink socket"), kernel::openRtnetlink);
    }

    /**
     * The network namespace that the interface is in now. Where the kernel does not tell it, as to those who have no
     * CAP_NET_ADMIN there, it is that of the calling thread, if the interface is visible in it.
     *
     * @return the namespace, to be closed by the caller
     * @throws TapException if the device is closed, or its interface is gone or out of sight
     */
    public NetworkNamespace namespace() throws TapException {
        return DeviceLink.namespace(kernel, file("find network namespace"));
    }

    /**
     * Moves the interface to another network namespace. It arrives there down and without addresses; the queues keep
     * working, and this object reaches it there.
     *
     * @param namespace the namespace
     * @throws TapException if the kernel refuses
     */
    public void moveTo(NetworkNamespace namespace) throws TapException {
        DeviceLink.run(kernel, file("move link to namespace"), "", (rtnetlink, link) -> {
            rtnetlink.links().moveTo(link.index(), namespace.fd());
            return null;
        });
    }

    /**
     * Whether a queue is open.
     *
     * @return false once all queues are closed
     */
    public boolean isOpen() {
        return queues.list().stream().anyMatch(TapQueue::isOpen);
    }

    TapFile file(String operation) throws TapException {
        return queues.file(operation);
    }

    /**
     * Closes all queues; those that channels have taken close with their channels, soon afterwards. The kernel removes
     * an interface that is not persistent when its last queue is closed: {@link #closeFuture()} tells when that has
     * happened.
     */
    @Override
    public void close() {
        queues.close();
    }

    /**
     * Completes once every descriptor of this device is closed: an interface that is not persistent is gone by then,
     * unless another process holds a queue of it, and its name can be used again. A device whose channels close one by
     * one completes with the last of them.
     *
     * @return a future of the caller's own; what depends on it runs on the thread that closed the last descriptor, so
     *     it should not block
     */
    public CompletableFuture<Void> closeFuture() {
        return queues.closeFuture();
    }

    @Override
    public String toString() {
        return "TapDevice(name=" + lastName + ", queues=" + queues.list().size() + ", vnetHeaderSize=" + vnetHeaderSize
                + ", offloads=" + offloads + ", open=" + isOpen() + ")";
    }
}
