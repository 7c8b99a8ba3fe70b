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
import io.github.nettytap.transport.device.TapOffload;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** A host without an address asks for one, with busybox's udhcpc. */
@KernelTest
class DhcpKernelTest {

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    private TapRouter router;
    private Host host;
    private Path script;

    @BeforeEach
    void join() throws Exception {
        router = new TapRouter(TapEventLoopGroup.builder().threads(1).build(), VnetHeader.V1, (port, cause) -> {});
        host = network.closing(
                Host.create("host", tap -> tap.offloads(TapOffload.ALL).vnetHeader(true)));
        DhcpPool pool = new DhcpPool(ipv4("10.88.0.100"), ipv4("10.88.0.199"), List.of(ipv4("192.0.2.53")));
        router.add(host.device(), new PortSettings(List.of(Cidr.parse("10.88.0.1/24")), false, false, pool));
        script = Files.createTempFile("udhcpc", ".sh");
        Files.writeString(script, """
                #!/bin/sh
                case "$1" in
                    bound|renew)
                        ip address replace "$ip/$mask" dev "$interface"
                        ip route replace default via "$router"
                        echo "leased $ip/$mask router $router dns $dns mtu $mtu for $lease s";;
                esac
                """);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    }

    private static Inet4Address ipv4(String address) throws Exception {
        return (Inet4Address) InetAddress.getByName(address);
    }

    @AfterEach
    void part() throws Exception {
        router.close();
        Files.delete(script);
    }

    private String ask(String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "busybox", "udhcpc", "-f", "-q", "-n", "-t", "20", "-T", "3", "-i", "host", "-s", script.toString()));
        command.addAll(List.of(options));
        return host.execute(command.toArray(new String[0]));
    }

    @Test
    void hostIsLeasedAnAddressAndUsesIt() throws Exception {
        assertThat(ask()).contains("leased 10.88.0.100/24 router 10.88.0.1 dns 192.0.2.53 mtu 1500 for 3600 s");
        assertThat(host.ping(2, "10.88.0.1")).contains(" 0% packet loss");
    }

    @Test
    void hostThatComesBackGetsItsAddressAgain() throws Exception {
        assertThat(ask("-r", "10.88.0.150")).contains("leased 10.88.0.150/24");
        assertThat(ask()).contains("leased 10.88.0.150/24");
        assertThat(ask("-r", "10.88.0.160", "-B")).contains("leased 10.88.0.150/24");
    }

    @Test
    void anotherHostGetsAnotherAddress() throws Exception {
        assertThat(ask()).contains("leased 10.88.0.100/24");
        host.execute("ip", "link", "set", "host", "address", "02:00:00:00:88:01");
        assertThat(ask()).contains("leased 10.88.0.101/24");
    }
}
