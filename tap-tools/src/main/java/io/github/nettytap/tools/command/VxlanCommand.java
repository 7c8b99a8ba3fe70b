/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import io.github.nettytap.codec.counter.EnumCounters;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.codec.wire.VxlanHeader;
import io.github.nettytap.net.vxlan.Underlay;
import io.github.nettytap.net.vxlan.VxlanEndpoint;
import io.github.nettytap.net.vxlan.VxlanEvent;
import io.github.nettytap.net.vxlan.VxlanPeers;
import io.github.nettytap.net.vxlan.VxlanSettings;
import io.github.nettytap.tools.argument.DurationConverter;
import io.github.nettytap.tools.argument.IpConverter;
import io.github.nettytap.tools.argument.LinkPort;
import io.github.nettytap.tools.argument.VxlanArgument;
import io.github.nettytap.tools.argument.VxlanFdbEntry;
import io.github.nettytap.tools.lifecycle.Failures;
import io.github.nettytap.tools.lifecycle.Loops;
import io.github.nettytap.tools.lifecycle.Program;
import io.github.nettytap.tools.option.DataPlane;
import io.github.nettytap.tools.option.Observation;
import io.github.nettytap.tools.option.PortCapture;
import io.github.nettytap.tools.option.Verbosity;
import io.github.nettytap.tools.statistics.PortSample;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.device.PacketSocket;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;

/** {@code vxlan}: a VXLAN tunnel endpoint. */
@Command(
        name = "vxlan",
        description =
                "A VXLAN tunnel endpoint: joins each TAP, over UDP, to a network of other endpoints, such as the kernel's own "
                        + "vxlan device, Open vSwitch, or this program elsewhere. Prints \"ready\" when it forwards.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "Examples:",
            "  netty-tap vxlan tap0,vni=100 --remote 192.0.2.2",
            "  netty-tap vxlan tap0,vni=100 tap1,vni=200,remote=2001:db8::3 \\",
            "      --remote 192.0.2.2",
            "",
            "The other end, with the kernel's device:",
            "  ip link add vxlan100 type vxlan id 100 remote 192.0.2.1 dstport 4789",
            "  ip link set vxlan100 up; ip address add 10.0.0.2/24 dev vxlan100"
        })
final class VxlanCommand implements Callable<Integer> {

    private static final int MAX_PORT = 65_535;
    private static final int MAX_SOURCE_PORTS = 64;

    @Parameters(
            arity = "1..*",
            paramLabel = "TAP,vni=N[,remote=IP]",
            converter = VxlanArgument.Converter.class,
            description = "An interface, made unless it is there, its network, and endpoints of that network alone.")
    private List<VxlanArgument> taps;

    @Option(
            names = "--remote",
            paramLabel = "IP",
            converter = IpConverter.class,
            description = "Another endpoint, of all networks. May be repeated.")
    private List<InetAddress> remotes = new ArrayList<>();

    @Option(
            names = "--local",
            paramLabel = "IP",
            converter = IpConverter.class,
            description = "The address to listen on and send from (default: any).")
    private InetAddress local;

    @Option(names = "--port", paramLabel = "PORT", description = "The UDP port of all endpoints (default: 4789).")
    private int port = VxlanHeader.PORT;

    @Option(
            names = "--source-ports",
            paramLabel = "N",
            description =
                    "How many UDP ports to send from, each flow from one of them, so that the network between spreads flows "
                            + "over its paths; 0 to send from --port (default: 8).")
    private int sourcePorts = VxlanEndpoint.DEFAULT_SOURCE_PORTS;

    @Option(
            names = {"--fdb-entry", "--station"},
            paramLabel = "VNI,MAC,IP",
            converter = VxlanFdbEntry.Converter.class,
            description = "A static FDB entry: the endpoint that a MAC address is behind. May be repeated.")
    private List<VxlanFdbEntry> fdbEntries = new ArrayList<>();

    @Option(
            names = "--allow",
            paramLabel = "IP",
            converter = IpConverter.class,
            description = "An endpoint that may send; all others may not. May be repeated (default: any may).")
    private List<InetAddress> allowed = new ArrayList<>();

