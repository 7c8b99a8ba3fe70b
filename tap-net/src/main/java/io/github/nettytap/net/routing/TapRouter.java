/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import io.github.nettytap.codec.counter.EnumCounters;
import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.Port;
import io.github.nettytap.net.routing.dhcp.DhcpLeaseFile;
import io.github.nettytap.net.routing.dns.DnsCounter;
import io.github.nettytap.net.routing.dns.UpstreamSockets;
import io.github.nettytap.net.routing.nat.ForwardedPort;
import io.github.nettytap.net.routing.nat.NatSettings;
import io.github.nettytap.net.routing.nat.SourceNat;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.net.routing.table.Routes;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapChannelOption;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapException;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * A router that runs: an event loop, and a channel for each TAP device that was added.
 *
 * <pre>{@code
 *   TapRouter router = new TapRouter(loops, VnetHeader.V1, (port, cause) -> …);
 *   router.add(left, PortSettings.of(List.of(Cidr.parse("10.0.0.1/24"), Cidr.parse("2001:db8::1/64"))));
 *   router.add(right, PortSettings.of(List.of(Cidr.parse("10.0.1.1/24"))));
 *   router.addRoute(Cidr.parse("0.0.0.0/0"), InetAddress.getByName("10.0.1.254"));
 * }</pre>
 *
 * <p>The addresses are those of the router, not of the interface that the device makes: on the other side of a TAP is
 * the kernel, or a machine, and the router is its neighbor on that link, with a MAC address of its own.
 *
 * <p>Closing it closes the channels and with them the devices. Thread-safe; none of its methods may be called on its
 * event loop.
 */
public final class TapRouter implements AutoCloseable {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(TapRouter.class);

    private static final long TICK_MILLIS = 200;
    private static final long SHUTDOWN_SECONDS = 10;

    private final TapEventLoopGroup loops;
    private final EventLoop loop;
    private final VnetHeader vnetHeader;
    private final Router router;
    private final List<RouterPort> ports = new CopyOnWriteArrayList<>();

    /**
     * Makes a router without ports.
     *
     * @param loops one event loop, which belongs to the router and ends with it
     * @param vnetHeader the virtio-net header that all devices have
     * @param onFailure told, on the event loop, when a port has failed; its channel is closed then
     */
    public TapRouter(TapEventLoopGroup loops, VnetHeader vnetHeader, BiConsumer<RouterPort, Throwable> onFailure) {
        this(loops, vnetHeader, NatSettings.DEFAULT, onFailure);
    }

    /**
     * Makes a router without ports.
     *
     * @param loops one event loop, which belongs to the router and ends with it
     * @param vnetHeader the virtio-net header that all devices have
     * @param natSettings how much NAT remembers, and for how long
     * @param onFailure told, on the event loop, when a port has failed; its channel is closed then
     */
    public TapRouter(
            TapEventLoopGroup loops,
            VnetHeader vnetHeader,
            NatSettings natSettings,
            BiConsumer<RouterPort, Throwable> onFailure) {
        this.loops = loops;
        this.vnetHeader = vnetHeader;
        loop = loops.next();
        router = new Router(
                vnetHeader,
                natSettings,
                () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()),
                new UpstreamSockets(loop),
                onFailure);
        loop.scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** The first failure would be the last tick. */
    private void tick() {
        try {
            router.tick();
        } catch (RuntimeException | OutOfMemoryError e) {
            LOGGER.warn("the router's timers failed, and run again in {} ms", TICK_MILLIS, e);
        }
    }

