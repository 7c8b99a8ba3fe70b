/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.socket.SocketPort;
import io.github.nettytap.net.port.socket.SocketPortAddress;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapChannelOption;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * A switch that runs: event loops, and a channel for each TAP device that was added.
 *
 * <p>Closing it closes the channels and with them the devices; interfaces that are not persistent are gone then.
 * Thread-safe; none of its methods may be called on one of its event loops.
 */
public final class TapSwitch implements AutoCloseable {

    private static final long SHUTDOWN_SECONDS = 10;

    private final EthernetSwitch lan;
    private final TapEventLoopGroup loops;
    private final SwitchListener listener;
    private final List<SwitchPort> ports = new CopyOnWriteArrayList<>();
    private final List<SocketPort> sockets = new CopyOnWriteArrayList<>();

    /**
     * Makes a switch without ports.
     *
     * @param loops the event loops, which belong to the switch and end with it
     * @param settings what holds for all ports
     * @param listener gets to know what happens to ports
     */
    public TapSwitch(TapEventLoopGroup loops, SwitchSettings settings, SwitchListener listener) {
        this(loops, settings, listener, EthernetSwitch.secondsFromNow());
    }

    TapSwitch(TapEventLoopGroup loops, SwitchSettings settings, SwitchListener listener, LongSupplier clock) {
        this.loops = loops;
        this.listener = listener;
        lan = new EthernetSwitch(settings, new FailuresAfterStart(listener), clock);
    }

    /**
     * The switch itself: its FDB, its counters, and ports that are not TAPs.
     *
     * @return the switch; a channel that gets a port of it should be on {@link #loops()}
     */
    public EthernetSwitch ethernetSwitch() {
        return lan;
    }

    /**
     * The event loops of the ports, which end with the switch.
     *
     * @return the loops
     */
    public TapEventLoopGroup loops() {
        return loops;
    }

    /**
     * Makes a device a port.
     *
     * @param device an open device with one queue, which belongs to the switch from now on
     * @return the port
     * @throws IllegalArgumentException if it cannot be a port of this switch; its device is closed then
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public SwitchPort add(TapDevice device) throws InterruptedException {
        return add(device, PortPolicy.DEFAULT);
    }

    /**
     * Makes a device a port.
     *
     * @param device an open device with one queue, which belongs to the switch from now on
     * @param policy what the port may do, and what is done for it
     * @return the port
     * @throws IllegalArgumentException if it cannot be a port of this switch with this policy; its device is closed
     *     then
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public SwitchPort add(TapDevice device, PortPolicy policy) throws InterruptedException {
        TapChannel channel = TapChannel.factory(device).newChannel();
        channel.config().setOption(TapChannelOption.TAP_LINK_EVENTS, true);
        return add(channel, device.vnetHeader(), device.offloads(), policy);
    }

    /**
     * Makes any channel of frames a port, such as an end of a patch cable.
     *
     * @param channel not registered yet; it belongs to the switch from now on. Handlers that are in its pipeline stay in
     *     front of the switch.
     * @param vnetHeader the virtio-net header in front of each frame
     * @param offloads what the other side of the channel takes
     * @param policy what the port may do, and what is done for it
     * @return the port
     * @throws IllegalArgumentException if it cannot be a port of this switch with this policy; it is closed then
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public SwitchPort add(Channel channel, VnetHeader vnetHeader, Set<TapOffload> offloads, PortPolicy policy)
            throws InterruptedException {
        PortLife life = new PortLife();
        channel.pipeline().addLast(lan.newPort(vnetHeader, offloads, policy), life);
        loops.register(channel).sync();
        life.attached.await();
        if (life.refusal != null) {
            channel.close().await();
            throw new IllegalArgumentException(life.refusal.getMessage(), life.refusal);
        }
        SwitchPort added = lan.ports().stream()
                .filter(port -> port.channel() == channel)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("port lost at once: port=" + channel.localAddress()));
        ports.add(added);
        return added;
    }

    /**
     * Opens a socket each of whose peers is a port for as long as it is connected: {@link #ports()} has it meanwhile,
     * and the listener hears of it.
     *
     * @param address where the socket is
     * @param vnetHeader the virtio-net header that the ports of this switch have; on the wire there is none
     * @param policy what each of these ports may do, and what is done for it
     * @return the socket, which ends with the switch
     * @throws IOException if the socket cannot be bound; the message says what is in the way
     */
    public SocketPort add(SocketPortAddress address, VnetHeader vnetHeader, PortPolicy policy) throws IOException {
        return add(address, vnetHeader, policy, channel -> {});
    }