    @Option(
            names = "--dont-fragment",
            description = "Lose, and count, what is too long for the network below, rather than have it fragmented.")
    private boolean dontFragment;

    @Option(names = "--no-learning", description = "Do not learn from frames where addresses are.")
    private boolean noLearning;

    @Option(
            names = "--ageing",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "Silence that makes it forget (default: 300s).")
    private Duration ageing = VxlanPeers.DEFAULT_AGEING;

    @Option(
            names = "--mtu",
            paramLabel = "BYTES",
            description = "The MTU of the TAPs (default: what passes the network below in one piece).")
    private Integer mtu;

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
        VxlanPeers peers = peers();
        Program program = Program.begin(spec);
        InetSocketAddress address = local == null ? new InetSocketAddress(port) : new InetSocketAddress(local, port);
        try (PortCapture captured = observation.capture(verbosity);
                Loops loops = Loops.of("vxlan", dataPlane.io());
                VxlanEndpoint endpoint = new VxlanEndpoint(
                        loops.group(), peers, new VxlanSettings(address, sourcePorts, dontFragment))) {
            verbosity.looping(1, loops.group().io());
            endpoint.sockets().forEach(socket -> verbosity.step("socket: " + socket));
            for (VxlanArgument tap : taps) {
                TapChannel channel = LinkPort.isOne(tap.tap())
                        ? endpoint.add(openLink(tap), tap.vni())
                        : endpoint.add(open(tap), tap.vni());
                captured.tap(channel, tap.tap(), "VXLAN network " + tap.vni());
                program.watch(channel, channel.localAddress().name());
            }
            observation.showUntil(program, () -> samples(endpoint), () -> counts(endpoint));
            observation.end(verbosity, () -> printTunnel(endpoint));
        }
        return program.end();
    }

    private static PacketSocket openLink(VxlanArgument port) throws TapException {
        return PacketSocket.builder(LinkPort.link(port.tap()))
                .vnetHeader(VnetHeader.V1)
                .open();
    }

    private List<PortSample> samples(VxlanEndpoint endpoint) {
        List<PortSample> samples = new ArrayList<>();
        for (TapChannel tap : endpoint.taps()) {
            samples.add(PortSample.of(String.valueOf(tap.localAddress()), tap.counters(), 0, 0));
        }
        return samples;
    }

    private static Map<String, Long> counts(VxlanEndpoint endpoint) {
        Map<String, Long> counts = new LinkedHashMap<>();
        for (VxlanEvent event : VxlanEvent.values()) {
            counts.put(EnumCounters.name(event), endpoint.count(event));
        }
        counts.put("udpGsoWrites", endpoint.datagrams().segmentedWrites());
        counts.put("udpGsoDatagrams", endpoint.datagrams().datagrams());
        counts.put("udpGsoRefused", endpoint.datagrams().refused());
        counts.put("learned", (long) endpoint.peers().learned());
        counts.put("moved", endpoint.peers().moved());
        counts.put("evicted", endpoint.peers().evicted());
        counts.put("notLearned", endpoint.peers().refused());
        counts.put("congested", endpoint.congested());
        counts.put("unsent", endpoint.datagrams().failed());
        return counts;
    }

    private VxlanPeers peers() {
        check(port >= 1 && port <= MAX_PORT, "no such UDP port: port=" + port + " (expected: 1 to " + MAX_PORT + ")");
        check(
                sourcePorts >= 0 && sourcePorts <= MAX_SOURCE_PORTS,
                "no such number of source ports: number=" + sourcePorts + " (expected: 0 to " + MAX_SOURCE_PORTS + ")");
        VxlanPeers peers = new VxlanPeers(port, ageing, VxlanPeers.DEFAULT_MAX_LEARNED);
        peers.learning(!noLearning);
        allowed.forEach(peers::allowSender);
        Set<Integer> vnis = new HashSet<>();
        Set<String> names = new HashSet<>();
        for (VxlanArgument tap : taps) {
            check(names.add(tap.tap()), "a port is there twice: port=" + tap.tap() + " (expected: once)");
            check(
                    vnis.add(tap.vni()),
                    "two TAPs in one network: vni=" + tap.vni()
                            + " (expected: one; join several by `netty-tap switch` or a bridge)");
            check(
                    !remotes(tap).isEmpty(),
                    "no other endpoint: tap=" + tap.tap() + ", vni=" + tap.vni()
                            + " (expected: --remote IP, or remote=IP with the TAP)");
            for (InetAddress remote : remotes(tap)) {
                check(
                        !remote.isMulticastAddress(),
                        "endpoint that is a group: remote=" + remote.getHostAddress()
                                + " (expected: one endpoint; frames to all are sent to each)");
            }
            peers.addNetwork(tap.vni());
            remotes(tap).forEach(remote -> peers.addRemote(tap.vni(), remote));
        }
        for (VxlanFdbEntry entry : fdbEntries) {
            check(vnis.contains(entry.vni()), "FDB entry of a network without a TAP: vni=" + entry.vni());
            peers.set(entry.vni(), entry.mac(), entry.remote());
        }
        return peers;
    }

    private void check(boolean right, String message) {
        if (!right) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }

    private List<InetAddress> remotes(VxlanArgument tap) {
        List<InetAddress> all = new ArrayList<>(remotes);
        all.addAll(tap.remotes());
        return all;
    }

    private TapDevice open(VxlanArgument tap) throws IOException {
        Underlay narrowest = null;
        for (InetAddress remote : remotes(tap)) {
            Underlay underlay = Underlay.towards(remote);
            narrowest = narrowest == null || underlay.innerMtu() < narrowest.innerMtu() ? underlay : narrowest;
        }
        int chosen = mtu == null ? narrowest.innerMtu() : mtu;
        verbosity.note(tap.tap() + ": network " + tap.vni() + ", MTU " + chosen + " (" + narrowest.mtu() + " of "
                + narrowest.link() + ", less " + narrowest.overhead() + " for the tunnel, is " + narrowest.innerMtu()
                + (chosen > narrowest.innerMtu() ? ": longer packets will travel in fragments, or not at all)" : ")"));
        return open(tap.tap(), chosen);
    }

    private TapDevice open(String tap, int chosenMtu) throws TapException {
        TapDevice device = TapDevice.builder(tap)
                .vnetHeader(true)
                .offloads(dataPlane.offloads().request())
                .up(true)
                .open();
        try {
            device.setMtu(chosenMtu);
        } catch (TapException e) {
            if (mtu != null || !Failures.isPermission(e)) {
                device.close();
                throw e;
            }
            verbosity.note(
                    tap + ": the MTU stays as it is, " + device.mtu() + ", since this user may not set it: `sudo ip"
                            + " link set " + tap + " mtu " + chosenMtu + "` saves fragments");
        }
        verbosity.opened(device);
        return device;
    }

    private void printTunnel(VxlanEndpoint endpoint) {
        PrintWriter out = spec.commandLine().getOut();
        out.println();
        out.println("tunnel: " + endpoint.count(VxlanEvent.ENCAPSULATED) + " datagrams out, "
                + endpoint.count(VxlanEvent.DECAPSULATED) + " in, " + endpoint.count(VxlanEvent.FLOODED)
                + " frames to all endpoints");
        out.println("UDP GSO: " + endpoint.datagrams().segmentedWrites() + " writes with "
                + endpoint.datagrams().datagrams() + " of the datagrams, "
                + endpoint.datagrams().refused() + " refused and sent singly");
        out.println("drops: " + endpoint.count(VxlanEvent.DROP_MALFORMED_HEADER) + " without a VXLAN header, "
                + endpoint.count(VxlanEvent.DROP_UNKNOWN_NETWORK) + " of other networks, "
                + endpoint.count(VxlanEvent.DROP_MALFORMED_FRAME) + " malformed, " + endpoint.congested()
                + " for want of room, " + endpoint.datagrams().failed() + " refused by the socket");
    }
}
