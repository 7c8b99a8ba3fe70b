/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.transport.linux.TunIoctl;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

/**
 * Describes a TAP device and opens it.
 *
 * <p>Settings are only recorded; {@link #open()} checks all of them before it asks the kernel for anything, applies all
 * of them, and on any failure closes whatever it had opened. What is not set, or is so already, is left as the kernel
 * has it: an interface that was prepared by root can be opened by its owner with all its settings named. Not
 * thread-safe; may open several devices one after the other.
 */
public final class TapDeviceBuilder {

    private static final int DEFAULT_HEADER_SIZE = 12;
    private static final int BY_OFFLOADS = -1;

    /** Flags of TUNSETIFF that the macvtap driver refuses. */
    static final int NOT_OF_MACVTAP = TunIoctl.IFF_TUN_EXCL | TunIoctl.IFF_NAPI | TunIoctl.IFF_NO_CARRIER;

    private final Kernel kernel;
    private final String name;
    private int queues = 1;
    private boolean multiQueue;
    private int vnetHeader = BY_OFFLOADS;
    private OffloadRequest offloads = OffloadRequest.NONE;
    private Integer mtu;
    private MacAddress mac;
    private Boolean up;
    private NetworkNamespace namespace;
    private final List<Cidr> addresses = new ArrayList<>();
    private String node = TapFile.DEVICE_NODE;
    private boolean exclusive;
    private boolean existing;
    private boolean napi;
    private Boolean carrier;
    private Boolean persistent;
    private Integer owner;
    private Integer group;
    private int ifindex;
    private Integer transmitQueueLength;

    /** @param kernel what tests put in place of the real one, which is looked for by {@link #open()} if this is null */
    TapDeviceBuilder(Kernel kernel, String name) {
        this.kernel = kernel;
        this.name = name;
    }

    /**
     * Sets the number of queues. More than one makes the interface multi-queue.
     *
     * @param queues 1 to 256
     * @return this builder
     */
    public TapDeviceBuilder queues(int queues) {
        this.queues = queues;
        return this;
    }

    /**
     * Asks for a multi-queue interface even if only one queue is opened here. To attach to an existing interface this
     * must be what it is.
     *
     * @param multiQueue true to let more queues attach
     * @return this builder
     */
    public TapDeviceBuilder multiQueue(boolean multiQueue) {
        this.multiQueue = multiQueue;
        return this;
    }

    /**
     * Sets the size of the virtio-net header in front of each frame. Left out, it follows from the offloads: none
     * without offloads, else 12 bytes, 24 with tunnel offloads.
     *
     * @param size 0 for no header, else 10, 12, 20 or 24
     * @return this builder
     */
    public TapDeviceBuilder vnetHeader(int size) {
        vnetHeader = size;
        return this;
    }

    /**
     * Sets the virtio-net header in front of each frame. Left out, it follows from the offloads: none without offloads,
     * else {@link VnetHeader#V1}, or {@link VnetHeader#TUNNEL} with tunnel offloads.
     *
     * @param header the header
     * @return this builder
     */
    public TapDeviceBuilder vnetHeader(VnetHeader header) {
        return vnetHeader(header.length());
    }

    /**
     * Switches the virtio-net header on, with 12 bytes, or off.
     *
     * @param on true for a header of 12 bytes
     * @return this builder
     */
    public TapDeviceBuilder vnetHeader(boolean on) {
        return vnetHeader(on ? DEFAULT_HEADER_SIZE : 0);
    }

    /**
     * Sets the offloads.
     *
     * @param request exactly some, or {@link OffloadRequest#BEST_AVAILABLE}
     * @return this builder
     */
    public TapDeviceBuilder offloads(OffloadRequest request) {
        offloads = Objects.requireNonNull(request, "request");
        return this;
    }

    /**
     * Sets the offloads, which are refused if a part of them is not available.
     *
     * @param offloads the offloads, empty for none
     * @return this builder
     */
    public TapDeviceBuilder offloads(Collection<TapOffload> offloads) {
        return offloads(OffloadRequest.exactly(offloads));
    }

    /**
     * Sets the offloads one by one, which are refused if a part of them is not available.
     *
     * @param offloads the offloads, none to switch all off
     * @return this builder
     */
    public TapDeviceBuilder offloads(TapOffload... offloads) {
        return offloads(OffloadRequest.exactly(offloads));
    }

    /**
     * Sets the MTU.
     *
     * @param mtu 68 to 65521 bytes
     * @return this builder
     */
    public TapDeviceBuilder mtu(int mtu) {
        this.mtu = mtu;
        return this;
    }

    /**
     * Sets the MAC address.
     *
     * @param mac an individual address
     * @return this builder
     */
    public TapDeviceBuilder mac(MacAddress mac) {
        this.mac = mac;
        return this;
    }

    /**
     * Sets the link up or down once everything else is set.
     *
     * @param up true for up
     * @return this builder
     */
    public TapDeviceBuilder up(boolean up) {
        this.up = up;
        return this;
    }

    /**
     * Adds an IPv4 or IPv6 address.
     *
     * @param address the address with its prefix length
     * @return this builder
     */
    public TapDeviceBuilder address(Cidr address) {
        addresses.add(address);
        return this;
    }

    /**
     * Only creates: an interface that has the name already is an error. Otherwise such an interface is attached to.
     *
     * @param exclusive true to create only
     * @return this builder
     */
    public TapDeviceBuilder exclusive(boolean exclusive) {
        this.exclusive = exclusive;
        return this;
    }

    /**
     * Only attaches: an interface of the name must exist. Otherwise a missing one is created.
     *
     * @param existing true to attach only
     * @return this builder
     */
    public TapDeviceBuilder existing(boolean existing) {
        this.existing = existing;
        return this;
    }

