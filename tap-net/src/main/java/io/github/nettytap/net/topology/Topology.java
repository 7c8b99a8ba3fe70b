/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.transport.channel.TapIoType;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A whole network as a model: switches, routers and VXLAN endpoints, the cables between them, and what their ports lead
 * to.
 *
 * <pre>{@code
 *   Topology network = Topology.builder()
 *           .node(SwitchNode.builder("lan")
 *                   .port(Attachment.tap("pc0").in("pc").address("10.0.0.2/24").gateway("10.0.0.1"))
 *                   .port(Attachment.patch("up"), LinkFaults.NONE.withDelay(Duration.ofMillis(5))))
 *           .node(RouterNode.builder("gate")
 *                   .port(Attachment.patch("up"), "10.0.0.1/24")
 *                   .port(Attachment.tap("wan0").in("wan").address("192.0.2.2/24"), "192.0.2.1/24"))
 *           .build();
 *   try (RunningTopology running = network.start()) { … }
 * }</pre>
 *
 * <p>Building it checks all that can be known without the kernel: names, both ends of each cable, addresses, gateways.
 * Starting it opens everything or nothing. Immutable, and compared by value.
 */
public final class Topology {

    private final VnetHeader vnetHeader;
    private final TapIoType io;
    private final List<Node> nodes;

    private Topology(VnetHeader vnetHeader, TapIoType io, List<Node> nodes) {
        this.vnetHeader = vnetHeader;
        this.io = io;
        this.nodes = List.copyOf(nodes);
    }

    /**
     * Begins a description.
     *
     * @return a builder of an empty network
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The nodes.
     *
     * @return in the order of their description
     */
    public List<Node> nodes() {
        return nodes;
    }

    /**
     * A node.
     *
     * @param name its name
     * @return empty if there is none of the name
     */
    public Optional<Node> node(String name) {
        return nodes.stream().filter(node -> node.name().equals(name)).findFirst();
    }

    /**
     * The virtio-net header of all ports, so that frames need no rewriting on their way.
     *
     * @return the header
     */
    public VnetHeader vnetHeader() {
        return vnetHeader;
    }

    /**
     * What drives the event loops.
     *
     * @return epoll or io_uring
     */
    public TapIoType io() {
        return io;
    }

    /**
     * Opens everything, or nothing.
     *
     * @return the network, which forwards
     * @throws IOException if something cannot be opened; the message says what, and what to do. Nothing is left open
     *     then.
     * @throws InterruptedException if the thread is interrupted meanwhile; nothing is left open then
     */
    public RunningTopology start() throws IOException, InterruptedException {
        return start(TopologyListener.NONE);
    }

    /**
     * Opens everything, or nothing.
     *
     * @param listener hears what happens to the ports
     * @return the network, which forwards
     * @throws IOException if something cannot be opened; the message says what, and what to do. Nothing is left open
     *     then.
     * @throws InterruptedException if the thread is interrupted meanwhile; nothing is left open then
     */
    public RunningTopology start(TopologyListener listener) throws IOException, InterruptedException {
        return RunningTopology.start(this, listener);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Topology that
                && vnetHeader == that.vnetHeader
                && io == that.io
                && nodes.equals(that.nodes);
    }

    @Override
    public int hashCode() {
        return nodes.hashCode();
    }

    @Override
    public String toString() {
        return "Topology(nodes=" + nodes.stream().map(Node::name).toList() + ")";
    }

    /** Describes a network. Not thread-safe. */
    public static final class Builder {

        private VnetHeader vnetHeader = VnetHeader.V1;
        private TapIoType io = TapIoType.EPOLL;
        private final List<Node> nodes = new ArrayList<>();

        private Builder() {}

        /**
         * Sets the virtio-net header of all ports. Default {@link VnetHeader#V1}.
         *
         * @param header {@link VnetHeader#NONE} for a network without offloads
         * @return this
         */
        public Builder vnetHeader(VnetHeader header) {
            vnetHeader = Objects.requireNonNull(header, "header");
            return this;
        }

        /**
         * Sets what drives the event loops. Default epoll.
         *
         * @param type epoll, io_uring, or whatever is there
         * @return this
         */
        public Builder io(TapIoType type) {
            io = Objects.requireNonNull(type, "type");
            return this;
        }

        /**
         * Adds a node.
         *
         * @param node the node
         * @return this
         */
        public Builder node(Node node) {
            nodes.add(Objects.requireNonNull(node, "node"));
            return this;
        }

        /**
         * Adds a switch.
         *
         * @param node its description
         * @return this
         */
        public Builder node(SwitchNode.Builder node) {
            return node(node.build());
        }

        /**
         * Adds a router.
         *
         * @param node its description
         * @return this
         */
        public Builder node(RouterNode.Builder node) {
            return node(node.build());
        }

        /**
         * Checks the description.
         *
         * @return the network
         * @throws InvalidTopologyException if it cannot be; the message says where and why
         */
        public Topology build() {
            new TopologyCheck(nodes, vnetHeader).run();
            return new Topology(vnetHeader, io, nodes);
        }
    }
}
