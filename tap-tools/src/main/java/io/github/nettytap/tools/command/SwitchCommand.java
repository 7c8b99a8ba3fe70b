/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.port.socket.SocketPort;
import io.github.nettytap.net.switching.SwitchListener;
import io.github.nettytap.net.switching.SwitchPort;
import io.github.nettytap.net.switching.TapSwitch;
import io.github.nettytap.net.switching.policy.ReservedGroup;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.tools.argument.DurationConverter;
import io.github.nettytap.tools.argument.MirrorArgument;
import io.github.nettytap.tools.argument.PortArgument;
import io.github.nettytap.tools.argument.PortSetting;
import io.github.nettytap.tools.configuration.SwitchFile;
import io.github.nettytap.tools.ctl.ControlSocket;
import io.github.nettytap.tools.ctl.PortLedger;
import io.github.nettytap.tools.ctl.PortOpener;
import io.github.nettytap.tools.ctl.SwitchRequests;
import io.github.nettytap.tools.http.Status;
import io.github.nettytap.tools.lifecycle.CommandException;
import io.github.nettytap.tools.lifecycle.Program;
import io.github.nettytap.tools.option.DataPlane;
import io.github.nettytap.tools.option.Observation;
import io.github.nettytap.tools.option.PortCapture;
import io.github.nettytap.tools.option.Verbosity;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** {@code switch}: a learning Ethernet switch between TAPs. */
@Command(
        name = "switch",
        description =
                "A learning Ethernet switch between TAP interfaces, which it makes, or attaches to if they are there. "
                        + "Prints \"ready\" when it forwards. Ctrl-C removes what it made and prints what each port has carried. "
                        + "With --stats it shows what the ports carry now: frames and bits a second, reads and writes that would "
                        + "have blocked, and drops since the start by their reasons.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        modelTransformer = SwitchCommand.Help.class,
        footer = {
            "",
            "Examples:",
            "  netty-tap switch tap0 tap1",
            "  netty-tap switch tap0 tap1 tap2,offloads=none --threads 2 \\",
            "      --io io_uring",
            "  netty-tap switch tap0 tap1 --stats 1s",
            "  netty-tap switch up0,trunk=10+20 red1,vlan=10 \\",
            "      red2,vlan=10,mac-limit=1 blue1,vlan=20",
            "  netty-tap switch tap0 tap1 mon0 --mirror mon0=tap0",
            "  netty-tap switch tap0 tap1 --control /run/netty-tap.sock",
            "  netty-tap switch --config switch.yaml --threads 2",
            "  netty-tap switch tap0 unix:/run/lan.sock",
            "",
            "Settings of a port, behind its name and commas:",
            "PORT_SETTINGS",
            "A port may be a socket: virtual machines, passt and other switches join by",
            "  unix:PATH, tcp:ADDRESS:PORT                 each client is a port",
            "  unix-connect:PATH, tcp-connect:ADDRESS:PORT connects, again after a loss",
            "  unixgram:PATH, unixgram-connect:PATH, udp:ADDRESS:PORT-ADDRESS:PORT",
            "A port may be a link of this machine, beside the kernel's own use of it: if:eth0",
            "Ports without vlan or trunk form a LAN of their own; tags pass it untouched.",
            "",
            "To join two network namespaces, move the TAPs while the switch runs:",
            "  ip link set tap0 netns left; ip link set tap1 netns right"
        })
final class SwitchCommand implements Callable<Integer> {

    private static final String PORT_SETTINGS = "PORT_SETTINGS";

    @Parameters(
            arity = "0..*",
            paramLabel = "TAP",
            description = "The ports: interface names, each with settings of its own: NAME[,SETTING…], see below.")
    private List<String> taps = List.of();

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Read ports and options from a YAML file; what is given here as well wins over the file.")
    private Path config;

    @Option(names = "--threads", paramLabel = "N", description = "Event loops to spread the ports over (default: 1).")
    private int threads = 1;

    @Option(names = "--mtu", paramLabel = "BYTES", description = "Set the MTU of all ports (default: as it is).")
    private Integer mtu;

    @Option(
            names = {"--fdb-capacity", "--stations"},
            paramLabel = "N",
            description = "MAC addresses that can be known (default: 8192).")
    private int fdbCapacity = 8192;

    @Option(
            names = "--ageing",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "Silence that makes it forget (default: 300s).")
    private Duration ageing = Duration.ofSeconds(300);

    @Option(
            names = "--mirror",
            paramLabel = "PORT[=PORT+PORT…]",
            converter = MirrorArgument.Converter.class,
            description = "A port that gets copies of what all other ports, or those named, receive and send.")
    private MirrorArgument mirror;

    @Option(
            names = "--snooping",
            description = "Multicast goes where IGMP and MLD say that somebody listens (default: everywhere).")
    private boolean snooping;

    @Option(
            names = "--group-members",
            paramLabel = "N",
            description = "With --snooping, memberships that can be known, one a port and group (default: 16384).")
    private int groupMembers = SwitchSettings.DEFAULT.groupMembers();

    @Option(
            names = "--group-members-per-port",
            paramLabel = "N",
            description = "How many of them a port may have (default: 1024, or as many as there are).")
    private Integer groupMembersPerPort;

    @Option(
            names = "--forward",
            split = ",",
            paramLabel = "PROTOCOL",
            description =
                    "Forward these protocols of neighbors, which end at a switch otherwise: stp, lacp, eapol, lldp.")
    private List<String> forward = new ArrayList<>();

    @Option(
            names = "--control",
            paramLabel = "PATH",
            description = "Listen on a Unix-domain socket there, for the command ctl and others.")
    private Path control;

    @Mixin
    private DataPlane dataPlane;

