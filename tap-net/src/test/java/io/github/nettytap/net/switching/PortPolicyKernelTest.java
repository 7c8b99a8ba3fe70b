/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.switching.fdb.Fdb;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.StaticFdbEntry;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.Traffic;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapOffload;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Policies of ports between kernels. */
@KernelTest
class PortPolicyKernelTest {

    private final TapSwitch lan = new TapSwitch(
            TapEventLoopGroup.builder().threads(1).build(), SwitchSettings.DEFAULT, (channel, cause) -> {});
    private final List<Host> hosts = new ArrayList<>();

    @AfterEach
    void part() {
        lan.close();
        hosts.forEach(Host::close);
    }

    @Test
    void addressThatMovesIsReachedAtItsNewPort() throws Exception {
        Host here = host("here", "10.88.0.1/24", PortPolicy.DEFAULT);
        Host before = host("before", "10.88.0.2/24", PortPolicy.DEFAULT);
        Host after = host("after", "10.88.0.3/24", PortPolicy.DEFAULT);
        before.ping(1, here);
        String mac = before.device().mac().toString();
        ip(before, "link", "set", "before", "down");
        ip(after, "link", "set", "after", "address", mac);
        ip(after, "address", "add", "10.88.0.2/24", "dev", "after");
        after.ping(1, here);
        assertThat(portOf(mac)).isEqualTo(2);
    }

    @Test
    void stickyAddressIsNotTakenByAnotherPort() throws Exception {
        Host here = host("here", "10.88.0.1/24", PortPolicy.DEFAULT);
        Host owner =
                host("owner", "10.88.0.2/24", PortPolicy.builder().sticky(true).build());
        Host thief = host("thief", "10.88.0.3/24", PortPolicy.DEFAULT);
        owner.ping(1, here);
        String mac = owner.device().mac().toString();
        ip(thief, "link", "set", "thief", "address", mac);
        assertThat(Traffic.ping(thief, here, 1).answered()).isZero();
        assertThat(lan.ports().get(2).dropped(PolicyDrop.HELD)).isPositive();
        assertThat(portOf(mac)).isEqualTo(1);
        owner.ping(1, here);
    }

    @Test
    void secondAddressBehindAPortOfOneIsDropped() throws Exception {
        Host here = host("here", "10.88.0.1/24", PortPolicy.DEFAULT);
        Host one = host("one", "10.88.0.2/24", PortPolicy.builder().macLimit(1).build());
        one.ping(1, here);
        ip(one, "link", "set", "one", "address", "02:00:00:00:00:99");
        assertThat(Traffic.ping(one, here, 1).answered()).isZero();
        assertThat(lan.ports().get(1).dropped(PolicyDrop.LIMIT)).isPositive();
    }

    @Test
    void staticStationIsReachedWithoutAFloodThoughItHasNeverSpoken() throws Exception {
        Host here = host("here", "10.88.0.1/24", PortPolicy.DEFAULT);
        MacAddress mac = MacAddress.parse("02:00:00:00:00:99");
        Host silent = host(
                "silent",
                "10.88.0.2/24",
                PortPolicy.builder()
                        .staticEntries(List.of(StaticFdbEntry.of(mac)))
                        .build());
        host("other", "10.88.0.3/24", PortPolicy.DEFAULT);
        UdpFrames toSilent = countAt(1, mac);
        UdpFrames toOther = countAt(2, mac);
        ip(here, "neighbor", "add", "10.88.0.2", "lladdr", mac.toString(), "dev", "here");
        ip(silent, "link", "set", "silent", "address", mac.toString());
        lan.ethernetSwitch().flushFdb();
        try (DatagramSocket in = silent.call(() -> new DatagramSocket(7_000));
                DatagramSocket out = here.call(() -> new DatagramSocket())) {
            in.setSoTimeout(30_000);
            out.send(new DatagramPacket(new byte[100], 100, silent.address(), 7_000));
            in.receive(new DatagramPacket(new byte[100], 100));
        }
        assertThat(toSilent.count()).isEqualTo(1);
        assertThat(toOther.count()).isZero();
        assertThat(portOf(mac.toString())).isEqualTo(1);
    }

    @Test
    void staticAddressIsNotTakenByAnotherPortEvenBeforeItSpoke() throws Exception {
        MacAddress mac = MacAddress.parse("02:00:00:00:00:99");
        Host here = host("here", "10.88.0.1/24", PortPolicy.DEFAULT);
        host(
                "owner",
                "10.88.0.2/24",
                PortPolicy.builder()
                        .staticEntries(List.of(StaticFdbEntry.of(mac)))
                        .build());
        Host thief = host("thief", "10.88.0.3/24", PortPolicy.DEFAULT);
        ip(thief, "link", "set", "thief", "address", mac.toString());
        assertThat(Traffic.ping(thief, here, 1).answered()).isZero();
        assertThat(lan.ports().get(2).dropped(PolicyDrop.HELD)).isPositive();
        assertThat(portOf(mac.toString())).isEqualTo(1);
    }

