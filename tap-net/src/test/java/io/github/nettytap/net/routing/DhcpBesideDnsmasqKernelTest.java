/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.dhcp.DhcpPool;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.NetworkExtension;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Two DHCP servers on one network, ours and dnsmasq, and clients that have chosen one of them: dhclient, which asks for
 * its last address again when it starts, and busybox's udhcpc.
 *
 * <pre>
 *   router, 10.88.0.100 to .199 ── host ──┐
 *                                         br0 ── c0 ══ c1, the client
 *   dnsmasq, 10.88.0.200 to .220 ─────────┘
 * </pre>
 */
@KernelTest
class DhcpBesideDnsmasqKernelTest {

    private static final Pattern ACKNOWLEDGED = Pattern.compile("DHCPACK of (\\S+) from (\\S+)");
    private static final Pattern LEASED = Pattern.compile("leased (\\S+) by (\\S+)");

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    @TempDir
    Path folder;

    private TapRouter router;
    private Host lan;
    private Host client;
    private Process dnsmasq;

    @BeforeEach
    void join() throws Exception {
        router = new TapRouter(TapEventLoopGroup.builder().threads(1).build(), VnetHeader.V1, (port, cause) -> {});
        lan = network.closing(Host.create("host", tap -> tap.vnetHeader(true)));
        client = network.closing(Host.create());
        ip("link add br0 type bridge");
        ip("address add 10.88.0.2/24 dev br0");
        ip("link add c0 type veth peer name c1");
        for (String port : List.of("host", "c0")) {
            ip("link set " + port + " master br0 up");
        }
        ip("link set br0 up");
        client.take(lan.namespace(), "c1");
        startDnsmasq();
    }

    private void ip(String arguments) throws Exception {
        lan.execute(("ip " + arguments).split(" "));
    }

    private void startDnsmasq() throws Exception {
        dnsmasq = lan.start(
                "dnsmasq",
                "--no-daemon",
                "--conf-file=/dev/null",
                "--port=0",
                "--user=root",
                "--interface=br0",
                "--bind-interfaces",
                "--no-ping",
                "--log-facility=-",
                "--pid-file=",
                "--dhcp-leasefile=" + folder.resolve("dnsmasq.leases"),
                "--dhcp-range=10.88.0.200,10.88.0.220,255.255.255.0,1h");
        BufferedReader output = dnsmasq.inputReader();
        String line = output.readLine();
        while (line != null && !line.contains("DHCP, sockets bound exclusively to interface br0")) {
            line = output.readLine();
        }
        assertThat(line).as("dnsmasq serves").isNotNull();
    }

    private void stopDnsmasq() throws Exception {
        dnsmasq.destroy();
        dnsmasq.waitFor();
    }

    @AfterEach
    void part() throws Exception {
        router.close();
        stopDnsmasq();
    }

    private void serve() throws Exception {
        DhcpPool pool = new DhcpPool(ipv4("10.88.0.100"), ipv4("10.88.0.199"), List.of(ipv4("192.0.2.53")));
        router.add(lan.device(), new PortSettings(List.of(Cidr.parse("10.88.0.1/24")), false, false, pool));
    }

    private static Inet4Address ipv4(String address) throws Exception {
        return (Inet4Address) InetAddress.getByName(address);
    }

    private Path script(String name, String content) throws Exception {
        Path script = Files.writeString(folder.resolve(name), content);
        return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    }

    /** What dhclient says from its start to its lease. */
    private String dhclient() throws Exception {
        Path settings = Files.writeString(folder.resolve("dhclient.conf"), """
                reboot 2;
                timeout 20;
                initial-interval 1;
                """);
        Path script = script("dhclient-script", "#!/bin/sh\nexit 0\n");
        Path leases = folder.resolve("dhclient.leases");
        if (!Files.exists(leases)) {
            Files.createFile(leases);
        }
        // In the foreground, which it stays in after it has its lease.
        Process process = client.start(
                "dhclient",
                "-4",
                "-d",
                "-1",
                "-v",
                "-sf",
                script.toString(),
                "-cf",
                settings.toString(),
                "-lf",
                leases.toString(),
                "-pf",
                folder.resolve("dhclient.pid").toString(),
                "c1");
        try (BufferedReader output = process.inputReader()) {
            StringBuilder said = new StringBuilder();
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                said.append(line).append('\n');
                if (line.startsWith("bound to")) {
                    return said.toString();
                }
            }
            throw new AssertionError("dhclient has no lease: output=" + said);
        } finally {
            process.destroyForcibly().waitFor(); // So it gives nothing back.
        }
    }

    private static String acknowledged(String output) {
        Matcher matcher = ACKNOWLEDGED.matcher(output);
        assertThat(matcher.find()).as(output).isTrue();
        return matcher.group(1) + " by " + matcher.group(2);
    }

    @Test
    void clientOfTheOtherServerThatStartsAgainHearsNothingFromOurs() throws Exception {
        String lease = acknowledged(dhclient());
        assertThat(lease).startsWith("10.88.0.2").endsWith(" by 10.88.0.2");
        serve();
        String again = dhclient();
        assertThat(again).contains("DHCPREQUEST for ").doesNotContain("DHCPDISCOVER", "DHCPNAK");
        assertThat(acknowledged(again)).isEqualTo(lease);

        // Even when its own server is gone, nobody but that one may say that its address is not good any more.
        stopDnsmasq();
        String orphaned = dhclient();
        assertThat(orphaned).contains("DHCPREQUEST for ", "DHCPDISCOVER").doesNotContain("DHCPNAK");
        assertThat(acknowledged(orphaned)).startsWith("10.88.0.1").endsWith(" by 10.88.0.1");
    }

    @Test
    void whicheverServerClientsChooseEachHasAnAddressOfItsOwn() throws Exception {
        serve();
        Path script = script("udhcpc-script", """
                #!/bin/sh
                case "$1" in
                    bound) echo "leased $ip by $serverid";;
                    nak) echo "refused";;
                esac
                """);
        Set<String> addresses = new HashSet<>();
        for (int i = 1; i <= 4; i++) {
            client.execute("ip", "link", "set", "c1", "address", "02:00:00:00:88:0" + i);
            String output = client.execute(
                    "busybox", "udhcpc", "-f", "-q", "-n", "-t", "5", "-T", "2", "-i", "c1", "-s", script.toString());
            assertThat(output).doesNotContain("refused");
            Matcher leased = LEASED.matcher(output);
            assertThat(leased.find()).as(output).isTrue();
            assertThat(leased.group(1).startsWith("10.88.0.2"))
                    .as(output)
                    .isEqualTo(leased.group(2).equals("10.88.0.2"));
            assertThat(addresses.add(leased.group(1))).as(output).isTrue();
        }
    }
}
