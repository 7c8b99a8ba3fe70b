/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.codec.capture.Capture;
import io.github.nettytap.codec.fault.FaultCounters;
import io.github.nettytap.codec.fault.FaultHandler;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.Port;
import io.github.nettytap.net.port.socket.SocketPort;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A port of a running network.
 *
 * <pre>
 *   TAP, cable or socket ◄► capture ◄► faults ◄► node        the first two only if the description asks for them
 * </pre>
 *
 * <p>Thread-safe.
 */
public final class RunningPort {

    private static final String CAPTURE = "topology-capture";
    private static final String FAULTS = "topology-faults";

    private final String node;
    private final VnetHeader vnetHeader;
    private volatile PortSpec<?> spec;

    /** Null for a socket of a switch, each of whose peers is a channel. */
    private volatile Channel channel;

    private volatile SocketPort socket;

    /** The port as its node has it, or null where the node has several for it, or none. */
    private volatile Port port;

    /** What is closed after the channel. */
    private final List<AutoCloseable> behind = new CopyOnWriteArrayList<>();

    private volatile FaultHandler faults;

    RunningPort(String node, PortSpec<?> spec, VnetHeader vnetHeader) {
        this.node = node;
        this.spec = spec;
        this.vnetHeader = vnetHeader;
    }

    /**
     * The name of its node.
     *
     * @return the name
     */
    public String node() {
        return node;
    }

    /**
     * Its description.
     *
     * @return what it is now
     */
    public PortSpec<?> spec() {
        return spec;
    }

    /**
     * Its name at its node.
     *
     * @return the name of its attachment
     */
    public String name() {
        return spec.name();
    }

    /**
     * Its channel.
     *
     * @return null for a socket of a switch, each of whose peers has a channel
     */
    public Channel channel() {
        return channel;
    }

    /**
     * Its socket.
     *
     * @return null if it is none
     */
    public SocketPort socket() {
        return socket;
    }

    /**
     * The port as its node has it.
     *
     * @return null for a socket of a switch
     */
    public Port port() {
        return port;
    }

    /**
     * What the faults of its link have done to frames that came in.
     *
     * @return the live counts, or null without faults, and for a socket of a switch
     */
    public FaultCounters inboundFaults() {
        FaultHandler handler = faults;
        return handler == null ? null : handler.inboundCounters();
    }

    /**
     * What the faults of its link have done to frames that went out.
     *
     * @return the live counts, or null without faults, and for a socket of a switch
     */
    public FaultCounters outboundFaults() {
        FaultHandler handler = faults;
        return handler == null ? null : handler.outboundCounters();
    }

    /**
     * Whether it forwards.
     *
     * @return false if its interface is gone, or it failed
     */
    public boolean isOpen() {
        return channel == null || channel.isOpen();
    }

    VnetHeader vnetHeader() {
        return vnetHeader;
    }

    void channel(Channel made) {
        channel = made;
    }

    void socket(SocketPort made) {
        socket = made;
    }

    void port(Port made) {
        port = made;
    }

    void closeBehind(AutoCloseable resource) {
        behind.add(resource);
    }

    List<AutoCloseable> takeBehind() {
        List<AutoCloseable> all = new ArrayList<>(behind);
        behind.clear();
        return all;
    }

    /** Puts capture and faults into a pipeline that has neither yet; the handlers of the node come behind. */
    void prepare(Channel made, Capture capture) {
        if (capture != null) {
            made.pipeline().addLast(CAPTURE, Captures.handler(capture, node, nameOf(made), vnetHeader));
        }
        if (!spec.faults().isNone()) {
            FaultHandler handler = spec.faults().handler(vnetHeader);
            if (made == channel) {
                faults = handler;
            }
            made.pipeline().addLast(FAULTS, handler);
        }
    }

    private String nameOf(Channel made) {
        return made.hasAttr(Port.NAME) ? made.attr(Port.NAME).get() : name();
    }

    /**
     * Takes another description over, between two batches of frames.
     *
     * @param next has the same attachment
     * @param capture that of the next description, or null
     * @param captureChanged whether it is another one than before
     */
    void update(PortSpec<?> next, Capture capture, boolean captureChanged) throws InterruptedException {
        PortSpec<?> before = spec;
        spec = next;
        boolean faultsChanged = !before.faults().equals(next.faults());
        if (!faultsChanged && !captureChanged || !channel.isOpen()) {
            return;
        }
        channel.eventLoop()
                .submit(() -> {
                    ChannelPipeline pipeline = channel.pipeline();
                    if (captureChanged) {
                        remove(pipeline, CAPTURE);
                        if (capture != null) {
                            pipeline.addFirst(CAPTURE, Captures.handler(capture, node, name(), vnetHeader));
                        }
                    }
                    if (faultsChanged) {
                        remove(pipeline, FAULTS);
                        faults = next.faults().isNone() ? null : next.faults().handler(vnetHeader);
                        addFaults(pipeline, faults);
                    }
                })
                .sync();
    }

    private static void addFaults(ChannelPipeline pipeline, ChannelHandler handler) {
        if (handler == null) {
            return;
        }
        if (pipeline.get(CAPTURE) == null) {
            pipeline.addFirst(FAULTS, handler);
        } else {
            pipeline.addAfter(CAPTURE, FAULTS, handler);
        }
    }

    private static void remove(ChannelPipeline pipeline, String name) {
        if (pipeline.get(name) != null) {
            pipeline.remove(name);
        }
    }

    @Override
    public String toString() {
        return node + "/" + name();
    }
}
