/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.codec.virtio.VirtioNetOffload;
import io.github.nettytap.codec.virtio.VirtioNetOption;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.OffloadRequest;
import io.github.nettytap.transport.device.PacketSocket;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapDeviceBuilder;
import io.github.nettytap.transport.device.TapOffload;
import io.github.nettytap.transport.device.TapQueue;
import io.github.nettytap.transport.netlink.Link;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.unix.PreferredDirectByteBufAllocator;

import java.io.IOException;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

/**
 * The configuration of a {@link TapChannel}.
 *
 * <p>Differs from Netty's defaults in three points. The allocator is {@link PooledByteBufAllocator#DEFAULT}: frames are
 * slices of a larger buffer, and of Netty's allocators it is the one whose slices are recycled rather than left to the
 * garbage collector. {@code maxMessagesPerRead} is 64. The write buffer water marks are 1 and 4 MiB, as a batch of 64
 * frames of a device with segmentation offload alone exceeds the usual 64 KiB.
 */
public final class TapChannelConfig extends DefaultChannelConfig {

    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(1 << 20, 4 << 20);

    private static final int MAX_HEADROOM = 1_024;

    private final TapChannel tapChannel;

    private OffloadRequest offloads = OffloadRequest.NONE;
    private int vnetHeaderSize = -1;
    private int mtu;
    private MacAddress mac;
    private Boolean up;
    private NetworkNamespace namespace;
    private int headroom;
    private boolean linkEvents;

    TapChannelConfig(TapChannel channel) {
        super(channel, new SlabRecvByteBufAllocator());
        tapChannel = channel;
        super.setAllocator(PooledByteBufAllocator.DEFAULT);
        super.setWriteBufferWaterMark(WATER_MARK);
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(
                super.getOptions(),
                TapChannelOption.TAP_OFFLOADS,
                TapChannelOption.TAP_VNET_HEADER_SIZE,
                TapChannelOption.TAP_VNET_HEADER,
                VirtioNetOption.NEGOTIATED,
                TapChannelOption.TAP_MTU,
                TapChannelOption.TAP_MAC,
                TapChannelOption.TAP_UP,
                TapChannelOption.TAP_NAMESPACE,
                TapChannelOption.TAP_HEADROOM,
                TapChannelOption.TAP_LINK_EVENTS);
    }

    @SuppressWarnings("unchecked")
    @Override
    public <T> T getOption(ChannelOption<T> option) {
        if (option == TapChannelOption.TAP_OFFLOADS) {
            return (T) offloadRequest();
        }
        if (option == TapChannelOption.TAP_VNET_HEADER_SIZE) {
            return (T) (Integer) getVnetHeaderSize();
        }
        if (option == TapChannelOption.TAP_VNET_HEADER) {
            return (T) getVnetHeader();
        }
        if (option == VirtioNetOption.NEGOTIATED) {
            return (T) negotiated();
        }
        if (option == TapChannelOption.TAP_MTU) {
            return (T) (Integer) getMtu();
        }
        if (option == TapChannelOption.TAP_MAC) {
            return (T) getMac();
        }
        if (option == TapChannelOption.TAP_UP) {
            return (T) (tapChannel.fd() == null ? up : (Boolean) isUp());
        }
        if (option == TapChannelOption.TAP_NAMESPACE) {
            return (T) namespace;
        }
        if (option == TapChannelOption.TAP_HEADROOM) {
            return (T) (Integer) headroom;
        }
        if (option == TapChannelOption.TAP_LINK_EVENTS) {
            return (T) (Boolean) linkEvents;
        }
        return super.getOption(option);
    }

