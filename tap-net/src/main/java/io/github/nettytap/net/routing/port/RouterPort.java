/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.port;

import io.github.nettytap.codec.counter.EnumCounters;
import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.Port;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.Channel;

import java.util.List;
import java.util.Set;

/**
 * An interface of the router: a channel, a MAC address and IP addresses on the link behind it, and what was counted
 * here.
 *
 * <p>Used on the event loop of the router, but for the counters, which any thread may read.
 */
public final class RouterPort extends Port {

    private final int number;
    private final long mac;
    private final List<Cidr> networks;
    private final boolean translates;
    private final boolean checksReversePath;
    private final PortAddresses addresses;
    private final EnumCounters<RouterCounter> counters = new EnumCounters<>(RouterCounter.class);
    private volatile int mtu;

    /**
     * Makes a channel a port.
     *
     * @param channel frames of Ethernet, each with a virtio-net header in front
     * @param vnetHeader that header, the same for all ports of the router
     * @param offloads what the other side of the channel takes
     * @param number tells the ports of a router apart
     * @param mac the router's 48-bit MAC address on this link, first octet most significant
     * @param mtu the longest IP packet that the link takes, in bytes
     * @param networks the router's addresses on the link, with their prefixes
     * @param translates whether packets leave through it with the router's address
     * @param checksReversePath whether packets must come from where an answer would go
     */
    public RouterPort(
            Channel channel,
            VnetHeader vnetHeader,
            Set<TapOffload> offloads,
            int number,
            long mac,
            int mtu,
            List<Cidr> networks,
            boolean translates,
            boolean checksReversePath) {
        super(channel, vnetHeader, offloads);
        this.number = number;
        this.mac = mac;
        this.mtu = mtu;
        this.networks = List.copyOf(networks);
        this.translates = translates;
        this.checksReversePath = checksReversePath;
        addresses = new PortAddresses(this.networks, mac);
    }

    /**
     * Tells the ports of a router apart.
     *
     * @return the number given at construction
     */
    public int number() {
        return number;
    }

    /**
     * How many frames that came in through this port had this fate. Any thread may ask.
     *
     * @param counter the fate
     * @return the number of frames
     */
    public long count(RouterCounter counter) {
        return counters.get(counter);
    }

    /**
     * The fates of frames that came in through this port. Any thread may read them.
     *
     * @return live counters
     */
    public EnumCounters<RouterCounter> counters() {
        return counters;
    }

    /**
     * All frames that came in here and went nowhere, and those that the channel could not send. Any thread may ask.
     *
     * @return the number of frames
     */
    public long drops() {
        long drops = channelCounters() == null ? 0 : channelCounters().drops();
        for (RouterCounter counter : RouterCounter.values()) {
            drops += counter.isDrop() ? count(counter) : 0;
        }
        return drops;
    }

    /**
     * Counts a frame that came in through this port. On the event loop of the router only.
     *
     * @param counter what has become of it
     */
    public void increment(RouterCounter counter) {
        counters.increment(counter);
    }

    /**
     * The router's MAC address on this link.
     *
     * @return the 48-bit address, first octet most significant
     */
    public long mac() {
        return mac;
    }

    /**
     * The longest IP packet that the link takes. Any thread may ask.
     *
     * @return the length in bytes, IP header included
     */
    public int mtu() {
        return mtu;
    }

    /**
     * The link takes longer or shorter packets from now on.
     *
     * @param mtu the length in bytes, IP header included
     */
    public void mtu(int mtu) {
        this.mtu = mtu;
    }

    /**
     * The router's addresses on the link, with their prefixes.
     *
     * @return the networks as they were given, unmodifiable; without the link-local one
     */
    public List<Cidr> networks() {
        return networks;
    }

    /**
     * Whether packets leave through it with the router's address.
     *
     * @return whether source NAT applies to what leaves through this port
     */
    public boolean translates() {
        return translates;
    }

    /**
     * Whether packets must come from where an answer would go.
     *
     * @return whether packets whose source is reached by way of another port are dropped
     */
    public boolean checksReversePath() {
        return checksReversePath;
    }

    /**
     * The same addresses as {@link #networks}, and the link-local one, as numbers.
     *
     * @return the addresses, which never change
     */
    public PortAddresses addresses() {
        return addresses;
    }

    @Override
    public String toString() {
        return "RouterPort(name=" + name() + ", networks=" + networks + ")";
    }
}
