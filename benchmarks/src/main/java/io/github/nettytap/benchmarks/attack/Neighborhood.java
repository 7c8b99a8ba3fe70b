/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.attack;

import io.github.nettytap.benchmarks.attack.Attack.Network;
import io.github.nettytap.benchmarks.compare.Background;
import io.github.nettytap.benchmarks.compare.Commands;
import io.github.nettytap.benchmarks.compare.ProcessUsage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Namespaces: an attacker, an honest host, its peer, and what joins them.
 *
 * <pre>
 *   evil 10.1.0.66 ── fx0 ──┐
 *                           ├── middle: netty-tap, or the kernel ── fx2 ── peer 10.3.0.2, and many addresses more
 *   honest 10.2.0.2 ─ fx1 ──┘
 * </pre>
 *
 * <p>With VXLAN the attacker sits beside the peer's endpoint, on the network below.
 */
final class Neighborhood implements AutoCloseable {

    static final String HONEST = "honest";
    static final String PEER = "peer";
    static final String PEER_ADDRESS = "10.3.0.2";

    private static final String MIDDLE = "middle";
    private static final String EVIL = "evil";
    private static final String UNDERLAY = "10.5.0.";
    private static final int ADDRESSES = 40;
    private static final AtomicInteger ALL = new AtomicInteger();

    private final String prefix = "nta" + ProcessHandle.current().pid() + "-" + ALL.incrementAndGet();
    private final Network network;
    private final boolean kernel;
    private final Path top;
    private final List<Background> programs = new ArrayList<>();

    Neighborhood(Network network, boolean kernel, Path top) {
        this.network = network;
        this.kernel = kernel;
        this.top = top;
    }

    /** Makes it all; the honest host reaches its peer. */
    void open() throws IOException {
        for (String host : List.of(EVIL, HONEST, PEER, MIDDLE)) {
            ip("netns", "add", name(host));
            ip("-n", name(host), "link", "set", "lo", "up");
            // Nothing is sent by itself, and addresses serve at once.
            String ipv6 = network.isRouted() ? "accept_dad=0" : "disable_ipv6=1";
            run(host, "sysctl", "-q", "-w", "net.ipv6.conf.default." + ipv6);
        }
        if (network == Network.VXLAN) {
            underlay();
        }
        if (kernel) {
            kernel();
        } else {
            program();
        }
        String length = network.isRouted() ? "/16" : "/8";
        if (network != Network.VXLAN) {
            host(EVIL, "fx0", "10.1.0.66" + length, "fd00:1::66/64");
            host(PEER, "fx2", PEER_ADDRESS + length, "fd00:3::2/64");
        }
        host(HONEST, "fx1", "10.2.0.2" + length, "fd00:2::2/64");
        String peerLink = network == Network.VXLAN ? "vx" : "fx2";
        StringBuilder more = new StringBuilder();
        for (int i = 1; i <= ADDRESSES; i++) {
            more.append("address add 10.3.7.")
                    .append(i)
                    .append(length)
                    .append(" dev ")
                    .append(peerLink)
                    .append('\n');
            if (network.isRouted()) {
                more.append("address add fd00:3::7:")
                        .append(i)
                        .append("/64 dev ")
                        .append(peerLink)
                        .append('\n');
            }
        }
        run(PEER, "sh", "-c", "printf '" + more + "' | ip -batch -");
        run(
                HONEST,
                "sh",
                "-c",
                "for i in 1 2 3 4 5 6 7 8 9 10; do ping -q -c 1 -W 1 " + PEER_ADDRESS + " && exit 0; done; exit 1");
    }

    private void host(String host, String link, String address, String address6) throws IOException {
        ip("-n", name(MIDDLE), "link", "set", link, "netns", name(host));
        ip("-n", name(host), "address", "add", address, "dev", link);
        ip("-n", name(host), "link", "set", link, "up");
        if (network == Network.VXLAN) {
            ip("-n", name(host), "link", "set", link, "mtu", "1450");
        }
        if (network.isRouted()) {
            ip("-n", name(host), "address", "add", address6, "dev", link);
            ip("-n", name(host), "route", "add", "default", "via", address.replaceFirst("\\.0\\..*", ".0.1"));
            ip("-n", name(host), "route", "add", "default", "via", address6.replaceFirst("::.*", "::1"));
        }
    }

    private void underlay() throws IOException {
        ip("-n", name(MIDDLE), "link", "add", "under", "type", "veth", "peer", "name", "fx2");
        ip("-n", name(MIDDLE), "link", "set", "fx2", "netns", name(PEER));
        ip("-n", name(MIDDLE), "address", "add", UNDERLAY + "1/24", "dev", "under");
        ip("-n", name(MIDDLE), "link", "set", "under", "up");
        ip("-n", name(PEER), "address", "add", UNDERLAY + "2/24", "dev", "fx2");
        // A veth passes inner checksums on unfinished, as no wire could.
        run(PEER, "ethtool", "-K", "fx2", "tx", "off");
        ip("-n", name(PEER), "link", "set", "fx2", "up");
        vxlan(PEER, 2, 1);
        ip("-n", name(PEER), "address", "add", PEER_ADDRESS + "/8", "dev", "vx");
    }

    private void vxlan(String host, int local, int remote) throws IOException {
        String command = "link add vx type vxlan id 7 local " + UNDERLAY + local + " remote " + UNDERLAY + remote
                + " dstport 4789";
        ip(("-n " + name(host) + " " + command).split(" "));
        ip("-n", name(host), "link", "set", "vx", "up");
    }

