/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.net.switching.policy.Mirroring;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.ServerSocket;
import java.net.Socket;
import java.util.BitSet;
import java.util.Random;

/** A monitor whose kernel takes no offloads, beside hosts that use them all. */
@KernelTest
@ParameterizedClass(name = "{0} threads")
@ValueSource(ints = {1, 2})
class MirrorKernelTest {

    private static final int BYTES = 100_000;
    private static final int MTU = 1500;
    private static final int MAC_DIGITS = 2 * MacAddress.LENGTH;
    private static final int IP = EthernetHeader.LENGTH;
    private static final int TCP = 6;
    private static final int SYN = 2;

    private final TapSwitch lan;
    private Host left;
    private Host right;
    private Wires cable;
    private HandMadeFrames monitor;

    MirrorKernelTest(int threads) {
        lan = new TapSwitch(
                TapEventLoopGroup.builder().threads(threads).build(), SwitchSettings.DEFAULT, (channel, cause) -> {});
    }

    @BeforeEach
    void join() throws Exception {
        left = Host.create("left", Cidr.parse("10.88.0.1/24"), TapOffload.ALL, true);
        right = Host.create("right", Cidr.parse("10.88.0.2/24"), TapOffload.ALL, true);
        cable = new Wires(TapOffload.NONE, true, "monitor", "end");
        monitor = new HandMadeFrames(cable.end(1));
        lan.add(cable.end(0), PortPolicy.builder().mirroring(Mirroring.MONITOR).build());
        lan.add(
                left.device(),
                PortPolicy.builder().mirroring(Mirroring.MIRRORED).build());
        lan.add(right.device(), PortPolicy.DEFAULT);
    }

    @AfterEach
    void part() {
        lan.close();
        monitor.close();
        cable.close();
        left.close();
        right.close();
    }

    @Test
    void monitorHearsBothWays() throws Exception {
        left.ping(1, right);
        String request = awaitIcmp("08");
        String reply = awaitIcmp("00");
        assertThat(reply.substring(0, MAC_DIGITS)).isEqualTo(request.substring(MAC_DIGITS, 2 * MAC_DIGITS));
        assertThat(reply.substring(MAC_DIGITS, 2 * MAC_DIGITS)).isEqualTo(request.substring(0, MAC_DIGITS));
    }

    /** The digits of the type follow an IPv4 header without options. */
    private String awaitIcmp(String type) throws Exception {
        while (true) {
            String frame = monitor.next();
            boolean icmp = frame.startsWith("0800", 2 * MAC_DIGITS) && frame.startsWith("01", 2 * (IP + 9));
            if (icmp && frame.startsWith(type, 2 * (IP + 20))) {
                return frame;
            }
        }
    }

    @Test
    void gsoFramesReachTheMonitorAsWireFramesOfTheSameBytes() throws Exception {
        byte[] sent = new byte[BYTES];
        new Random(1).nextBytes(sent);
        try (ServerSocket server = right.call(() -> new ServerSocket(0, 1, right.address()));
                Socket client = left.call(() -> new Socket(right.address(), server.getLocalPort()))) {
            try (Socket accepted = server.accept()) {
                client.getOutputStream().write(sent);
                assertThat(accepted.getInputStream().readNBytes(BYTES)).isEqualTo(sent);
            }
            assertThat(mirrored(server.getLocalPort())).isEqualTo(sent);
        }
        assertThat(lan.ports().get(1).segmented()).isPositive();
    }

    /** What was sent to a port, put together again from the copies, in whatever order and how often they came. */
    private byte[] mirrored(int port) throws Exception {
        byte[] bytes = new byte[BYTES];
        BitSet there = new BitSet();
        int first = 0;
        while (there.cardinality() < BYTES) {
            ByteBuf frame = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(monitor.next()));
            if (!isTcpTo(port, frame)) {
                continue;
            }
            assertThat(frame.readableBytes()).isLessThanOrEqualTo(IP + MTU);
            int tcp = IP + Ipv4Header.headerLength(frame, IP);
            if ((TcpHeader.flags(frame, tcp) & SYN) != 0) {
                first = TcpHeader.sequence(frame, tcp) + 1;
            }
            int payload = tcp + TcpHeader.headerLength(frame, tcp);
            int length = IP + Ipv4Header.totalLength(frame, IP) - payload;
            int at = TcpHeader.sequence(frame, tcp) - first;
            if (length > 0) {
                frame.getBytes(payload, bytes, at, length);
                there.set(at, at + length);
            }
        }
        return bytes;
    }

    private static boolean isTcpTo(int port, ByteBuf frame) {
        return EthernetHeader.type(frame, 0) == EthernetHeader.TYPE_IPV4
                && Ipv4Header.protocol(frame, IP) == TCP
                && TcpHeader.destinationPort(frame, IP + Ipv4Header.headerLength(frame, IP)) == port;
    }
}
