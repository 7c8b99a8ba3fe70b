/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.socket.SocketPort;
import io.github.nettytap.net.routing.TapRouter;
import io.github.nettytap.net.routing.dns.DnsSettings;
import io.github.nettytap.net.routing.nat.NatSettings;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.net.switching.SwitchListener;
import io.github.nettytap.net.topology.ChannelAttachment;
import io.github.nettytap.net.topology.SocketLan;
import io.github.nettytap.tools.argument.IpConverter;
import io.github.nettytap.tools.argument.LinkPort;
import io.github.nettytap.tools.argument.Offloads;
import io.github.nettytap.tools.argument.RouteArgument;
import io.github.nettytap.tools.argument.RouterPortArgument;
import io.github.nettytap.tools.ctl.ControlSocket;
import io.github.nettytap.tools.ctl.RouterRequests;
import io.github.nettytap.tools.lifecycle.Program;
import io.github.nettytap.tools.option.DataPlane;
import io.github.nettytap.tools.option.NatOptions;
import io.github.nettytap.tools.option.Observation;
import io.github.nettytap.tools.option.PortCapture;
import io.github.nettytap.tools.option.Verbosity;
import io.github.nettytap.tools.statistics.Units;
import io.github.nettytap.transport.channel.TapChannel;
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
import java.io.PrintWriter;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** {@code router}: IPv4 and IPv6 between TAPs. */
@Command(
        name = "router",
        description =
                "An IPv4 and IPv6 router between TAP interfaces, which it makes, or attaches to if they are there. The"
                        + " addresses are the router's own on the link behind the TAP; the kernel's side of the TAP gets"
                        + " others. Prints \"ready\" when it forwards. Ctrl-C removes what it made and prints what each"
                        + " port has carried.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "Examples:",
            "  netty-tap router tap0=10.0.0.1/24,2001:db8:0::1/64 \\",
            "      tap1=10.0.1.1/24,2001:db8:1::1/64",
            "  netty-tap router tap0=10.0.0.1/24 \\",
            "      tap1=10.0.1.1/24,mtu=1400,offloads=none --route 0.0.0.0/0=10.0.1.254",
            "  netty-tap router tap0=10.0.0.1/24,dhcp=10.0.0.100-10.0.0.199 \\",
            "      uplink=192.168.9.1/24,nat --route 0.0.0.0/0=192.168.9.254 \\",
            "      --dns 192.168.9.254",
            "",
            "Names of hosts, and those of the Internet by the name servers of this machine:",
            "  netty-tap router \\",
            "      tap0=10.0.0.1/24,dhcp=10.0.0.100-10.0.0.199,dns,domain=lan \\",
            "      uplink=192.168.9.1/24,nat --route 0.0.0.0/0=192.168.9.254",
            "",
            "Behind a socket is a network of the machines that connect to it:",
            "  netty-tap router unix:/run/vms.sock=10.0.0.1/24,dhcp=10.0.0.100-10.0.0.199 \\",
            "      uplink=192.168.9.1/24,nat --route 0.0.0.0/0=192.168.9.254",
            "",
            "To route between two network namespaces, move the TAPs while the router runs:",
            "  ip link set tap0 netns left; ip -n left address add 10.0.0.2/24 dev tap0",
            "  ip -n left link set tap0 up; ip -n left route add default via 10.0.0.1"
        })
final class RouterCommand implements Callable<Integer> {

    private static final Path RESOLVERS = Path.of("/etc/resolv.conf");

    /** Of a socket, which has no link to ask. */
    private static final int ETHERNET_MTU = 1500;

    @Parameters(
            arity = "1..*",
            paramLabel = "PORT=ADDRESS/LEN[,…]",
            converter = RouterPortArgument.Converter.class,
            description = {
                "The ports: interface name, or socket as in netty-tap switch --help, and the router's addresses there,"
                        + " and behind them settings of the port alone:",
                "advertise: IPv6 hosts there configure themselves by router advertisements.",
                "nat: IPv4 packets leave there with the router's address as their source, and answers find back; with"
                        + " it",
                "  forward=PROTOCOL:[ADDRESS:]PORT->ADDRESS:PORT (many times): whoever speaks to this port of the"
                        + " router, tcp or udp, speaks to that of a host inside.",
                "dns: the router answers DNS queries there: names of DHCP clients by itself, others by name servers that"
                        + " it asks by sockets of this machine; hosts are told its address. dns=ADDRESS (many times):"
                        + " by these, not those of --dns.",
                "domain=NAME, search=NAME (many times): what hosts there are told of names.",
                "dhcp=FIRST-LAST: IPv4 hosts there are leased these addresses; with it",
                "  host=MAC@ADDRESS (many times): who always gets the same address;",
                "  lease=DURATION (60min): for how long; leases=FILE: where leases are kept over a restart.",
                "reverse-path: packets must come from where an answer to them would go.",
                "mac=MAC: the router's MAC address there, in place of one made of the port's name.",
                "mtu=BYTES: sets the MTU.",
                "offloads=all|none: as --offloads."
            })
    private List<RouterPortArgument> taps;

