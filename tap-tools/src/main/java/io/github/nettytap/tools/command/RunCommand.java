/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.port.socket.SocketPort;
import io.github.nettytap.net.switching.SwitchPort;
import io.github.nettytap.net.topology.Attachment;
import io.github.nettytap.net.topology.Node;
import io.github.nettytap.net.topology.RunningPort;
import io.github.nettytap.net.topology.RunningTopology;
import io.github.nettytap.net.topology.Topology;
import io.github.nettytap.net.topology.TopologyListener;
import io.github.nettytap.tools.configuration.LabFile;
import io.github.nettytap.tools.ctl.ControlSocket;
import io.github.nettytap.tools.ctl.NetworkRequests;
import io.github.nettytap.tools.ctl.NetworkView;
import io.github.nettytap.tools.http.Status;
import io.github.nettytap.tools.lifecycle.CommandException;
import io.github.nettytap.tools.lifecycle.Program;
import io.github.nettytap.tools.option.Observation;
import io.github.nettytap.tools.option.PortCapture;
import io.github.nettytap.tools.option.Verbosity;
import io.github.nettytap.tools.statistics.PortSample;
import io.netty.channel.Channel;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** {@code run}: a whole network of a file. */
@Command(
        name = "run",
        description =
                "Runs a whole network that a YAML file describes: switches, routers and VXLAN endpoints, the cables"
                        + " between them, faulty links, captures, and the namespaces and addresses of TAPs. Everything is"
                        + " checked before anything is opened, and is opened as a whole or not at all. Prints \"ready\""
                        + " when it forwards; Ctrl-C removes what it made.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "Examples:",
            "  netty-tap run lab.yaml",
            "  netty-tap run lab.yaml --check",
            "  netty-tap run lab.yaml --control /run/netty-tap.sock --http 9100",
            "  netty-tap ctl reload",
            "",
            "A file of two hosts behind a router; patch:NAME at two nodes is a cable:",
            "  switches:",
            "    lan:",
            "      ports:",
            "        - name: tap0",
            "          interface: {namespace: red, addresses: 10.0.0.2/24, gateway: 10.0.0.1}",
            "          link: {delay: 5ms, loss: 0.1%%}",
            "        - patch:up",
            "  routers:",
            "    gate:",
            "      ports:",
            "        - patch:up=10.0.0.1/24,dhcp=10.0.0.100-10.0.0.199",
            "        - tap1=10.0.1.1/24"
        })
final class RunCommand implements Callable<Integer> {

    @Parameters(paramLabel = "FILE", description = "The network.")
    private Path file;

    @Option(names = "--check", description = "Check the file, and open nothing.")
    private boolean check;

    @Option(
            names = "--control",
            paramLabel = "PATH",
            description = "Listen on a Unix-domain socket there, for the command ctl and others.")
    private Path control;

    @Mixin
    private Observation observation;

    @Mixin
    private Verbosity verbosity;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Topology topology = read();
        if (check) {
            return checked(topology);
        }
        Program program = Program.begin(spec);
        if (control != null || topology.nodes().stream().anyMatch(RunCommand::hasSockets)) {
            program.portsMayCome();
        }
        NetworkView view;
        try (PortCapture captured = observation.capture(verbosity);
                RunningTopology network = topology.start(new Reports(program, verbosity, captured))) {
            view = new NetworkView(network);
            NetworkRequests requests = new NetworkRequests(network, view, this::read);
            ControlSocket socket = ControlSocket.open(control, requests);
            try {
                observation.showUntil(program, new NetworkStatus(view, requests));
                view.freeze();
            } finally {
                socket.close();
            }
        }
        observation.end(verbosity, () -> {});
        return program.end();
    }

    private Topology read() throws IOException, CommandException {
        try {
            return LabFile.read(file);
        } catch (IllegalArgumentException e) {
            throw new CommandException(CommandLine.ExitCode.USAGE, e.getMessage());
        }
    }

    private int checked(Topology topology) {
        int ports =
                topology.nodes().stream().mapToInt(node -> node.ports().size()).sum();
        verbosity.note(file + ": right, " + topology.nodes().size() + " nodes, " + ports + " ports");
        return CommandLine.ExitCode.OK;
    }

    private static boolean hasSockets(Node node) {
        return node.ports().stream().anyMatch(port -> port.attachment() instanceof Attachment.Socket);
    }

    /** What HTTP shows. */
    private record NetworkStatus(NetworkView view, NetworkRequests requests) implements Status {

        @Override
        public String program() {
            return "run";
        }

        @Override
        public List<PortSample> ports() {
            return view.samples();
        }

        @Override
        public Map<String, Long> counts() {
            return Map.of();
        }

        @Override
        public Iterator<String> fdb() {
            return requests.fdb();
        }

        @Override
        public String topology() {
            return view.topology();
        }
    }

    /** Tells people what happens to ports. */
    private record Reports(Program program, Verbosity verbosity, PortCapture captured) implements TopologyListener {

        @Override
        public void opened(RunningPort port) {
            if (port.channel() != null) {
                program.watch(port.channel(), port.toString());
                captured.tap(port.port(), "port of " + port.node());
            }
            verbosity.step("opened " + port);
        }

        @Override
        public void closing(RunningPort port) {
            if (port.channel() != null) {
                program.unwatch(port.channel());
            }
            verbosity.step("closes " + port);
        }

        @Override
        public void failed(String node, Channel channel, Throwable cause) {
            program.failed(channel, cause);
        }

        @Override
        public void peerConnected(String node, SwitchPort port) {
            captured.tap(List.of(port));
            verbosity.step("peer " + node + "/" + port.name() + " connected");
        }

        @Override
        public void peerDisconnected(String node, String peer, String reason) {
            if (!reason.equals(SocketPort.CLOSED)) {
                program.report("port " + node + "/" + peer + " disconnected: " + reason);
            }
        }

        @Override
        public void peerRefused(String node, String peer, String reason) {
            program.report("port " + node + "/" + peer + " not connected: " + reason);
        }

        @Override
        public void loopSuspected(String node, SwitchPort port, MacAddress address, long moves) {
            program.report(SwitchCommand.loop(node + "/" + port.name(), address, moves));
        }

        @Override
        public void captureFailed(Throwable cause) {
            program.report("capture ended: " + cause.getMessage());
        }
    }
}