    @Mixin
    private Observation observation;

    @Mixin
    private Verbosity verbosity;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        List<PortArgument> ports = ports();
        boolean grows = control != null || ports.stream().anyMatch(SwitchCommand::isListener);
        if (!grows && ports.size() < 2) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    "too few ports: ports=" + ports.size()
                            + " (expected: 2 or more, a socket that listens, or --control to add them later)");
        }
        if (threads < 1) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "too few threads: threads=" + threads + " (expected: 1 or more)");
        }
        SwitchSettings settings = settings();
        Program program = Program.begin(spec);
        if (control != null) {
            program.portsMayCome();
        }
        TapEventLoopGroup loops = TapEventLoopGroup.builder()
                .threads(threads)
                .io(dataPlane.io())
                .name("switch")
                .build();
        verbosity.looping(threads, loops.io());
        Reports reports = new Reports(program);
        TapSwitch lan = new TapSwitch(loops, settings, reports);
        PortLedger ledger = new PortLedger(lan, program::unwatch);
        try (PortCapture captured = observation.capture(verbosity)) {
            PortOpener opener = new PortOpener(lan, ports, dataPlane.offloads(), mtu, captured, verbosity, program);
            reports.attach(opener, ledger);
            for (PortArgument port : ports) {
                if (port.socket() == null) {
                    opener.add(port);
                }
            }
            for (SwitchPort port : lan.ports()) {
                PortOpener.setUp(port);
            }
            // Last, as peers may be there at once.
            for (PortArgument port : ports) {
                if (port.socket() != null) {
                    opener.addSocket(port);
                }
            }
            SwitchRequests requests = new SwitchRequests(lan, ledger, opener, mirror);
            ControlSocket socket = ControlSocket.open(control, requests);
            try {
                observation.showUntil(
                        program, new Status.Of(spec.name(), ledger::samples, requests::counts, requests::fdb));
            } finally {
                socket.close();
            }
        } finally {
            lan.close();
        }
        observation.end(verbosity, () -> {});
        return program.end();
    }

    private static boolean isListener(PortArgument port) {
        return port.socket() != null && port.socket().kind().isListener();
    }

    /** Those of the command line, else those of the file, whose options are taken over as well. */
    private List<PortArgument> ports() throws IOException {
        List<PortArgument> ports = taps.stream().map(this::port).toList();
        if (config != null) {
            SwitchFile file = readConfig();
            file.applyTo(spec);
            ports = ports.isEmpty() ? file.ports() : ports;
        }
        try {
            PortArgument.checkDistinct(ports);
            return mirror == null ? ports : mirror.applyTo(ports);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage());
        }
    }

    private PortArgument port(String text) {
        try {
            return new PortArgument.Converter().convert(text);
        } catch (RuntimeException e) {
            throw new CommandLine.ParameterException(spec.commandLine(), text + ": " + e.getMessage());
        }
    }

    private SwitchFile readConfig() throws IOException {
        try {
            return SwitchFile.read(config);
        } catch (IllegalArgumentException e) {
            throw new CommandException(CommandLine.ExitCode.USAGE, e.getMessage());
        }
    }

    private SwitchSettings settings() {
        try {
            return new SwitchSettings(fdbCapacity, DurationConverter.wholeSeconds("--ageing", ageing), snooping)
                    .withGroupMembers(
                            groupMembers,
                            groupMembersPerPort == null
                                    ? Math.min(SwitchSettings.DEFAULT.groupMembersPerPort(), groupMembers)
                                    : groupMembersPerPort)
                    .withForwarded(forward.stream().map(ReservedGroup::of).collect(Collectors.toSet()));
        } catch (IllegalArgumentException e) {
            throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage());
        }
    }

    /** Tells people what happens to ports. */
    private static final class Reports implements SwitchListener {

        private final Program program;
        private PortOpener opener;
        private PortLedger ledger;

        Reports(Program program) {
            this.program = program;
        }

        /** Before the first socket is opened. */
        void attach(PortOpener opener, PortLedger ledger) {
            this.opener = opener;
            this.ledger = ledger;
        }

        @Override
        public void peerConnected(SwitchPort port) {
            opener.peerConnected(port);
        }

        @Override
        public void peerRemoved(SwitchPort port) {
            ledger.peerRemoved(port);
        }

        @Override
        public void peerDisconnected(String name, String reason) {
            if (!reason.equals(SocketPort.CLOSED)) {
                program.report("port " + name + " disconnected: " + reason);
            }
        }

        @Override
        public void peerRefused(String name, String reason) {
            program.report("port " + name + " not connected: " + reason);
        }

        @Override
        public void portFailed(Channel channel, Throwable cause) {
            program.failed(channel, cause);
        }

        @Override
        public void loopSuspected(SwitchPort port, MacAddress address, long moves) {
            program.report(loop(port.name(), address, moves));
        }
    }

    /** What is said of a port that addresses keep moving to. */
    static String loop(String port, MacAddress address, long moves) {
        return "loop or duplicate address at port " + port + ": " + moves
                + " addresses moved there within 10 s, the last one is " + address
                + ". Look for a second link between the networks behind two ports; storm=N limits what it does";
    }

    /** Puts the table of the settings into the help. */
    static final class Help implements CommandLine.IModelTransformer {
        @Override
        public CommandSpec transform(CommandSpec switchCommand) {
            List<String> footer = new ArrayList<>();
            for (String line : switchCommand.usageMessage().footer()) {
                footer.addAll(line.equals(PORT_SETTINGS) ? PortSetting.help() : List.of(line));
            }
            switchCommand.usageMessage().footer(footer.toArray(String[]::new));
            return switchCommand;
        }
    }
}
