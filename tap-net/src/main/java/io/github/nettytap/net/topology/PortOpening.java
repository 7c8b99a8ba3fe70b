/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.codec.capture.Capture;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.PatchChannel;
import io.github.nettytap.net.port.socket.SocketPortAddress;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.channel.Channel;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Opens the ports that a network is to have and that its nodes do not have yet. What it has opened when it fails is at
 * the nodes, for the network to close. Under the lock of the network.
 */
final class PortOpening {

    private static final int ETHERNET_MTU = 1500;

    private final Topology next;
    private final Map<String, RunningNode> nodes;
    private final Captures captures;
    private final TopologyListener listener;
    private final List<String> changes;
    private final List<ChannelAttachment.Last> last = new ArrayList<>();

    /**
     * For one change.
     *
     * @param next what the network is to be
     * @param nodes those of next, running
     * @param captures their files
     * @param listener hears of each port
     * @param changes gets a line for each
     */
    PortOpening(
            Topology next,
            Map<String, RunningNode> nodes,
            Captures captures,
            TopologyListener listener,
            List<String> changes) {
        this.next = next;
        this.nodes = nodes;
        this.captures = captures;
        this.listener = listener;
        this.changes = changes;
    }

    void openChannels() throws IOException, InterruptedException {
        for (Node node : next.nodes()) {
            RunningNode running = nodes.get(node.name());
            for (PortSpec<?> spec : node.ports()) {
                if (spec.attachment() instanceof ChannelAttachment attachment && running.port(spec.name()) == null) {
                    RunningPort port = new RunningPort(node.name(), spec, next.vnetHeader());
                    open(running, port, withMtu(attachment, running, spec), next.vnetHeader());
                    changes.add("opened " + port);
                }
            }
        }
    }

    /** The links, once all ports are there. */
    void bringUp() throws IOException {
        for (ChannelAttachment.Last step : last) {
            step.run();
        }
    }

    private static ChannelAttachment withMtu(ChannelAttachment attachment, RunningNode node, PortSpec<?> spec)
            throws IOException {
        return attachment instanceof TapAttachment tap && tap.mtu() == null ? tap.withMtu(node.mtu(spec)) : attachment;
    }

    private void open(RunningNode node, RunningPort port, ChannelAttachment attachment, VnetHeader header)
            throws IOException, InterruptedException {
        ChannelAttachment.Opened opened = attachment.open(header);
        attach(node, port, opened.channel(), opened.offloads(), opened.mtu());
        last.add(opened.up());
    }

    /** Puts a channel that is not registered yet to its port. Closes it on any failure. */
    private void attach(RunningNode node, RunningPort port, Channel channel, Set<TapOffload> offloads, int mtu)
            throws IOException, InterruptedException {
        boolean attached = false;
        Capture capture = null;
        try {
            capture = port.spec().capture() == null
                    ? null
                    : captures.acquire(port.spec().capture());
            port.channel(channel);
            port.prepare(channel, capture);
            node.attach(port, channel, offloads, mtu);
            node.put(port);
            attached = true;
        } finally {
            if (!attached) {
                close(channel);
                if (capture != null) {
                    captures.release(port.spec().capture());
                }
            }
        }
        listener.opened(port);
    }

    private static void close(Channel channel) {
        if (channel.isRegistered()) {
            channel.close().syncUninterruptibly();
        } else {
            channel.unsafe().closeForcibly();
        }
    }

    void plugCables() throws IOException, InterruptedException {
        Map<String, Node> firstEnds = new LinkedHashMap<>();
        for (Node node : next.nodes()) {
            for (PortSpec<?> spec : node.ports()) {
                if (spec.attachment() instanceof Attachment.Patch
                        && nodes.get(node.name()).port(spec.name()) == null) {
                    Node other = firstEnds.put(spec.name(), node);
                    if (other != null) {
                        plug(other, node, spec.name(), next.vnetHeader());
                        changes.add("opened " + spec.name() + " of " + other.name() + " and " + node.name());
                    }
                }
            }
        }
    }

    private void plug(Node one, Node other, String name, VnetHeader header) throws IOException, InterruptedException {
        PatchChannel[] ends = PatchChannel.pair(name, name, header);
        Node[] sides = {one, other};
        for (int i = 0; i < 2; i++) {
            RunningPort port = new RunningPort(sides[i].name(), RunningTopology.spec(sides[i], name), header);
            // What fails closes its end, and with it the other.
            attach(nodes.get(sides[i].name()), port, ends[i], SocketLan.offloads(header), ETHERNET_MTU);
        }
    }

    void openSockets() throws IOException, InterruptedException {
        for (Node node : next.nodes()) {
            RunningNode running = nodes.get(node.name());
            for (PortSpec<?> spec : node.ports()) {
                if (spec.attachment() instanceof Attachment.Socket socket && running.port(spec.name()) == null) {
                    RunningPort port = new RunningPort(node.name(), spec, next.vnetHeader());
                    if (running instanceof RunningSwitch lan) {
                        openPeers(lan, port, socket.address());
                    } else {
                        openLan(running, port, socket.address());
                    }
                    changes.add("opened " + port);
                }
            }
        }
    }

    /** A socket whose peers are ports of a switch. */
    private void openPeers(RunningSwitch node, RunningPort port, SocketPortAddress address) throws IOException {
        Capture capture = port.spec().capture() == null
                ? null
                : captures.acquire(port.spec().capture());
        boolean done = false;
        try {
            port.socket(node.lan()
                    .add(
                            address,
                            port.vnetHeader(),
                            (PortPolicy) port.spec().settings(),
                            peer -> port.prepare(peer, capture)));
            node.put(port);
            done = true;
        } finally {
            if (!done && capture != null) {
                captures.release(port.spec().capture());
            }
        }
        listener.opened(port);
    }

    /** A socket whose peers are behind one port. */
    private void openLan(RunningNode node, RunningPort port, SocketPortAddress address)
            throws IOException, InterruptedException {
        SocketLan lan = SocketLan.open(
                node.loops().next(),
                port.vnetHeader(),
                address,
                new RunningSwitch.Reports(node.name(), new PeersOnly(listener)));
        boolean done = false;
        try {
            port.socket(lan.socket());
            port.closeBehind(lan);
            attach(node, port, lan.outside(), SocketLan.offloads(port.vnetHeader()), ETHERNET_MTU);
            done = true;
        } finally {
            if (!done) {
                lan.close();
            }
        }
    }

    /** The switch between is nobody's concern, only who comes and goes. */
    private record PeersOnly(TopologyListener listener) implements TopologyListener {

        @Override
        public void peerDisconnected(String node, String peer, String reason) {
            listener.peerDisconnected(node, peer, reason);
        }

        @Override
        public void peerRefused(String node, String peer, String reason) {
            listener.peerRefused(node, peer, reason);
        }
    }
}
