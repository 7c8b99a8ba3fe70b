/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.offload;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.offload.Coalescer;
import io.github.nettytap.codec.offload.Segmentation;
import io.github.nettytap.codec.virtio.FrameVerdict;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * Two hosts whose frames pass through our offloads: one with every offload, so that it sends GSO frames and partial
 * checksums; one without a virtio-net header, which must be given whole frames and gives nothing else.
 */
@KernelTest
class OffloadSocketsKernelTest {

    private static final int HEADER = 12;
    private static final int BYTES = 2_000_000;
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private NetworkNamespace offloading;
    private NetworkNamespace plain;
    private TapDevice offloadingTap;
    private TapDevice plainTap;
    private TapPort offloadingPort;
    private TapPort plainPort;
    private final Coalescer coalescer = new Coalescer();
    private int gsoFramesCut;
    private int gsoFramesJoined;

    @BeforeEach
    void connect() throws Exception {
        offloading = host();
        plain = host();
        offloadingTap = TapDevice.builder("tap0")
                .vnetHeader(HEADER)
                .offloads(TapOffload.ALL)
                .address(Cidr.parse("10.77.0.1/24"))
                .address(Cidr.parse("fd77::1/64"))
                .up(true)
                .namespace(offloading)
                .open();
        plainTap = TapDevice.builder("tap0")
                .vnetHeader(false)
                .address(Cidr.parse("10.77.0.2/24"))
                .address(Cidr.parse("fd77::2/64"))
                .up(true)
                .namespace(plain)
                .open();
        offloadingPort = new TapPort(offloadingTap);
        plainPort = new TapPort(plainTap);
    }

    /** Duplicate address detection would keep the IPv6 addresses from being used at once. */
    private static NetworkNamespace host() throws Exception {
        NetworkNamespace namespace = NetworkNamespace.create();
        namespace.run(() -> Files.writeString(Path.of("/proc/sys/net/ipv6/conf/default/accept_dad"), "0"));
        return namespace;
    }

    @AfterEach
    void disconnect() {
        offloadingTap.close();
        plainTap.close();
        offloading.close();
        plain.close();
        coalescer.discard();
    }

    @Test
    void datagramWithACompletedChecksumIsAcceptedByASocket() throws Exception {
        for (String[] hosts : new String[][] {{"10.77.0.1", "10.77.0.2"}, {"fd77::1", "fd77::2"}}) {
            try (DatagramChannel sender = offloading.call(DatagramChannel::open);
                    DatagramChannel receiver = plain.call(DatagramChannel::open)) {
                receiver.bind(new InetSocketAddress(hosts[1], 5_000));
                receiver.configureBlocking(false);
                sender.bind(new InetSocketAddress(hosts[0], 0));
                sender.send(ByteBuffer.wrap(new byte[777]), new InetSocketAddress(hosts[1], 5_000));
                ByteBuffer received = ByteBuffer.allocate(2_000);
                long deadline = System.nanoTime() + PATIENCE_NANOS;
                while (received.position() == 0) {
                    pump(deadline);
                    receiver.receive(received);
                }

                assertThat(received.position()).isEqualTo(777);
            }
        }
    }

    @Test
    void gsoFramesThatWeCutArriveWhole() throws Exception {
        for (String[] hosts : new String[][] {{"10.77.0.1", "10.77.0.2"}, {"fd77::1", "fd77::2"}}) {
            gsoFramesCut = 0;

            transfer(offloading, hosts[0], plain, hosts[1]);

            assertThat(gsoFramesCut).isGreaterThan(10);
        }
    }

    @Test
    void gsoFramesThatWeJoinArriveWhole() throws Exception {
        for (String[] hosts : new String[][] {{"10.77.0.2", "10.77.0.1"}, {"fd77::2", "fd77::1"}}) {
            gsoFramesJoined = 0;

            transfer(plain, hosts[0], offloading, hosts[1]);

            assertThat(gsoFramesJoined).isGreaterThan(10);
        }
    }

    private void transfer(NetworkNamespace from, String fromHost, NetworkNamespace to, String toHost) throws Exception {
        byte[] sent = new byte[BYTES];
        new Random(6).nextBytes(sent);
        ByteBuffer source = ByteBuffer.wrap(sent);
        ByteBuffer destination = ByteBuffer.allocate(BYTES + 1);
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        try (ServerSocketChannel server = to.call(ServerSocketChannel::open);
                SocketChannel client = from.call(SocketChannel::open)) {
            server.configureBlocking(false);
            server.bind(new InetSocketAddress(toHost, 5_001));
            client.configureBlocking(false);
            client.bind(new InetSocketAddress(fromHost, 0));
            client.connect(new InetSocketAddress(toHost, 5_001));
            SocketChannel accepted = null;
            while (accepted == null || !client.finishConnect()) {
                pump(deadline);
                accepted = accepted == null ? server.accept() : accepted;
            }
            try (SocketChannel receiver = accepted) {
                receiver.configureBlocking(false);
                while (destination.position() < BYTES) {
                    client.write(source);
                    pump(deadline);
                    receiver.read(destination);
                }
            }
        }
        assertThat(destination.position()).isEqualTo(BYTES);
        assertThat(destination.flip()).isEqualTo(ByteBuffer.wrap(sent));
    }

    /** Carries what waits, in both directions. */
    private void pump(long deadline) throws IOException {
        assertThat(System.nanoTime()).as("patience").isLessThan(deadline);
        ByteBuf packet = ByteBufAllocator.DEFAULT.directBuffer(70_000);
        while (offloadingPort.read(packet.clear()) > 0) {
            gsoFramesCut += packet.getByte(1) == VirtioNetHeader.GSO_NONE ? 0 : 1;
            FrameVerdict verdict =
                    Segmentation.segment(packet, HEADER, 0, ByteBufAllocator.DEFAULT, this::writeToPlain);
            assertThat(verdict).isEqualTo(FrameVerdict.WELL_FORMED);
        }
        while (plainPort.read(packet.clear().writeZero(HEADER)) > 0) {
            coalescer.add(VirtioNetFrame.parse(packet, HEADER));
            packet = ByteBufAllocator.DEFAULT.directBuffer(70_000);
        }
        packet.release();
        coalescer.flush(this::writeToOffloading);
    }

    private void writeToPlain(ByteBuf segment) {
        assertThat(plainPort.write(segment)).isEqualTo(segment.readableBytes());
        segment.release();
    }

    private void writeToOffloading(VirtioNetFrame frame) {
        gsoFramesJoined += frame.isGsoFrame() ? 1 : 0;
        ByteBuf packet = frame.content().duplicate();
        packet.readerIndex(packet.readerIndex() - HEADER);
        frame.writeHeader(packet, packet.readerIndex(), HEADER);
        assertThat(offloadingPort.write(packet)).isEqualTo(packet.readableBytes());
        frame.release();
    }
}