    private void kernel() throws IOException {
        for (int i = 0; i < 3; i++) {
            if (network != Network.VXLAN || i == 1) {
                ip("-n", name(MIDDLE), "link", "add", "fx" + i, "type", "veth", "peer", "name", "p" + i);
                ip("-n", name(MIDDLE), "link", "set", "p" + i, "up");
            }
        }
        if (network.isRouted()) {
            run(MIDDLE, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
            for (int i = 0; i < 3; i++) {
                ip("-n", name(MIDDLE), "address", "add", "10." + (i + 1) + ".0.1/16", "dev", "p" + i);
                ip("-n", name(MIDDLE), "address", "add", "fd00:" + (i + 1) + "::1/64", "dev", "p" + i);
            }
        } else {
            ip("-n", name(MIDDLE), "link", "add", "br0", "type", "bridge");
            if (network == Network.SNOOPING) {
                ip("-n", name(MIDDLE), "link", "set", "br0", "type", "bridge", "mcast_querier", "1");
            }
            ip("-n", name(MIDDLE), "link", "set", "br0", "up");
            if (network == Network.VXLAN) {
                vxlan(MIDDLE, 1, 2);
            }
            for (String link : network == Network.VXLAN ? List.of("p1", "vx") : List.of("p0", "p1", "p2")) {
                ip("-n", name(MIDDLE), "link", "set", link, "master", "br0");
            }
        }
        if (network == Network.NAT) {
            run(
                    MIDDLE,
                    "nft",
                    "add table ip nat; add chain ip nat out { type nat hook postrouting priority 100; };"
                            + " add rule ip nat out oifname p2 masquerade");
        }
        if (network == Network.DHCP) {
            start(
                    "started",
                    "dnsmasq",
                    "--conf-file=/dev/null",
                    "--keep-in-foreground",
                    "--log-facility=-",
                    "--user=root",
                    "--port=0",
                    "--dhcp-leasefile=/dev/null",
                    "--dhcp-authoritative",
                    "--dhcp-lease-max=70000",
                    "--dhcp-range=10.1.1.1,10.1.254.231,1h",
                    "--dhcp-range=10.2.1.1,10.2.1.200,1h");
        }
    }

    private void program() throws IOException {
        List<String> command =
                new ArrayList<>(List.of(top.resolve("run-example.sh").toString()));
        switch (network) {
            case SWITCH -> command.addAll(List.of("switch", "fx0", "fx1", "fx2"));
            case SNOOPING -> command.addAll(List.of("switch", "fx0", "fx1", "fx2", "--snooping"));
            case VXLAN ->
                command.addAll(List.of("vxlan", "fx1,vni=7", "--remote", UNDERLAY + "2", "--local", UNDERLAY + "1"));
            default -> {
                boolean dhcp = network == Network.DHCP;
                command.addAll(List.of(
                        "router",
                        "fx0=10.1.0.1/16,fd00:1::1/64" + (dhcp ? ",dhcp=10.1.1.1-10.1.254.231" : ""),
                        "fx1=10.2.0.1/16,fd00:2::1/64" + (dhcp ? ",dhcp=10.2.1.1-10.2.1.200" : ""),
                        "fx2=10.3.0.1/16,fd00:3::1/64" + (network == Network.NAT ? ",nat" : "")));
            }
        }
        start("ready", command.toArray(String[]::new));
    }

    private void start(String announcement, String... command) throws IOException {
        programs.add(Background.start(in(MIDDLE, command), announcement));
    }

    /** A command of the attacker; its kind, seconds and rate. */
    List<String> attack(Path attack, String kind, int seconds, int rate) throws IOException {
        String evil = network == Network.VXLAN ? PEER : EVIL;
        String link = network == Network.VXLAN ? "fx2" : "fx0";
        String target = network == Network.VXLAN ? UNDERLAY + "1" : network.isRouted() ? "10.1.0.1" : PEER_ADDRESS;
        run(evil, "ping", "-q", "-c", "1", "-W", "5", target);
        String mac = run(evil, "ip", "neighbor", "show", target).replaceFirst("(?s).*lladdr (\\S+).*", "$1");
        return in(evil, attack.toString(), kind, link, Integer.toString(seconds), Integer.toString(rate), mac);
    }

    /** Frames that have come to the attacker. */
    long framesToAttacker() throws IOException {
        String evil = network == Network.VXLAN ? PEER : EVIL;
        String link = network == Network.VXLAN ? "fx2" : "fx0";
        return Long.parseLong(run(evil, "cat", "/sys/class/net/" + link + "/statistics/rx_packets")
                .strip());
    }

    double cpuSeconds() throws IOException {
        double seconds = 0;
        for (Background program : programs) {
            seconds += ProcessUsage.cpuSeconds(program.process());
        }
        return seconds;
    }

    double residentMegabytes() throws IOException {
        double megabytes = 0;
        for (Background program : programs) {
            megabytes += ProcessUsage.residentMegabytes(program.process());
        }
        return megabytes;
    }

    boolean hasProgram() {
        return !programs.isEmpty();
    }

    List<String> in(String host, String... command) {
        List<String> result = new ArrayList<>(List.of("ip", "netns", "exec", name(host)));
        result.addAll(Arrays.asList(command));
        return result;
    }

    private String run(String host, String... command) throws IOException {
        return Commands.run(20, in(host, command));
    }

    private String name(String host) {
        return prefix + host;
    }

    private static void ip(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(Arrays.asList(arguments));
        Commands.run(10, command);
    }

    @Override
    public void close() throws IOException {
        for (Background program : programs) {
            program.close();
        }
        String existing = Commands.run(5, "ip", "netns", "list");
        for (String host : List.of(EVIL, HONEST, PEER, MIDDLE)) {
            if (existing.contains(name(host))) {
                ip("netns", "del", name(host));
            }
        }
    }
}