    /**
     * Makes the interface outlive this process, or not.
     *
     * @param persistent true to keep it after the last queue is closed
     * @return this builder
     */
    public TapDeviceBuilder persistent(boolean persistent) {
        this.persistent = persistent;
        return this;
    }

    /**
     * Sets the user who may attach to the interface without privilege.
     *
     * @param uid the number of the user
     * @return this builder
     */
    public TapDeviceBuilder owner(int uid) {
        owner = uid;
        return this;
    }

    /**
     * Sets the group whose members may attach to the interface without privilege. With an owner set as well, both must
     * match.
     *
     * @param gid the number of the group
     * @return this builder
     */
    public TapDeviceBuilder group(int gid) {
        group = gid;
        return this;
    }

    /**
     * Sets the carrier that the link starts with; on, if nothing is said.
     *
     * @param carrier false for a link that looks unplugged until {@link TapDevice#setCarrier}
     * @return this builder
     */
    public TapDeviceBuilder carrier(boolean carrier) {
        this.carrier = carrier;
        return this;
    }

    /**
     * Chooses the number of a new interface in its network namespace.
     *
     * @param ifindex the number, at least 1
     * @return this builder
     */
    public TapDeviceBuilder ifindex(int ifindex) {
        this.ifindex = ifindex;
        return this;
    }

    /**
     * Hands written frames to the kernel by way of NAPI, which can merge them (GRO) at the price of a detour. It made
     * every case slower where it was measured without threaded NAPI.
     *
     * @param napi true for NAPI
     * @return this builder
     */
    public TapDeviceBuilder napi(boolean napi) {
        this.napi = napi;
        return this;
    }

    /**
     * Sets how many frames wait for a reader before the kernel drops more.
     *
     * @param frames the length of the queue, 1000 if nothing is said
     * @return this builder
     */
    public TapDeviceBuilder transmitQueueLength(int frames) {
        transmitQueueLength = frames;
        return this;
    }

    /**
     * Opens the character device of a macvtap link in place of {@code /dev/net/tun}. Needed only where the link has no
     * name here or the node lies elsewhere: the name of a macvtap link leads to {@code /dev/tapN} by itself. The link
     * exists already, so only the settings of header, offloads, MAC address and link apply; a name, if given, must be
     * the link's. Such a
     * descriptor does not tell its network namespace, so later calls about the link are made in that namespace, as with
     * {@link NetworkNamespace#call}.
     *
     * @param node {@code /dev/tapN}, N being the ifindex of the macvtap link
     * @return this builder
     */
    public TapDeviceBuilder node(Path node) {
        this.node = node.toString();
        return this;
    }

    /**
     * Opens the device in a network namespace other than that of the calling thread.
     *
     * @param namespace the namespace, which is needed only until the device is open
     * @return this builder
     */
    public TapDeviceBuilder namespace(NetworkNamespace namespace) {
        this.namespace = namespace;
        return this;
    }

    /**
     * Creates the interface, or attaches to the one that has the name, and applies the settings.
     *
     * @return the device, to be closed by the caller
     * @throws TapException if a setting is wrong or the kernel refuses; nothing is left open then
     */
    public TapDevice open() throws TapException {
        new SettingsCheck(this).run();
        TapOpener opener = new TapOpener(kernel == null ? TapAvailability.kernel() : kernel, this);
        if (namespace == null || namespace.isCurrent()) {
            return opener.open();
        }
        try {
            return namespace.call(opener::open);
        } catch (TapException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    String name() {
        return name;
    }

    int queues() {
        return queues;
    }

    boolean multiQueue() {
        return multiQueue || queues > 1;
    }

    int vnetHeader() {
        return vnetHeader == BY_OFFLOADS ? TapOffload.headerSizeFor(offloads.offloads()) : vnetHeader;
    }

    OffloadRequest offloads() {
        return offloads;
    }

    /** Null if not set. */
    Integer mtu() {
        return mtu;
    }

    /** Null if not set. */
    MacAddress mac() {
        return mac;
    }

    /** Null if not set. */
    Boolean up() {
        return up;
    }

    List<Cidr> addresses() {
        return addresses;
    }

    String node() {
        return node;
    }

    boolean isMacvtap() {
        return !node.equals(TapFile.DEVICE_NODE);
    }

    boolean exclusive() {
        return exclusive;
    }

    boolean existing() {
        return existing;
    }

    /** Null if not set. */
    Boolean persistent() {
        return persistent;
    }

    /** Null if not set. */
    Integer owner() {
        return owner;
    }

    /** Null if not set. */
    Integer group() {
        return group;
    }

    /** 0 if not set. */
    int ifindex() {
        return ifindex;
    }

    /** Null if not set. */
    Integer transmitQueueLength() {
        return transmitQueueLength;
    }

    /** The flags of TUNSETIFF for the first queue. */
    int flags() {
        return queueFlags() | (exclusive ? TunIoctl.IFF_TUN_EXCL : 0);
    }

    /** The flags of TUNSETIFF for each further queue, by when the interface exists. */
    int queueFlags() {
        return TunIoctl.IFF_TAP
                | TunIoctl.IFF_NO_PI
                | (multiQueue() ? TunIoctl.IFF_MULTI_QUEUE : 0)
                | (vnetHeader() > 0 ? TunIoctl.IFF_VNET_HDR : 0)
                | (napi ? TunIoctl.IFF_NAPI : 0)
                | (Boolean.FALSE.equals(carrier) ? TunIoctl.IFF_NO_CARRIER : 0);
    }
}