    /**
     * Makes a device a port.
     *
     * @param device an open device with one queue, which belongs to the router from now on, and is closed if it is
     *     refused
     * @param settings what it is to be
     * @throws TapException if the device is gone
     * @throws IllegalArgumentException if a network of the port is on another one, or the virtio-net header of the
     *     device is not the router's
     * @throws UncheckedIOException if the file of its leases cannot be read or written
     * @throws InterruptedException if the thread is interrupted meanwhile; the device stays open then, and may be a
     *     port
     */
    public void add(TapDevice device, PortSettings settings) throws TapException, InterruptedException {
        if (device.vnetHeaderSize() != vnetHeader.length()) {
            device.close();
            throw new IllegalArgumentException("port with another virtio-net header: port=" + device.name()
                    + ", vnetHeaderSize=" + device.vnetHeaderSize() + " (expected: " + vnetHeader.length() + ")");
        }
        int mtu;
        DhcpLeaseFile leases;
        try {
            onLoop(() -> {
                router.check(settings);
                return null;
            });
            mtu = device.mtu();
            leases = openLeases(settings);
        } catch (TapException | RuntimeException e) {
            device.close();
            throw e;
        }
        MacAddress set = settings.mac();
        long mac = (set == null ? RouterMac.of(device.name()) : set).value();
        new Bootstrap()
                .group(loop)
                .channelFactory(TapChannel.factory(device))
                .option(TapChannelOption.TAP_LINK_EVENTS, true)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        RouterPort port = router.addPort(channel, mac, mtu, device.offloads(), settings, leases);
                        ports.add(port);
                        channel.pipeline().addLast(router.handler(port));
                    }
                })
                .register()
                .sync();
    }

    /**
     * Makes any channel of frames a port, such as an end of a patch cable.
     *
     * @param channel not registered yet; its frames have the virtio-net header of this router. It belongs to the router
     *     from now on.
     * @param offloads what the other side of the channel takes
     * @param mtu of the network behind it, in bytes
     * @param settings what the port is to be
     * @return the port
     * @throws IllegalArgumentException if a network of the port is on another one; the channel is closed then
     * @throws UncheckedIOException if the file of its leases cannot be read or written; the channel is closed then
     * @throws InterruptedException if the thread is interrupted meanwhile; the channel is not closed then, and may be a
     *     port
     */
    public RouterPort add(Channel channel, Set<TapOffload> offloads, int mtu, PortSettings settings)
            throws InterruptedException {
        DhcpLeaseFile leases;
        try {
            onLoop(() -> {
                router.check(settings);
                return null;
            });
            leases = openLeases(settings);
        } catch (RuntimeException e) {
            channel.unsafe().closeForcibly();
            throw e;
        }
        String name =
                channel.hasAttr(Port.NAME) ? channel.attr(Port.NAME).get() : String.valueOf(channel.localAddress());
        long mac = (settings.mac() == null ? RouterMac.of(name) : settings.mac()).value();
        channel.pipeline().addLast(new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel made) {
                RouterPort port = router.addPort(made, mac, mtu, offloads, settings, leases);
                ports.add(port);
                made.pipeline().addLast(router.handler(port));
            }
        });
        loop.register(channel).sync();
        return ports.stream()
                .filter(port -> port.channel() == channel)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("port lost at once: port=" + name));
    }

    /**
     * The MAC address of a port that is given none, for those who have better names for it than its channel.
     *
     * @param name what tells the port from all others of its link
     * @return an address that is always the same for the name
     */
    public static MacAddress macOf(String name) {
        return RouterMac.of(name);
    }

    /**
     * The event loop of the router, which ends with it.
     *
     * @return the loop
     */
    public EventLoop eventLoop() {
        return loop;
    }

    /**
     * The virtio-net header that frames have at each port.
     *
     * @return the header
     */
    public VnetHeader vnetHeader() {
        return vnetHeader;
    }

    /**
     * Closes a port and forgets its networks, the routes through gateways in them, and its DHCP server. What NAT knows
     * of connections through it stays until they time out, so that they go on if the port comes back with its addresses.
     *
     * @param port one of {@link #ports()}, failed or not
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public void remove(RouterPort port) throws InterruptedException {
        if (!ports.remove(port)) {
            throw new IllegalArgumentException("not a port of this router: port=" + port.name());
        }
        port.channel().close().await();
        Runnable[] end = {() -> {}};
        onLoop(() -> {
            end[0] = router.removePort(port);
            return null;
        });
        end[0].run();
    }

    private static DhcpLeaseFile openLeases(PortSettings settings) {
        Path file = settings.dhcp() == null ? null : settings.dhcp().leaseFile();
        try {
            return file == null ? null : DhcpLeaseFile.open(file);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "no file for DHCP leases: file=" + file + ", cause=" + e
                            + " (expected: a file in a folder that this user may write to)",
                    e);
        }
    }

    /**
     * Adds a route through a gateway, or replaces the one of the same prefix.
     *
     * @param destination the prefix
     * @param gateway a neighbor in the network of a port, of the same IP version
     * @throws IllegalArgumentException if the gateway is not on a network of a port, or of another IP version
     * @throws InterruptedException if the thread is interrupted meanwhile; the route may be added all the same
     */
    public void addRoute(Cidr destination, InetAddress gateway) throws InterruptedException {
        onLoop(() -> {
            router.addRoute(destination, gateway);
            return null;
        });
    }

    /**
     * Forgets a route through a gateway.
     *
     * @param destination the prefix of one that was added
     * @throws IllegalArgumentException if there is none for it
     * @throws InterruptedException if the thread is interrupted meanwhile; the route may be removed all the same
     */
    public void removeRoute(Cidr destination) throws InterruptedException {
        onLoop(() -> {
            router.removeRoute(destination);
            return null;
        });
    }

    /**
     * The routing table of this moment, for people to read.
     *
     * @return the networks of ports, then the routes through gateways
     * @throws InterruptedException if the thread is interrupted while it waits for the event loop
     */
    public List<Routes.Entry> routes() throws InterruptedException {
        List<Routes.Entry> entries = new ArrayList<>();
        onLoop(() -> entries.addAll(router.routes()));
        return entries;
    }

    /**
     * The connections that NAT knows at this moment, for people to read. The event loop walks the whole table.
     *
     * @param most how many at most
     * @return in no order
     * @throws InterruptedException if the thread is interrupted while it waits for the event loop
     */
    public List<SourceNat.Entry> natEntries(int most) throws InterruptedException {
        List<SourceNat.Entry> entries = new ArrayList<>();
        onLoop(() -> entries.addAll(router.natEntries(most)));
        return entries;
    }

    /**
     * How many connections NAT knows.
     *
     * @return the number; any thread may ask
     */
    public int natSize() {
        return router.natSize();
    }

    private void onLoop(Callable<?> task) throws InterruptedException {
        try {
            loop.submit(task).get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException
                    ? (RuntimeException) e.getCause()
                    : new IllegalStateException(e.getCause());
        }
    }

    /**
     * The ports that are forwarded to hosts inside, and what has come of them. Any thread may ask.
     *
     * @return the live list, one entry for each outside address of a forward; not to be changed
     */
    public List<ForwardedPort> forwardedPorts() {
        return router.forwardedPorts();
    }

    /**
     * What has happened to DNS queries. Any thread may read it.
     *
     * @return the live counters
     */
    public EnumCounters<DnsCounter> dnsCounters() {
        return router.dnsCounters();
    }

    /**
     * How often a DHCP client wanted a name that it could not have. Any thread may ask.
     *
     * @return the number since the router was made
     */
    public long namesRefused() {
        return router.namesRefused();
    }

    /**
     * How full the tables of the router are. Any thread may ask.
     *
     * @return neighbors, NAT and DNS queries, then the leases of each port with a DHCP server
     */
    public List<RouterTable> tables() {
        return router.tables();
    }

    /**
     * All ports that were added and not removed, those that have failed included. Any thread may ask.
     *
     * @return a copy, in the order in which they were added
     */
    public List<RouterPort> ports() {
        return List.copyOf(ports);
    }

    @Override
    public void close() {
        if (loops.isShuttingDown()) {
            return;
        }
        loop.submit(router::end).syncUninterruptibly();
        ports.forEach(port -> port.channel().close().syncUninterruptibly());
        loops.shutdownGracefully(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
        router.close();
    }
}
