/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.transport.netlink.Cidr;
import io.github.nettytap.transport.netlink.Link;

import java.util.List;
import java.util.Set;

/**
 * A TAP interface that this process is attached to, with one or more queues of it.
 *
 * <p>What is asked here is asked from the kernel at that moment, in the network namespace that the interface is in,
 * since names, addresses and even the namespace may be changed by others. Changing MTU, state and addresses needs
 * CAP_NET_ADMIN in that namespace; the MAC address and all that belongs to the descriptor do not. Thread-safe. Calls may
 * wait for the kernel's network configuration lock, so none belongs on an event loop, {@code close} excepted.
 */
public final class TapDevice implements AutoCloseable {

    private final Kernel kernel;
    private final List<TapQueue> queues;
    private final int vnetHeaderSize;
    private final Set<TapOffload> offloads;
    private volatile String lastName;

    TapDevice(Kernel kernel, String name, List<TapFile> files, int vnetHeaderSize, Set<TapOffload> offloads) {
        this.kernel = kernel;
        lastName = name;
        TapQueue[] array = new TapQueue[files.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = new TapQueue(this, i, files.get(i));
        }
        queues = List.of(array);
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
        return new TapDeviceBuilder(Kernel.real(), nameOrTemplate);
    }

    /**
     * Starts the description of a device whose name the kernel chooses.
     *
     * @return the builder
     */
    public static TapDeviceBuilder builder() {
        return new TapDeviceBuilder(Kernel.real(), "tap%d");
    }

    /**
     * The name. It may change at any time.
     *
     * @return the current name; the last known one if the device is closed or gone
     */
    public String name() {
        for (TapQueue queue : queues) {
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
     * The offloads that are on.
     *
     * @return what the kernel granted
     */
    public Set<TapOffload> offloads() {
        return offloads;
    }

    /**
     * The queues, open ones and closed ones.
     *
     * @return 1 to 256 queues by index
     */
    public List<TapQueue> queues() {
        return queues;
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
            rtnetlink.links().setUp(link.index(), up);
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
            rtnetlink.links().setMtu(link.index(), mtu);
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
        return queues.stream().anyMatch(TapQueue::isOpen);
    }

    private TapFile file(String operation) throws TapException {
        for (TapQueue queue : queues) {
            if (queue.isOpen()) {
                return queue.file();
            }
        }
        throw TapErrors.closed(operation, lastName);
    }

    /**
     * Closes all queues; those that channels have taken close with their channels, soon afterwards. The kernel removes an
     * interface that is not persistent when its last queue is closed.
     */
    @Override
    public void close() {
        queues.forEach(TapQueue::close);
    }

    @Override
    public String toString() {
        return "TapDevice(name=" + name() + ", queues=" + queues.size() + ", vnetHeaderSize=" + vnetHeaderSize
                + ", offloads=" + offloads + ", open=" + isOpen() + ")";
    }
}