    @SuppressWarnings("unchecked")
    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        validate(option, value);
        if (option == TapChannelOption.TAP_OFFLOADS) {
            setOffloads((OffloadRequest) value);
        } else if (option == TapChannelOption.TAP_VNET_HEADER_SIZE) {
            setVnetHeaderSize((Integer) value);
        } else if (option == TapChannelOption.TAP_VNET_HEADER) {
            setVnetHeaderSize(((VnetHeader) value).length());
        } else if (option == TapChannelOption.TAP_MTU) {
            setMtu((Integer) value);
        } else if (option == TapChannelOption.TAP_MAC) {
            setMac((MacAddress) value);
        } else if (option == TapChannelOption.TAP_UP) {
            setUp((Boolean) value);
        } else if (option == TapChannelOption.TAP_NAMESPACE) {
            setNamespace((NetworkNamespace) value);
        } else if (option == TapChannelOption.TAP_HEADROOM) {
            setHeadroom((Integer) value);
        } else if (option == TapChannelOption.TAP_LINK_EVENTS) {
            setLinkEvents((Boolean) value);
        } else {
            return super.setOption(option, value);
        }
        return true;
    }

    /**
     * The offloads that were asked for or, once the channel has its device, that are on.
     *
     * @return an unmodifiable set
     */
    public Set<TapOffload> getOffloads() {
        TapDevice device = tapChannel.device();
        PacketSocket socket = tapChannel.packetSocket();
        return device != null ? device.offloads() : socket != null ? socket.offloads() : offloads.offloads();
    }

    private OffloadRequest offloadRequest() {
        return tapChannel.fd() == null ? offloads : OffloadRequest.exactly(getOffloads());
    }

    /**
     * Sets {@link TapChannelOption#TAP_OFFLOADS}.
     *
     * @param offloads the offloads to ask for
     * @return this
     * @throws IllegalStateException if the channel has its device already
     */
    public TapChannelConfig setOffloads(OffloadRequest offloads) {
        ensureUnbound();
        this.offloads = Objects.requireNonNull(offloads, "offloads");
        return this;
    }

    /**
     * The length of the virtio-net header in front of each frame.
     *
     * @return 0, 10, 12, 20 or 24 bytes; before the device is opened -1 if it was not set
     */
    public int getVnetHeaderSize() {
        return tapChannel.fd() == null ? vnetHeaderSize : getVnetHeader().length();
    }

    /**
     * The virtio-net header in front of each frame: what the device has or, before it is opened, what was set, or
     * follows from the offloads.
     *
     * @return the header
     */
    public VnetHeader getVnetHeader() {
        TapDevice device = tapChannel.device();
        if (device != null) {
            return device.vnetHeader();
        }
        if (tapChannel.packetSocket() != null) {
            return tapChannel.packetSocket().vnetHeader();
        }
        return vnetHeaderSize < 0 ? TapOffload.headerFor(offloads.offloads()) : VnetHeader.ofLength(vnetHeaderSize);
    }

    private Set<VirtioNetOffload> negotiated() {
        EnumSet<VirtioNetOffload> negotiated = EnumSet.noneOf(VirtioNetOffload.class);
        for (TapOffload offload : getOffloads()) {
            negotiated.add(VirtioNetOffload.valueOf(offload.name()));
        }
        return Collections.unmodifiableSet(negotiated);
    }

    /**
     * Sets {@link TapChannelOption#TAP_VNET_HEADER_SIZE}.
     *
     * @param vnetHeaderSize the length in bytes
     * @return this
     * @throws IllegalStateException if the channel has its device already
     */
    public TapChannelConfig setVnetHeaderSize(int vnetHeaderSize) {
        ensureUnbound();
        this.vnetHeaderSize = vnetHeaderSize;
        return this;
    }

    /**
     * The MTU: what the device has, as the kernel reports it at this moment, or before it is opened what bind is to
     * set. Once the device is open this waits for the kernel, so it is not for event loops.
     *
     * @return the MTU in bytes; before the device is opened 0 to leave it as it is
     */
    public int getMtu() {
        return ofDevice(TapDevice::mtu, Link::mtu, mtu);
    }

    /**
     * Sets {@link TapChannelOption#TAP_MTU}.
     *
     * @param mtu the MTU in bytes
     * @return this
     * @throws IllegalStateException if the channel has its device already; use {@link TapDevice} then
     */
    public TapChannelConfig setMtu(int mtu) {
        ensureUnbound();
        this.mtu = mtu;
        return this;
    }

    /**
     * The MAC address: what the device has, as the kernel reports it at this moment, or before it is opened what bind
     * is to set.
     *
     * @return the address; before the device is opened null to leave it as it is
     */
    public MacAddress getMac() {
        return ofDevice(TapDevice::mac, link -> link.mac().orElse(mac), mac);
    }

    /**
     * Sets {@link TapChannelOption#TAP_MAC}.
     *
     * @param mac the address
     * @return this
     * @throws IllegalStateException if the channel has its device already; use {@link TapDevice} then
     */
    public TapChannelConfig setMac(MacAddress mac) {
        ensureUnbound();
        this.mac = mac;
        return this;
    }

    /**
     * Whether the link is up, as the kernel reports it at this moment, or before the device is opened whether bind is
     * to bring it up. Once the device is open this waits for the kernel, so it is not for event loops.
     *
     * @return true if it is up or is to be
     */
    public boolean isUp() {
        return ofDevice(device -> device.link().isUp(), Link::isUp, Boolean.TRUE.equals(up));
    }

    /** A question to the device. */
    private interface Question<T> {
        T ask(TapDevice device) throws IOException;
    }

    private <T> T ofDevice(Question<T> question, Function<Link, T> ofLink, T otherwise) {
        TapDevice device = tapChannel.device();
        PacketSocket socket = tapChannel.packetSocket();
        try {
            if (socket != null) {
                return ofLink.apply(socket.link());
            }
            return device == null ? otherwise : question.ask(device);
        } catch (IOException e) {
            return otherwise; // The device is closed or gone.
        }
    }

    /**
     * Sets {@link TapChannelOption#TAP_UP}.
     *
     * @param up true to bring the link up, false to bring it down
     * @return this
     * @throws IllegalStateException if the channel has its device already; use {@link TapDevice} then
     */
    public TapChannelConfig setUp(boolean up) {
        ensureUnbound();
        this.up = up;
        return this;
    }

    /**
     * The network namespace that bind is to open the device in.
     *
     * @return the namespace, or null for that of the process
     */
    public NetworkNamespace getNamespace() {
        return namespace;
    }

    /**
     * Sets {@link TapChannelOption#TAP_NAMESPACE}.
     *
     * @param namespace the namespace, which stays the caller's to close
     * @return this
     * @throws IllegalStateException if the channel has its device already
     */
    public TapChannelConfig setNamespace(NetworkNamespace namespace) {
        ensureUnbound();
        this.namespace = namespace;
        return this;
    }

    /**
     * The bytes kept free in front of each received frame.
     *
     * @return the number of bytes
     */
    public int getHeadroom() {
        return headroom;
    }

    /**
     * Sets {@link TapChannelOption#TAP_HEADROOM}.
     *
     * @param headroom the number of bytes, 0 to {@value #MAX_HEADROOM}; anything else fails the next {@code bind} or
     *     registration
     * @return this
     */
    public TapChannelConfig setHeadroom(int headroom) {
        // Only recorded: Bootstrap would log an exception and go on without the headroom that handlers count on.
        this.headroom = headroom;
        return this;
    }

    /** Refuses settings that could only be recorded so far. */
    void check() {
        if (headroom < 0 || headroom > MAX_HEADROOM) {
            throw new IllegalArgumentException(
                    "TAP_HEADROOM out of range: headroom=" + headroom + " (expected: 0 to " + MAX_HEADROOM + ")");
        }
    }

    /**
     * Whether the channel tells what happens to its link.
     *
     * @return true if it fires user events
     */
    public boolean isLinkEvents() {
        return linkEvents;
    }

    /**
     * Sets {@link TapChannelOption#TAP_LINK_EVENTS}.
     *
     * @param linkEvents true to fire user events
     * @return this
     */
    public TapChannelConfig setLinkEvents(boolean linkEvents) {
        this.linkEvents = linkEvents;
        return this;
    }

    private void ensureUnbound() {
        if (tapChannel.fd() != null) {
            throw new IllegalStateException("the device is open already: address=" + tapChannel.localAddress()
                    + " (expected: set the option before bind, or use the channel's device())");
        }
    }

    /** Opens what the options describe. May block for as long as the kernel takes, so only {@code bind} calls it. */
    TapQueue open(TapAddress address) throws IOException {
        TapDeviceBuilder builder = address.name().isEmpty() ? TapDevice.builder() : TapDevice.builder(address.name());
        if (vnetHeaderSize >= 0) {
            builder.vnetHeader(vnetHeaderSize);
        }
        builder.offloads(offloads);
        if (mtu != 0) {
            builder.mtu(mtu);
        }
        if (mac != null) {
            builder.mac(mac);
        }
        if (up != null) {
            builder.up(up);
        }
        // Not that of the loop's thread, which may have been started inside another one.
        try (NetworkNamespace process = namespace == null ? NetworkNamespace.ofThisProcess() : null) {
            return builder.namespace(namespace == null ? process : namespace)
                    .open()
                    .queues()
                    .get(0);
        }
    }

    /** How many frames may be delivered before a {@code channelReadComplete}. */
    int maxFramesPerRead() {
        RecvByteBufAllocator allocator = getRecvByteBufAllocator();
        return allocator instanceof MaxMessagesRecvByteBufAllocator
                ? Math.max(1, ((MaxMessagesRecvByteBufAllocator) allocator).maxMessagesPerRead())
                : 1;
    }

    /** What copies frames out of the receive buffers of the loop. */
    FrameCopier newCopier(RecvByteBufAllocator.ExtendedHandle handle) {
        if (getRecvByteBufAllocator() instanceof SlabRecvByteBufAllocator) {
            return new FrameCopier(getAllocator(), null, headroom);
        }
        PreferredDirectByteBufAllocator direct = new PreferredDirectByteBufAllocator();
        direct.updateAllocator(getAllocator());
        return new FrameCopier(direct, handle, headroom);
    }

    @Override
    protected void autoReadCleared() {
        tapChannel.autoReadCleared();
    }

    @Override
    @Deprecated
    public TapChannelConfig setMaxMessagesPerRead(int maxMessagesPerRead) {
        super.setMaxMessagesPerRead(maxMessagesPerRead);
        return this;
    }

    @Override
    public TapChannelConfig setMaxMessagesPerWrite(int maxMessagesPerWrite) {
        super.setMaxMessagesPerWrite(maxMessagesPerWrite);
        return this;
    }

    @Override
    public TapChannelConfig setConnectTimeoutMillis(int connectTimeoutMillis) {
        super.setConnectTimeoutMillis(connectTimeoutMillis);
        return this;
    }

    @Override
    public TapChannelConfig setWriteSpinCount(int writeSpinCount) {
        super.setWriteSpinCount(writeSpinCount);
        return this;
    }

    @Override
    public TapChannelConfig setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return this;
    }

    @Override
    public TapChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    @Override
    public TapChannelConfig setAutoRead(boolean autoRead) {
        super.setAutoRead(autoRead);
        return this;
    }

    @Override
    public TapChannelConfig setAutoClose(boolean autoClose) {
        super.setAutoClose(autoClose);
        return this;
    }

    @Override
    public TapChannelConfig setWriteBufferHighWaterMark(int writeBufferHighWaterMark) {
        super.setWriteBufferHighWaterMark(writeBufferHighWaterMark);
        return this;
    }

    @Override
    public TapChannelConfig setWriteBufferLowWaterMark(int writeBufferLowWaterMark) {
        super.setWriteBufferLowWaterMark(writeBufferLowWaterMark);
        return this;
    }

    @Override
    public TapChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark writeBufferWaterMark) {
        super.setWriteBufferWaterMark(writeBufferWaterMark);
        return this;
    }

    @Override
    public TapChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
        super.setMessageSizeEstimator(estimator);
        return this;
    }
}
