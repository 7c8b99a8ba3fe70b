/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.option;

import io.github.nettytap.net.routing.nat.NatSettings;
import io.github.nettytap.tools.argument.DurationConverter;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.time.Duration;

/** How much NAT remembers, and for how long: for the router to mix in. */
public final class NatOptions {

    @Option(
            names = "--nat-connections",
            paramLabel = "N",
            description = "Connections that NAT remembers, of all hosts inside (default: 65536).")
    private int connections = NatSettings.DEFAULT.connections();

    @Option(
            names = "--nat-connections-per-host",
            paramLabel = "N",
            description = "How many of them one host may have (default: 8192, or all if there are fewer).")
    private Integer perHost;

    @Option(
            names = "--nat-tcp-timeout",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "Silence that ends an established TCP connection (default: 124min, RFC 5382).")
    private Duration tcp = NatSettings.DEFAULT.tcpEstablished();

    @Option(
            names = "--nat-tcp-transitory-timeout",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "The same for one that is not established yet, or no longer (default: 4min, RFC 5382).")
    private Duration tcpTransitory = NatSettings.DEFAULT.tcpTransitory();

    @Option(
            names = "--nat-udp-timeout",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "The same for UDP (default: 5min, RFC 4787).")
    private Duration udp = NatSettings.DEFAULT.udp();

    @Option(
            names = "--nat-icmp-timeout",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "The same for pings (default: 1min, RFC 5508).")
    private Duration icmp = NatSettings.DEFAULT.icmp();

    @Spec(Spec.Target.MIXEE)
    private CommandSpec program;

    /** What was asked for. */
    public NatSettings settings() {
        try {
            int ofHost = perHost == null ? Math.min(connections, NatSettings.DEFAULT.connectionsPerHost()) : perHost;
            return new NatSettings(connections, ofHost, tcp, tcpTransitory, udp, icmp);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.ParameterException(program.commandLine(), e.getMessage());
        }
    }
}