    @Test
    void framesFromAnotherAddressThanAllowedAreDropped() throws Exception {
        Host here = host("here", "10.88.0.1/24", PortPolicy.DEFAULT);
        Host there = host(
                "there",
                "10.88.0.2/24",
                PortPolicy.builder()
                        .sources(Set.of(MacAddress.parse("02:00:00:00:00:99")))
                        .build());
        assertThat(Traffic.ping(there, here, 1).answered()).isZero();
        assertThat(lan.ports().get(1).dropped(PolicyDrop.SOURCE)).isPositive();
        ip(there, "link", "set", "there", "address", "02:00:00:00:00:99");
        there.ping(1, here);
    }

    @Test
    void stormOfBroadcastsIsCutAndKnownStationsAreReached() throws Exception {
        Host here = host("here", "10.88.0.1/24", PortPolicy.DEFAULT);
        Host noisy = host(
                "noisy", "10.88.0.2/24", PortPolicy.builder().stormLimit(50).build());
        noisy.ping(1, here);
        try (DatagramSocket socket = noisy.call(() -> new DatagramSocket())) {
            socket.setBroadcast(true);
            for (int i = 0; i < 2_000; i++) {
                socket.send(new DatagramPacket(new byte[100], 100, InetAddress.getByName("10.88.0.255"), 9));
            }
        }
        // The first may be lost behind the storm, in the queue of the TAP.
        assertThat(Traffic.ping(noisy, here, 1, Duration.ofSeconds(30)).answered())
                .isPositive();
        SwitchPort in = lan.ports().get(1);
        // In this order, since the hosts go on talking: what has left had come in before.
        long sent = lan.ports().get(0).channelCounters().framesSent();
        long dropped = in.dropped(PolicyDrop.STORM);
        assertThat(dropped).isPositive();
        assertThat(sent).isLessThanOrEqualTo(in.channelCounters().framesReceived() - dropped);
    }

    @Test
    void isolatedHostsReachTheGatewayAndNotEachOther() throws Exception {
        Host gateway = host("gateway", "10.88.0.1/24", PortPolicy.DEFAULT);
        Host one =
                host("one", "10.88.0.2/24", PortPolicy.builder().isolated(true).build());
        Host two =
                host("two", "10.88.0.3/24", PortPolicy.builder().isolated(true).build());
        one.ping(1, gateway);
        two.ping(1, gateway);
        assertThat(Traffic.ping(one, two, 1).answered()).isZero();
    }

    @Test
    void portThatCannotBeWhatItsPolicySaysIsRefusedAndItsDeviceClosed() throws Exception {
        PortPolicy policy = PortPolicy.builder()
                .staticEntries(List.of(StaticFdbEntry.of(MacAddress.parse("02:00:00:00:00:99"))))
                .build();
        host("one", "10.88.0.1/24", policy);
        assertThatThrownBy(() -> host("two", "10.88.0.2/24", policy))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("static entry is at another port already: port=two, static=02:00:00:00:00:99, vlan=0");
        assertThat(hosts.get(1).device().isOpen()).isFalse();
        assertThat(lan.ports()).hasSize(1);
        Host again = host("again", "10.88.0.2/24", PortPolicy.DEFAULT);
        again.ping(1, hosts.get(0));
    }

    private Host host(String tap, String address, PortPolicy policy) throws Exception {
        Host host = Host.create(tap, Cidr.parse(address), TapOffload.ALL, true);
        hosts.add(host);
        lan.add(host.device(), policy);
        return host;
    }

    private UdpFrames countAt(int port, MacAddress mac) {
        UdpFrames frames = new UdpFrames(mac.value());
        lan.ports().get(port).channel().pipeline().addFirst(frames);
        return frames;
    }

    private int portOf(String mac) {
        int[] found = {Fdb.NONE};
        lan.ethernetSwitch().forEachFdbEntry((key, port, kind, age) -> {
            if (MacAddress.of(Fdb.mac(key)).toString().equals(mac)) {
                found[0] = port;
            }
        });
        return found[0];
    }

    private static void ip(Host host, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(Arrays.asList(words));
        Process process = host.call(
                () -> new ProcessBuilder(command).redirectErrorStream(true).start());
        String text = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException("command failed: command=" + command + ", output=" + text);
        }
    }
}