    @Option(
            names = "--route",
            paramLabel = "PREFIX=GATEWAY",
            converter = RouteArgument.Converter.class,
            description = "A route through a gateway in the network of a port. May be given many times.")
    private List<RouteArgument> routes = List.of();

    @Option(
            names = "--dns",
            paramLabel = "ADDRESS",
            converter = IpConverter.class,
            description = "A name server: asked by the router for hosts of ports with dns (default: those of"
                    + " /etc/resolv.conf); others are told of it by DHCP and router advertisements. May be given many"
                    + " times.")
    private List<InetAddress> nameServers = List.of();

    @Option(
            names = "--control",
            paramLabel = "PATH",
            description = "Listen on a Unix-domain socket there, for the command ctl and others.")
    private Path control;

    @Mixin
    private NatOptions nat;

    @Mixin
    private DataPlane dataPlane;

    @Mixin
    private Observation observation;

    @Mixin
    private Verbosity verbosity;

    @Spec
    private CommandSpec spec;

    private List<InetAddress> ofSystem;

    @Override
    public Integer call() throws Exception {
        checkDistinct();
        ofSystem = DnsSettings.read(RESOLVERS);
        NatSettings natSettings = nat.settings();
        Program program = Program.begin(spec);
        boolean header = taps.stream().anyMatch(tap -> LinkPort.isOne(tap.tap()) || offloads(tap) != Offloads.NONE);
        TapEventLoopGroup loops = TapEventLoopGroup.builder()
                .threads(1)
                .io(dataPlane.io())
                .name("router")
                .build();
        // The same header at every port, so that frames need no rewriting on their way.
        TapRouter router = new TapRouter(
                loops,
                header ? VnetHeader.V1 : VnetHeader.NONE,
                natSettings,
                (port, cause) -> program.failed(port.channel(), cause));
        verbosity.looping(1, loops.io());
        List<SocketLan> lans = new ArrayList<>();
        try (PortCapture captured = observation.capture(verbosity)) {
            for (RouterPortArgument tap : taps) {
                if (tap.socket() == null) {
                    add(router, tap);
                } else {
                    int mtu = tap.mtu() == null ? ETHERNET_MTU : tap.mtu();
                    lans.add(SocketLan.join(
                            router, tap.socket(), mtu, tap.settings(nameServers, ofSystem), new PeerReports(program)));
                    verbosity.step("socket " + tap.socket());
                }
            }
            for (RouteArgument route : routes) {
                router.addRoute(route.destination(), route.gateway());
                verbosity.step("route " + route.destination() + " through "
                        + route.gateway().getHostAddress());
            }
            for (RouterPort port : router.ports()) {
                program.watch(port.channel(), port.name());
                captured.tap(port, "port of the router");
            }
            RouterRequests requests = new RouterRequests(router);
            ControlSocket socket = ControlSocket.open(control, requests);
            try {
                observation.showUntil(program, requests::samples, requests::counts);
            } finally {
                socket.close();
            }
        } finally {
            lans.forEach(SocketLan::close);
            router.close();
        }
        observation.end(verbosity, () -> printFates(router.ports()));
        return program.end();
    }

    /** What happens to the peers of sockets. */
    private record PeerReports(Program program) implements SwitchListener {

        @Override
        public void portFailed(Channel channel, Throwable cause) {
            program.failed(channel, cause);
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
    }

    private void checkDistinct() {
        Set<String> names = new HashSet<>();
        for (RouterPortArgument tap : taps) {
            if (!names.add(tap.tap()) && tap.tap().indexOf('%') < 0) {
                throw new CommandLine.ParameterException(
                        spec.commandLine(), "a port is there twice: port=" + tap.tap() + " (expected: once)");
            }
        }
    }

    /** As a network of a file opens it. */
    private void add(TapRouter router, RouterPortArgument tap) throws IOException, InterruptedException {
        ChannelAttachment.Opened opened =
                LinkPort.attachment(tap.tap(), offloads(tap), tap.mtu()).open(router.vnetHeader());
        verbosity.opened((TapChannel) opened.channel());
        router.add(opened.channel(), opened.offloads(), opened.mtu(), tap.settings(nameServers, ofSystem));
        opened.up().run();
    }

    private Offloads offloads(RouterPortArgument tap) {
        return tap.offloads() == null ? dataPlane.offloads() : tap.offloads();
    }

    private void printFates(List<RouterPort> ports) {
        PrintWriter out = spec.commandLine().getOut();
        out.println();
        for (RouterPort port : ports) {
            String fates = Arrays.stream(RouterCounter.values())
                    .filter(counter -> port.count(counter) > 0)
                    .map(counter -> counter.title() + " " + Units.count(port.count(counter)))
                    .collect(Collectors.joining(", "));
            out.println("from " + port.name() + ": " + (fates.isEmpty() ? "nothing" : fates));
        }
    }
}
