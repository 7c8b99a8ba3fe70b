/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.Channel;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A node of a running network, with event loops of its own: a busy node holds up no other. Thread-safe; what opens and
 * closes ports is called under the lock of the network.
 */
public abstract sealed class RunningNode permits RunningSwitch, RunningRouter, RunningVxlan {

    private static final long SHUTDOWN_SECONDS = 10;

    private final TapEventLoopGroup loops;
    private final Map<String, RunningPort> ports = new LinkedHashMap<>();
    private volatile Node node;
    private volatile List<RunningPort> snapshot = List.of();

    RunningNode(Node node, TapEventLoopGroup loops) {
        this.node = node;
        this.loops = loops;
    }

    static TapEventLoopGroup loops(Topology topology, Node node, int threads) {
        return TapEventLoopGroup.builder()
                .threads(threads)
                .io(topology.io())
                .name(node.name())
                .build();
    }

    static RunningNode start(Topology topology, Node node, TopologyListener listener)
            throws IOException, InterruptedException {
        if (node instanceof SwitchNode lan) {
            return new RunningSwitch(topology, lan, listener);
        }
        if (node instanceof RouterNode router) {
            return new RunningRouter(topology, router, listener);
        }
        return RunningVxlan.open(topology, (VxlanNode) node, listener);
    }

    /**
     * Its description.
     *
     * @return what it is now
     */
    public Node node() {
        return node;
    }

    /**
     * Its name in the network.
     *
     * @return the name
     */
    public String name() {
        return node.name();
    }

    /**
     * Its ports.
     *
     * @return those of this moment, in the order in which they were opened
     */
    public List<RunningPort> ports() {
        return snapshot;
    }

    TapEventLoopGroup loops() {
        return loops;
    }

    void node(Node next) {
        node = next;
    }

    RunningPort port(String name) {
        return ports.get(name);
    }

    void put(RunningPort port) {
        ports.put(port.name(), port);
        snapshot = List.copyOf(new ArrayList<>(ports.values()));
    }

    void drop(RunningPort port) {
        ports.remove(port.name());
        snapshot = List.copyOf(new ArrayList<>(ports.values()));
    }

    /** Whether the peers of a socket are ports each. */
    boolean takesPeers() {
        return false;
    }

    /** What the MTU of a TAP is to be if its description says nothing, or null. */
    Integer mtu(PortSpec<?> spec) throws IOException {
        return null;
    }

    /** Makes a channel that is not registered the channel of a port. It closes the channel if it throws. */
    abstract void attach(RunningPort port, Channel channel, Set<TapOffload> offloads, int mtu)
            throws InterruptedException;

    /** Closes the channel of a port and forgets it. */
    abstract void detach(RunningPort port) throws InterruptedException;

    /** Gives a port other settings without closing it; false if it has to be opened anew for them. */
    boolean update(RunningPort port, PortSpec<?> next) throws InterruptedException {
        return port.spec().settings().equals(next.settings());
    }

    /** All ports of the description are open. */
    void complete() throws InterruptedException {}

    /** Closes what is left of it. */
    void close() {
        loops.shutdownGracefully(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Override
    public String toString() {
        return node.kind() + " " + name();
    }
}
