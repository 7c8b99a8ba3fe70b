/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * The kernel's own vxlan device at the other end of the tunnel, in two networks.
 *
 * <pre>
 *  host 5: tap0 10.5.0.2 ──┐                                           ┌── vx5 10.5.0.1
 *                          ├── our endpoint 172.16.0.2 ══ 172.16.0.1 ──┤           the kernel's
 *  host 6: tap0 10.6.0.2 ──┘                                           └── vx6 10.6.0.1
 * </pre>
 */
@KernelTest
class VxlanKernelTest {

    private static final int VNET_HEADER = 12;
    /** The underlay's 1500 less the headers of IPv4, UDP, VXLAN and Ethernet: what the kernel's device takes too. */
    private static final int MTU = 1_450;

    private static final int BYTES = 3_000_000;

    private final List<AutoCloseable> resources = new ArrayList<>();
    private final VxlanPeers peers = new VxlanPeers();
    private final VxlanHandler endpoint = new VxlanHandler(peers, true, false);
    private final Channel[] taps = new Channel[7];
    private EventLoopGroup group;
    private NetworkNamespace kernel;
    private NetworkNamespace ours;
    private NetworkNamespace host5;
    private NetworkNamespace host6;
    private Channel udp;

    @BeforeEach
    void connect() throws Exception {
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        kernel = namespace();
        ours = namespace();
        host5 = namespace();
        host6 = namespace();
        ip(kernel, "link add under type veth peer name peer");
        // A namespace has no name here; the process that the command runs in is in it.
        ours.run(() -> {
            Process sleeper = new ProcessBuilder("sleep", "60").start();
            try {
                ip(kernel, "link set peer netns " + sleeper.pid());
            } finally {
                sleeper.destroyForcibly().waitFor();
            }
        });
        ip(kernel, "addr add 172.16.0.1/24 dev under");
        ip(kernel, "link set under up");
        // A veth passes inner checksums on unfinished, as no wire could, and a UDP socket does not finish them.
        sh(kernel, "ethtool -K under tx off");
        ip(ours, "addr add 172.16.0.2/24 dev peer");
        ip(ours, "link set peer up");
        for (int vni : new int[] {5, 6}) {
            String device = "vx" + vni;
            ip(
                    kernel,
                    "link add " + device + " type vxlan id " + vni
                            + " local 172.16.0.1 remote 172.16.0.2 dstport 4789");
            ip(kernel, "addr add 10." + vni + ".0.1/24 dev " + device);
            peers.addNetwork(vni);
            peers.addRemote(vni, InetAddress.getByName("172.16.0.1"));
        }
        udp = ours.call(() -> new Bootstrap()
                .group(group)
                .channel(EpollDatagramChannel.class)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(endpoint, new ToTaps());
                    }
                })
                .bind(new InetSocketAddress("172.16.0.2", 4789))
                .sync()
                .channel());
        taps[5] = tap(host5, 5);
        taps[6] = tap(host6, 6);
        ip(kernel, "link set vx5 up");
        ip(kernel, "link set vx6 up");
    }

    /** Without IPv6, whose neighbor discovery would send frames before all is connected, and be counted. */
    private NetworkNamespace namespace() throws Exception {
        NetworkNamespace namespace = keep(NetworkNamespace.create());
        namespace.run(() -> Files.writeString(Path.of("/proc/sys/net/ipv6/conf/default/disable_ipv6"), "1"));
        return namespace;
    }

    private Channel tap(NetworkNamespace host, int vni) throws Exception {
        TapDevice device = keep(TapDevice.builder("tap0")
                .vnetHeader(VNET_HEADER)
                .offloads(TapOffload.NONE)
                .mtu(MTU)
                .address(Cidr.parse("10." + vni + ".0.2/24"))
                .up(true)
                .namespace(host)
                .open());
        return new Bootstrap()
                .group(group)
                .channelFactory(TapChannel.factory(device))
                .handler(new FromTap(vni))
                .register()
                .sync()
                .channel();
    }

    private <T extends AutoCloseable> T keep(T resource) {
        resources.add(0, resource);
        return resource;
    }

    @AfterEach
    void disconnect() throws Exception {
        for (Channel channel : new Channel[] {taps[5], taps[6], udp}) {
            if (channel != null) {
                channel.close().sync();
            }
        }
        group.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }

    /** The virtio-net header in front of a frame leaves room for that of VXLAN. */
    private final class FromTap extends ChannelInboundHandlerAdapter {
        private final int vni;

        private FromTap(int vni) {
            this.vni = vni;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            udp.write(new VxlanFrame(vni, ((ByteBuf) message).skipBytes(VNET_HEADER)));
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            udp.flush();
        }
    }

    private final class ToTaps extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            VxlanFrame frame = (VxlanFrame) message;
            if (taps[frame.vni()] == null) {
                frame.release(); // came before the host was there
                return;
            }
            ByteBuf header = ctx.alloc().directBuffer(VNET_HEADER).writeZero(VNET_HEADER);
            taps[frame.vni()].write(ctx.alloc().compositeBuffer(2).addComponents(true, header, frame.content()));
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            for (Channel tap : taps) {
                if (tap != null) {
                    tap.flush();
                }
            }
        }
    }

    private static String sh(NetworkNamespace namespace, String command) throws Exception {
        return namespace.call(() -> {
            Process process = new ProcessBuilder(command.split(" "))
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes());
            if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new AssertionError(command + ": " + output);
            }
            return output;
        });
    }

    private static void ip(NetworkNamespace namespace, String arguments) throws Exception {
        sh(namespace, "ip " + arguments);
    }

    private static boolean reaches(NetworkNamespace from, String address) throws Exception {
        return reaches(from, address, 30_000);
    }

    private static boolean reaches(NetworkNamespace from, String address, int millis) throws Exception {
        // As root this is an ICMP echo, each second.
        return from.call(() -> InetAddress.getByName(address).isReachable(millis));
    }

    private static byte[] transfer(NetworkNamespace from, NetworkNamespace to, String address, byte[] bytes)
            throws Exception {
        try (ServerSocket server = to.call(() -> new ServerSocket(0, 1, InetAddress.getByName(address)))) {
            server.setSoTimeout(30_000);
            FutureTask<byte[]> receiver = new FutureTask<>((Callable<byte[]>) () -> {
                try (Socket socket = server.accept();
                        InputStream input = socket.getInputStream()) {
                    socket.setSoTimeout(30_000);
                    return input.readAllBytes();
                }
            });
            new Thread(receiver, "receiver").start();
            try (Socket socket = from.call(() -> new Socket(InetAddress.getByName(address), server.getLocalPort()));
                    OutputStream output = socket.getOutputStream()) {
                output.write(bytes);
            }
            return receiver.get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void hostsOnBothSidesReachEachOther() throws Exception {
        assertThat(reaches(host5, "10.5.0.1")).isTrue();
        assertThat(reaches(kernel, "10.5.0.2")).isTrue();
    }

    @Test
    void theKernelLearnsOurAddressAndWeLearnIts() throws Exception {
        assertThat(reaches(host5, "10.5.0.1")).isTrue();
        String entries = sh(kernel, "bridge fdb show dev vx5");

        assertThat(entries.lines().filter(line -> line.contains("dst 172.16.0.2")))
                .hasSizeGreaterThanOrEqualTo(2);
        assertThat(group.submit(() -> peers.size(5)).get()).isOne();
        assertThat(endpoint.count(VxlanEvent.FLOODED)).isLessThan(endpoint.count(VxlanEvent.ENCAPSULATED));
    }

    @Test
    void aTransferArrivesWholeInEachDirection() throws Exception {
        byte[] bytes = new byte[BYTES];
        new Random(1).nextBytes(bytes);

        assertThat(Arrays.equals(transfer(host5, kernel, "10.5.0.1", bytes), bytes))
                .isTrue();
        assertThat(Arrays.equals(transfer(kernel, host6, "10.6.0.2", bytes), bytes))
                .isTrue();
    }

    @Test
    void networksAreKeptApart() throws Exception {
        ip(host6, "addr add 10.5.0.3/24 dev tap0");

        assertThat(reaches(host6, "10.6.0.1")).isTrue();
        assertThat(reaches(host6, "10.5.0.1", 2_000)).isFalse();
        assertThat(reaches(host5, "10.5.0.3", 2_000)).isFalse();
    }

    @Test
    void datagramsThatAreNoVxlanAreCountedAndDoNoHarm() throws Exception {
        try (DatagramChannel stranger = kernel.call(DatagramChannel::open)) {
            for (int length = 0; length < 40; length++) {
                stranger.send(ByteBuffer.allocate(length), new InetSocketAddress("172.16.0.2", 4789));
            }
        }
        assertThat(reaches(host5, "10.5.0.1")).isTrue();
        assertThat(endpoint.count(VxlanEvent.DROP_MALFORMED_HEADER)).isEqualTo(40);
    }
}
