/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.PortVlans;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.testkit.Frames;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/**
 * Tags on the wire of a trunk, and what sockets at access ports hear of them. Both hosts have the same address, each in
 * its VLAN.
 *
 * <pre>
 *   10.77.0.2 ─ vlan 10 ┐
 *                       ├ switch ─ trunk ─ bridge of the kernel ─ frames made by hand, from 10.77.0.1
 *   10.77.0.2 ─ vlan 20 ┘
 * </pre>
 */
@KernelTest
@ParameterizedClass(name = "{0} threads, offloads {1}")
@CsvSource({"1, true", "1, false", "2, true"})
class TrunkKernelTest {

    private static final int PORT = 7_000;
    private static final String ADDRESS = "10.77.0.2/24";
    private static final int TWO_ADDRESSES = 2 * MacAddress.LENGTH;

    private final Set<TapOffload> offloads;
    private final TapSwitch lan;
    private final Deque<AutoCloseable> toClose = new ArrayDeque<>();

    TrunkKernelTest(int threads, boolean offloads) {
        this.offloads = offloads ? TapOffload.ALL : TapOffload.NONE;
        lan = new TapSwitch(
                TapEventLoopGroup.builder().threads(threads).build(), SwitchSettings.DEFAULT, (channel, cause) -> {});
    }

    @AfterEach
    void part() throws Exception {
        lan.close();
        while (!toClose.isEmpty()) {
            toClose.pop().close();
        }
    }

    @Test
    void taggedFrameReachesTheHostOfItsVlanAndNoOther() throws Exception {
        DatagramSocket ten = listener(host("ten", 10));
        DatagramSocket twenty = listener(host("twenty", 20));
        HandMadeFrames wire = cable("trunk", PortVlans.trunk(List.of(10, 20)));
        wire.send(toAll("for ten", 10));
        wire.send(toAll("for twenty", 20));
        wire.send(toAll("for ten again", 10));
        assertThat(receive(ten)).isEqualTo("for ten");
        assertThat(receive(ten)).isEqualTo("for ten again");
        assertThat(receive(twenty)).isEqualTo("for twenty");
    }

    @Test
    void frameOfAHostLeavesWithTheTagOfItsVlan() throws Exception {
        Host ten = host("ten", 10);
        Host twenty = host("twenty", 20);
        HandMadeFrames wire = cable("trunk", PortVlans.trunk(List.of(10, 20)));
        broadcast(ten, "from ten");
        assertThat(tagsOf(wire.await(hex("from ten")))).startsWith("8100" + "000a" + "0800");
        broadcast(twenty, "from twenty");
        assertThat(tagsOf(wire.await(hex("from twenty")))).startsWith("8100" + "0014" + "0800");
    }

    @Test
    void nativeVlanComesAndGoesWithoutATag() throws Exception {
        Host ten = host("ten", 10);
        Host twenty = host("twenty", 20);
        DatagramSocket atTen = listener(ten);
        DatagramSocket atTwenty = listener(twenty);
        HandMadeFrames wire = cable("trunk", PortVlans.trunk(List.of(10, 20)).withNative(10));
        wire.send(toAll("without a tag"));
        wire.send(toAll("with the tag of another", 20));
        assertThat(receive(atTen)).isEqualTo("without a tag");
        assertThat(receive(atTwenty)).isEqualTo("with the tag of another");
        broadcast(ten, "from ten");
        assertThat(tagsOf(wire.await(hex("from ten")))).startsWith("0800");
        broadcast(twenty, "from twenty");
        assertThat(tagsOf(wire.await(hex("from twenty")))).startsWith("8100" + "0014" + "0800");
    }

    @Test
    void vlanThatTheTrunkDoesNotCarryEndsThere() throws Exception {
        DatagramSocket twenty = listener(host("twenty", 20));
        HandMadeFrames wire = cable("trunk", PortVlans.trunk(List.of(20)));
        wire.send(toAll("refused", 10));
        wire.send(toAll("refused, too"));
        wire.send(toAll("carried", 20));
        assertThat(receive(twenty)).isEqualTo("carried");
        assertThat(lan.ports().get(1).dropped(PolicyDrop.VLAN)).isEqualTo(2);
    }

    @Test
    void secondTagIsPayloadAndReachesAnAccessPortAlone() throws Exception {
        HandMadeFrames wire = cable("trunk", PortVlans.trunk(List.of(10)));
        HandMadeFrames otherTrunk = cable("other", PortVlans.trunk(List.of(10)));
        HandMadeFrames customer = cable("customer", PortVlans.access(10));
        wire.send(toAll("twice", 10, 20));
        assertThat(tagsOf(otherTrunk.await(hex("twice")))).startsWith("88a8" + "000a" + "8100" + "0014" + "0800");
        assertThat(tagsOf(customer.await(hex("twice")))).startsWith("8100" + "0014" + "0800");
    }

    @Test
    void priorityStaysInTheTag() throws Exception {
        HandMadeFrames wire = cable("trunk", PortVlans.trunk(List.of(10)));
        HandMadeFrames otherTrunk = cable("other", PortVlans.trunk(List.of(10)));
        wire.send(toAll("urgent", 0xa00a));
        assertThat(tagsOf(otherTrunk.await(hex("urgent")))).startsWith("8100" + "a00a" + "0800");
    }

    private Host host(String tap, int vlan) throws Exception {
        Host host = Host.create(tap, Cidr.parse(ADDRESS), offloads, !offloads.isEmpty());
        toClose.push(host);
        lan.add(
                host.device(),
                PortPolicy.builder().vlans(PortVlans.access(vlan)).build());
        return host;
    }

    /** A port whose frames the test makes and reads at the other side of a bridge. */
    private HandMadeFrames cable(String tap, PortVlans vlans) throws Exception {
        Wires cable = new Wires(offloads, tap, "end");
        toClose.push(cable);
        lan.add(cable.end(0), PortPolicy.builder().vlans(vlans).build());
        HandMadeFrames end = new HandMadeFrames(cable.end(1));
        toClose.push(end);
        return end;
    }

    private DatagramSocket listener(Host host) throws Exception {
        DatagramSocket socket = host.call(() -> new DatagramSocket(PORT));
        toClose.push(socket);
        socket.setSoTimeout(30_000);
        return socket;
    }

    private static String receive(DatagramSocket socket) throws Exception {
        DatagramPacket packet = new DatagramPacket(new byte[100], 100);
        socket.receive(packet);
        return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
    }

    private static void broadcast(Host host, String text) throws Exception {
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        try (DatagramSocket socket = host.call(() -> new DatagramSocket())) {
            socket.setBroadcast(true);
            socket.send(new DatagramPacket(payload, payload.length, InetAddress.getByName("10.77.0.255"), PORT));
        }
    }

    /** A UDP packet for the address of both hosts, to the broadcast address. The last of several tags is the inner one. */
    private static String toAll(String text, int... tags) {
        Frames frames = Frames.udp4().data(text.getBytes(StandardCharsets.UTF_8));
        frames.tags = tags;
        frames.destinationPort = PORT;
        ByteBuf frame = frames.frame();
        try {
            EthernetHeader.destination(frame, 0, MacAddress.BROADCAST.value());
            return ByteBufUtil.hexDump(frame);
        } finally {
            frame.release();
        }
    }

    private static String hex(String text) {
        return ByteBufUtil.hexDump(text.getBytes(StandardCharsets.UTF_8));
    }

    /** What follows the addresses. */
    private static String tagsOf(String frame) {
        return frame.substring(2 * TWO_ADDRESSES);
    }
}