    /**
     * Opens a socket as {@link #add(SocketPortAddress, VnetHeader, PortPolicy)} does.
     *
     * @param address where the socket is
     * @param vnetHeader the virtio-net header that the ports of this switch have; on the wire there is none
     * @param policy what each of these ports may do, and what is done for it
     * @param inFront puts handlers into the pipeline of each peer in front of the switch: they see what the switch
     *     sees, with the virtio-net header. On the event loop of the peer.
     * @return the socket, which ends with the switch
     * @throws IOException if the socket cannot be bound; the message says what is in the way
     */
    public SocketPort add(
            SocketPortAddress address, VnetHeader vnetHeader, PortPolicy policy, Consumer<Channel> inFront)
            throws IOException {
        Map<String, SwitchPort> peers = new ConcurrentHashMap<>();
        SocketPort socket = SocketPort.builder(address)
                .vnetHeader(vnetHeader)
                .handler(name -> new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel peer) {
                        inFront.accept(peer);
                        peer.pipeline().addLast(lan.newPort(vnetHeader, Set.of(), policy));
                    }
                })
                .observer(new SocketPort.Observer() {
                    @Override
                    public void connected(String name) {
                        lan.ports().stream()
                                .filter(port -> port.name().equals(name))
                                .findFirst()
                                .ifPresent(port -> {
                                    peers.put(name, port);
                                    ports.add(port);
                                    listener.peerConnected(port);
                                });
                    }

                    @Override
                    public void disconnected(String name, String reason) {
                        SwitchPort port = peers.remove(name);
                        if (port != null) {
                            if (ports.remove(port)) {
                                listener.peerRemoved(port);
                            }
                            listener.peerDisconnected(name, reason);
                        }
                    }

                    @Override
                    public void refused(String name, String reason) {
                        listener.peerRefused(name, reason);
                    }
                })
                .open(loops);
        sockets.add(socket);
        return socket;
    }

    /**
     * Closes a socket and with it the ports of its peers.
     *
     * @param socket one of {@link #sockets()}
     */
    public void remove(SocketPort socket) {
        if (!sockets.remove(socket)) {
            throw new IllegalArgumentException("not a socket of this switch: port=" + socket.address());
        }
        socket.close();
    }

    /**
     * The sockets that were added and not removed.
     *
     * @return a new list, in the order in which they were added
     */
    public List<SocketPort> sockets() {
        return List.copyOf(sockets);
    }

    /**
     * Takes a port out, with its FDB entries, and closes its device. Frames that are on their way to it from other
     * event loops are dropped.
     *
     * @param port a port of {@link #ports()}, failed or not
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public void remove(SwitchPort port) throws InterruptedException {
        if (!ports.remove(port)) {
            throw new IllegalArgumentException("not a port of this switch: port=" + port.name());
        }
        PortLife life = port.channel().pipeline().get(PortLife.class);
        port.channel().close().await();
        if (life != null) {
            life.detached.await();
        }
    }

    /**
     * All ports that were added and not removed, those that have failed included.
     *
     * @return a new list, in the order in which they were added
     */
    public List<SwitchPort> ports() {
        return List.copyOf(ports);
    }

    @Override
    public void close() {
        // First, since a loop that is busy flooding would come to the closing only when it has caught up.
        lan.stop();
        sockets.forEach(SocketPort::close);
        // All are asked before the first is waited for: the kernel removes many interfaces in hardly more time than
        // one.
        List<ChannelFuture> closing =
                ports.stream().map(port -> port.channel().close()).toList();
        closing.forEach(ChannelFuture::awaitUninterruptibly);
        loops.shutdownGracefully(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
        lan.releaseQueued();
    }

    /** What keeps a channel from becoming a port is thrown by {@link #add}, and not reported besides. */
    private record FailuresAfterStart(SwitchListener listener) implements SwitchListener {

        @Override
        public void portFailed(Channel channel, Throwable cause) {
            PortLife life = channel.pipeline().get(PortLife.class);
            if (life == null || life.wasActive) {
                listener.portFailed(channel, cause);
            } else {
                life.refusal = cause;
            }
        }

        @Override
        public void loopSuspected(SwitchPort port, MacAddress address, long moves) {
            listener.loopSuspected(port, address, moves);
        }
    }

    /** Comes last in the pipeline, and so hears what has become of the port when the switch has heard it. */
    private static final class PortLife extends ChannelInboundHandlerAdapter {

        private final CountDownLatch attached = new CountDownLatch(1);
        private final CountDownLatch detached = new CountDownLatch(1);

        /** Of the loop. */
        private boolean wasActive;

        /** Why the channel did not become a port. */
        private volatile Throwable refusal;

        @Override
        public void channelActive(ChannelHandlerContext context) {
            wasActive = true;
            attached.countDown();
        }

        /** The channel has left its loop; of a port that the switch has refused there is no other news. */
        @Override
        public void handlerRemoved(ChannelHandlerContext context) {
            attached.countDown();
            detached.countDown();
        }
    }
}
