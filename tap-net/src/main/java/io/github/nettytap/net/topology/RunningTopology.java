/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.codec.capture.Capture;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A network that forwards.
 *
 * <p>{@link #apply} makes it another network by changing what differs, and nothing else: nodes and ports that are the
 * same before and after forward on. A switch port whose policy changes, and any port whose faults or capture change,
 * stay open. A port that changes otherwise, or whose interface is gone, is opened anew, with the other end if it is a
 * cable; so is a node, with its ports, whose own settings change.
 *
 * <p>Thread-safe. No method may be called on an event loop.
 */
public final class RunningTopology implements AutoCloseable {

    private final TopologyListener listener;
    private final Captures captures;
    private final Map<String, RunningNode> nodes = new LinkedHashMap<>();
    private volatile List<RunningNode> snapshot = List.of();
    private volatile Topology topology;
    private boolean closed;

    private RunningTopology(Topology empty, TopologyListener listener) {
        topology = empty;
        this.listener = listener;
        captures = new Captures(listener);
    }

    static RunningTopology start(Topology topology, TopologyListener listener)
            throws IOException, InterruptedException {
        Topology empty = Topology.builder()
                .vnetHeader(topology.vnetHeader())
                .io(topology.io())
                .build();
        RunningTopology running = new RunningTopology(empty, listener);
        boolean done = false;
        try {
            running.change(topology);
            done = true;
            return running;
        } finally {
            if (!done) {
                running.close();
            }
        }
    }

    /**
     * The description.
     *
     * @return what the network is now
     */
    public Topology topology() {
        return topology;
    }

    /**
     * The nodes.
     *
     * @return those of this moment, in the order in which they were started
     */
    public List<RunningNode> nodes() {
        return snapshot;
    }

    /**
     * A node.
     *
     * @param name its name
     * @return empty if there is none of the name
     */
    public Optional<RunningNode> node(String name) {
        return snapshot.stream().filter(node -> node.name().equals(name)).findFirst();
    }

    /**
     * Makes the network another one, by changing what differs.
     *
     * @param next what it is to be
     * @return what was changed, a line each; empty if nothing differs
     * @throws IOException if something cannot be opened: what had been changed is as it was before, as far as the
     *     message does not say otherwise
     * @throws IllegalArgumentException if the virtio-net header or the kind of event loops differs, which cannot change
     *     while the network runs; or if a node refuses a setting, and the network is as it was before
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public synchronized List<String> apply(Topology next) throws IOException, InterruptedException {
        if (closed) {
            throw new IllegalStateException("the network is closed");
        }
        if (next.vnetHeader() != topology.vnetHeader() || next.io() != topology.io()) {
            throw new IllegalArgumentException("io and virtio-net header cannot change while the network runs: io="
                    + next.io() + ", vnetHeader=" + next.vnetHeader() + " (expected: " + topology.io() + " and "
                    + topology.vnetHeader() + ", or a new start)");
        }
        Topology before = topology;
        try {
            return change(next);
        } catch (IOException | InterruptedException | RuntimeException e) {
            restore(before, e);
            throw e;
        }
    }

    private void restore(Topology before, Exception cause) {
        boolean interrupted = Thread.interrupted();
        try {
            change(before);
        } catch (IOException | RuntimeException e) {
            cause.addSuppressed(e);
        } catch (InterruptedException e) {
            interrupted = true;
            cause.addSuppressed(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private List<String> change(Topology next) throws IOException, InterruptedException {
        List<String> changes = new ArrayList<>();
        closeWhatDiffers(next, changes);
        for (Node node : next.nodes()) {
            RunningNode running = nodes.get(node.name());
            if (running == null) {
                running = RunningNode.start(next, node, listener);
                nodes.put(node.name(), running);
                snapshot = List.copyOf(nodes.values());
                changes.add("started " + node.kind() + " " + node.name());
            }
            running.node(node);
        }
        PortOpening opening = new PortOpening(next, nodes, captures, listener, changes);
        opening.openChannels();
        opening.plugCables();
        opening.bringUp();
        for (RunningNode node : nodes.values()) {
            node.complete();
        }
        // Last, as peers may be there at once.
        opening.openSockets();
        topology = next;
        return changes;
    }

    private void closeWhatDiffers(Topology next, List<String> changes) throws IOException, InterruptedException {
        for (RunningNode node : List.copyOf(nodes.values())) {
            Node wanted = next.node(node.name()).orElse(null);
            boolean stays = wanted != null && node.node().isUpdatableTo(wanted);
            for (RunningPort port : node.ports()) {
                PortSpec<?> spec = stays ? spec(wanted, port.name()) : null;
                if (node.port(port.name()) == port && (spec == null || !update(node, port, spec, next, changes))) {
                    close(node, port);
                    changes.add("closed " + port);
                }
            }
            if (!stays) {
                closeNode(node);
                changes.add("ended " + node);
            }
        }
    }

    static PortSpec<?> spec(Node node, String port) {
        return node.ports().stream()
                .filter(spec -> spec.name().equals(port))
                .findFirst()
                .orElse(null);
    }

    /** False if the port has to be closed. */
    private boolean update(RunningNode node, RunningPort port, PortSpec<?> spec, Topology next, List<String> changes)
            throws IOException, InterruptedException {
        PortSpec<?> before = port.spec();
        if (!port.isOpen() || !before.attachment().equals(spec.attachment())) {
            return false;
        }
        if (spec.attachment() instanceof Attachment.Patch patch && !isPluggedAsBefore(patch, next)) {
            return false;
        }
        if (before.equals(spec)) {
            return true;
        }
        if (port.channel() == null || !node.update(port, spec)) {
            return false;
        }
        boolean captureChanged = !Objects.equals(before.capture(), spec.capture());
        Capture capture = captureChanged && spec.capture() != null ? captures.acquire(spec.capture()) : null;
        port.update(spec, capture, captureChanged);
        if (captureChanged && before.capture() != null) {
            captures.release(before.capture());
        }
        changes.add("changed " + port);
        return true;
    }

    /** Whether both ends of a cable stay where they are. */
    private boolean isPluggedAsBefore(Attachment.Patch patch, Topology next) {
        for (RunningNode node : nodes.values()) {
            if (node.port(patch.name()) != null) {
                Node wanted = next.node(node.name()).orElse(null);
                PortSpec<?> spec =
                        wanted != null && node.node().isUpdatableTo(wanted) ? spec(wanted, patch.name()) : null;
                if (spec == null) {
                    return false;
                }
                boolean reopens = !(node instanceof RunningSwitch)
                        && !spec.settings()
                                .equals(node.port(patch.name()).spec().settings());
                if (reopens) {
                    return false;
                }
            }
        }
        return true;
    }

    private void close(RunningNode node, RunningPort port) throws InterruptedException {
        listener.closing(port);
        if (port.spec().attachment() instanceof Attachment.Patch) {
            // The other end closes with this one, on purpose.
            for (RunningNode other : nodes.values()) {
                RunningPort end = other.port(port.name());
                if (end != null && end != port) {
                    listener.closing(end);
                    release(node, port);
                    release(other, end);
                    return;
                }
            }
        }
        release(node, port);
    }

    private void release(RunningNode node, RunningPort port) throws InterruptedException {
        node.drop(port);
        for (AutoCloseable resource : port.takeBehind()) {
            try {
                resource.close();
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
        try {
            node.detach(port);
        } finally {
            if (port.spec().capture() != null) {
                captures.release(port.spec().capture());
            }
        }
    }

    /** Its ports are closed. */
    private void closeNode(RunningNode node) {
        nodes.remove(node.name());
        snapshot = List.copyOf(nodes.values());
        node.close();
    }

    /** Closes all ports and nodes. A second call does nothing. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        boolean interrupted = Thread.interrupted();
        try {
            closeAll();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void closeAll() {
        nodes.values().forEach(node -> node.ports().forEach(listener::closing));
        for (RunningNode node : List.copyOf(nodes.values())) {
            for (RunningPort port : node.ports()) {
                if (port.socket() != null) {
                    port.socket().close();
                }
            }
        }
        for (RunningNode node : List.copyOf(nodes.values())) {
            List<RunningPort> ports = node.ports();
            for (RunningPort port : ports) {
                if (port.channel() != null) {
                    port.channel().close();
                }
            }
        }
        for (RunningNode node : List.copyOf(nodes.values())) {
            for (RunningPort port : node.ports()) {
                if (port.channel() != null) {
                    port.channel().close().awaitUninterruptibly();
                }
                port.takeBehind().forEach(RunningTopology::closeQuietly);
            }
        }
        for (RunningNode node : List.copyOf(nodes.values())) {
            List<RunningPort> ports = node.ports();
            closeNode(node);
            for (RunningPort port : ports) {
                if (port.spec().capture() != null) {
                    captures.release(port.spec().capture());
                }
            }
        }
    }

    private static void closeQuietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
