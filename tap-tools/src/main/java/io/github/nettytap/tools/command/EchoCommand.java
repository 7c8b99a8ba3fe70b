/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.echo.EchoAddresses;
import io.github.nettytap.net.echo.EchoEvent;
import io.github.nettytap.net.echo.EchoHandler;
import io.github.nettytap.net.echo.EchoServer;
import io.github.nettytap.tools.argument.CidrConverter;
import io.github.nettytap.tools.argument.InterfaceAddressConverter;
import io.github.nettytap.tools.argument.MacConverter;
import io.github.nettytap.tools.lifecycle.Loops;
import io.github.nettytap.tools.lifecycle.Program;
import io.github.nettytap.tools.option.DataPlane;
import io.github.nettytap.tools.option.Observation;
import io.github.nettytap.tools.option.PortCapture;
import io.github.nettytap.tools.option.Verbosity;
import io.github.nettytap.tools.statistics.PortSample;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapCounters;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapDeviceBuilder;
import io.github.nettytap.transport.device.TapException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/** {@code echo}: answers ARP, neighbor discovery, ping and UDP echo on a TAP. */
@Command(
        name = "echo",
        description =
                "Answers ping and UDP echo for addresses of its own on a TAP, and the ARP and neighbor discovery before it. "
                        + "Prints \"ready\" when it answers. Ctrl-C removes what it made and prints what was answered.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "Examples:",
            "  netty-tap echo tap0 10.0.0.2 fd00::2 \\",
            "      --host 10.0.0.1/24 --host fd00::1/64",
            "  ping 10.0.0.2; ping fd00::2; echo hello | nc -u -w 1 10.0.0.2 7",
            "",
            "A whole network of addresses, to try something against many of them:",
            "  netty-tap echo tap0 10.1.0.0/16 --host 10.1.0.1/16"
        })
final class EchoCommand implements Callable<Integer> {

    private static final int ECHO_PORT = 7; // RFC 862
    private static final int MAX_PORT = 65_535;

    @Parameters(index = "0", paramLabel = "TAP", description = "The interface, made unless it is there.")
    private String tap;

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "ADDRESS[/PREFIX]",
            converter = CidrConverter.class,
            description = "What to answer for: addresses, or networks for all of their addresses.")
    private List<Cidr> addresses;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS/PREFIX",
            converter = InterfaceAddressConverter.class,
            description = "Give the kernel's side of the TAP an address. May be repeated.")
    private List<Cidr> host = new ArrayList<>();

    @Option(names = "--port", paramLabel = "PORT", description = "The UDP port that echoes (default: 7).")
    private int port = ECHO_PORT;

    @Option(
            names = "--mac",
            paramLabel = "MAC",
            converter = MacConverter.class,
            description = "The MAC address that answers (default: a random one).")
    private MacAddress mac = MacAddress.randomLocal();

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
        EchoHandler echo = handler();
        Program program = Program.begin(spec);
        TapDevice device = open();
        try (Loops loops = Loops.of("echo", dataPlane.io());
                PortCapture captured = observation.capture(verbosity)) {
            verbosity.looping(1, loops.group().io());
            TapChannel channel = EchoServer.start(device, loops.group(), echo);
            captured.tap(channel, device.name(), "answered by echo");
            program.watch(channel, device.name());
            TapCounters counters = channel.counters();
            observation.showUntil(
                    program,
                    () -> List.of(PortSample.of(device.name(), counters, 0, echo.count(EchoEvent.CONGESTED))),
                    echo.counters()::values);
            channel.close().sync();
        } finally {
            device.close();
        }
        observation.end(verbosity, () -> printAnswers(echo));
        return program.end();
    }

    private void printAnswers(EchoHandler echo) {
        PrintWriter out = spec.commandLine().getOut();
        out.println();
        out.println("answered: " + echo.count(EchoEvent.ARP) + " ARP, " + echo.count(EchoEvent.NEIGHBOR)
                + " neighbor discovery, " + echo.count(EchoEvent.PING) + " ping, " + echo.count(EchoEvent.UDP)
                + " UDP; ignored: " + echo.count(EchoEvent.IGNORED) + "; dropped: "
                + (echo.count(EchoEvent.CONGESTED) + echo.count(EchoEvent.FAILED)));
    }

    private EchoHandler handler() {
        if (port < 1 || port > MAX_PORT) {
            throw new ParameterException(
                    spec.commandLine(), "no such UDP port: port=" + port + " (expected: 1 to " + MAX_PORT + ")");
        }
        try {
            return new EchoHandler(mac, EchoAddresses.of(addresses, host), port);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
    }

    private TapDevice open() throws TapException {
        TapDeviceBuilder builder = TapDevice.builder(tap)
                .vnetHeader(true)
                .offloads(dataPlane.offloads().request())
                .up(true);
        host.forEach(builder::address);
        TapDevice device = builder.open();
        verbosity.opened(device);
        return device;
    }
}
