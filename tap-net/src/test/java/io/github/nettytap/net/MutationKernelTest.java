/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.PortSettings;
import io.github.nettytap.net.routing.TapRouter;
import io.github.nettytap.net.routing.dhcp.DhcpPool;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.switching.TapSwitch;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.StaticFdbEntry;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.net.vxlan.VxlanEndpoint;
import io.github.nettytap.net.vxlan.VxlanEvent;
import io.github.nettytap.net.vxlan.VxlanPeers;
import io.github.nettytap.net.vxlan.VxlanSettings;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.HashedTransfer;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.NetworkExtension;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapDevice;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Captured frames, changed at random, into all that runs: a switch and a router, from a namespace each, with changed
 * virtio-net headers, and the endpoints of a tunnel. Hosts beside them transfer files meanwhile.
 *
 * <pre>
 *   evil namespace:   fz ──(tc redirects)──► evil ──► port of the switch, or of the router
 *   honest:           a ── switch ── b      inside ── router, NAT ── outside      va ── VXLAN ══ VXLAN ── vb
 * </pre>
 *
 * <p>{@code -Dnettytap.mutation.seconds=600} makes it longer, {@code -Dnettytap.mutation.seed=N} another.
 */
@KernelTest
class MutationKernelTest {

    private static final long SECONDS = Long.getLong("nettytap.mutation.seconds", 3);
    private static final long SEED = Long.getLong("nettytap.mutation.seed", 1);
    private static final int BATCH = 32;
    private static final int CHUNKS = 8;
    private static final int VNI = 7;
    private static final MacAddress ROUTER = MacAddress.parse("02:00:00:00:66:01");

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    private final Queue<String> problems = new ConcurrentLinkedQueue<>();
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong accepted = new AtomicLong();
    private final List<Thread> mutators = new ArrayList<>();
    private final Logger log = Logger.getLogger("");
    private final Handler logged = new Handler() {
        @Override
        public void publish(LogRecord line) {
            // Warnings of what a neighbor does are wanted, those of an exception are not.
            if (line.getThrown() != null && line.getLevel().intValue() >= Level.INFO.intValue()) {
                problems.add(line.getLoggerName() + ": " + line.getMessage() + " " + line.getThrown());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private volatile boolean ended;

    private TapEventLoopGroup loops;
    private TapSwitch lan;
    private TapRouter router;
    private final List<VxlanEndpoint> endpoints = new ArrayList<>();
    private Host a;
    private Host b;
    private Host inside;
    private Host outside;
    private Host va;
    private Host vb;
    private Host under;

    @BeforeEach
    void watchTheLog() {
        log.addHandler(logged);
        loops = TapEventLoopGroup.builder().threads(1).name("mutation").build();
    }

    @AfterEach
    void end() throws Exception {
        ended = true;
        for (Thread mutator : mutators) {
            mutator.join();
        }
        if (lan != null) {
            lan.close();
        }
        if (router != null) {
            router.close();
        }
        endpoints.forEach(VxlanEndpoint::close);
        loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
        log.removeHandler(logged);
    }

    @Test
    void changedFramesHarmNobodyElse() throws Exception {
        joinSwitch();
        joinRouter();
        joinTunnel();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        do {
            HashedTransfer.assertSameBytes(a::call, b::call, b.address(), CHUNKS);
            HashedTransfer.assertSameBytes(inside::call, outside::call, outside.address(), CHUNKS);
            HashedTransfer.assertSameBytes(va::call, vb::call, vb.address(), CHUNKS);
            assertUnharmed();
        } while (System.nanoTime() < deadline || accepted.get() == 0);
        ended = true;
        for (Thread mutator : mutators) {
            mutator.join();
        }
        assertUnharmed();
        assertThat(router.ports().get(0).count(RouterCounter.FORWARDED)).isPositive();
        assertThat(endpoints.get(0).count(VxlanEvent.DECAPSULATED)).isPositive();
        System.out.println("frames: written=" + written + ", acceptedByTheKernel=" + accepted);
    }

    private void assertUnharmed() {
        assertThat(problems).isEmpty();
        lan.ports().forEach(port -> {
            assertThat(port.errors()).as(port.toString()).isZero();
            assertThat(port.channel().isOpen()).as(port.toString()).isTrue();
        });
        assertThat(lan.ports()).hasSize(3);
        router.ports().forEach(port -> {
            assertThat(port.count(RouterCounter.FAILED)).as(port.name()).isZero();
            assertThat(port.channel().isOpen()).as(port.name()).isTrue();
        });
        endpoints.forEach(endpoint -> {
            assertThat(endpoint.count(VxlanEvent.DROP_ERROR)).isZero();
            assertThat(endpoint.taps().get(0).isOpen()).isTrue();
        });
    }

    private Host host(String tap, String... addresses) throws Exception {
        return network.closing(Host.create(tap, builder -> builder.vnetHeader(true), addresses));
    }

    /** What others say of the address of a host is not heard: it is layer 2, where anybody may say it. */
    private static void pin(Host host, String link, Host other) throws Exception {
        host.execute(
                "ip",
                "neighbor",
                "replace",
                other.address().getHostAddress(),
                "lladdr",
                other.device().mac().toString(),
                "nud",
                "permanent",
                "dev",
                link);
    }

    private void joinSwitch() throws Exception {
        Host evil = host("evil", "10.70.0.66/24");
        a = host("a", "10.70.0.1/24");
        b = host("b", "10.70.0.2/24");
        pin(a, "a", b);
        pin(b, "b", a);
        lan = new TapSwitch(
                TapEventLoopGroup.builder().threads(1).build(),
                SwitchSettings.DEFAULT.withSnooping(true),
                (channel, cause) -> problems.add("port of the switch failed: " + cause));
        lan.add(a.device(), fixed(a));
        lan.add(b.device(), fixed(b));
        lan.add(evil.device());
        List<byte[]> seeds = Mutator.seeds("seeds.pcap");
        byte[] target = mac(a.device().mac());
        seeds.stream()
                .filter(seed -> (seed[0] & 1) == 0 && seed[6] % 2 == 0)
                .forEach(seed -> System.arraycopy(target, 0, seed, 0, target.length));
        inject(evil, seeds, SEED);
    }

    private static PortPolicy fixed(Host host) throws Exception {
        return PortPolicy.builder()
                .staticEntry(StaticFdbEntry.of(host.device().mac()))
                .build();
    }

    private static byte[] mac(MacAddress address) {
        byte[] bytes = new byte[6];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (address.value() >> 40 - 8 * i);
        }
        return bytes;
    }

    private void joinRouter() throws Exception {
        Host evil = host("evil", "10.66.0.2/24");
        inside = host("inside", "10.67.0.2/24");
        outside = host("outside", "10.68.0.2/24");
        inside.execute("ip", "route", "add", "default", "via", "10.67.0.1");
        router = new TapRouter(
                TapEventLoopGroup.builder().threads(1).build(),
                VnetHeader.ofLength(Mutator.VNET_HEADER),
                (port, cause) -> problems.add("port of the router failed: " + cause));
        DhcpPool pool = new DhcpPool(ipv4("10.66.0.100"), ipv4("10.66.0.120"), List.of(ipv4("10.66.0.1")));
        router.add(
                evil.device(),
                new PortSettings(networks("10.66.0.1/24", "fd66::1/64"), true, false, pool)
                        .withReversePathCheck()
                        .withMac(ROUTER));
        router.add(inside.device(), PortSettings.of(networks("10.67.0.1/24", "fd67::1/64")));
        router.add(outside.device(), new PortSettings(networks("10.68.0.1/24", "fd68::1/64"), false, true, null));
        inject(evil, Mutator.seeds("seeds.pcap"), SEED + 1);
    }

    private static List<Cidr> networks(String... texts) {
        return Arrays.stream(texts).map(Cidr::parse).toList();
    }

    private static Inet4Address ipv4(String text) throws Exception {
        return (Inet4Address) InetAddress.getByName(text);
    }

    private void joinTunnel() throws Exception {
        va = host("va", "10.69.0.2/24");
        vb = host("vb", "10.69.0.3/24");
        va.execute("ip", "link", "set", "va", "mtu", "1450");
        vb.execute("ip", "link", "set", "vb", "mtu", "1450");
        pin(va, "va", vb);
        pin(vb, "vb", va);
        under = network.closing(Host.create());
        endpoint(va, "127.0.0.1", "127.0.0.2");
        endpoint(vb, "127.0.0.2", "127.0.0.1");
        List<byte[]> seeds = new ArrayList<>();
        for (byte[] seed : Mutator.seeds("vxlan.pcap")) {
            if (seed.length > 42 && seed[23] == 17) {
                seeds.add(Arrays.copyOfRange(seed, 42, seed.length));
            }
        }
        DatagramChannel sender = under.call(DatagramChannel::open);
        mutate("datagrams", () -> {
            try (sender) {
                sender.bind(new InetSocketAddress("127.0.0.3", 0));
                Mutator mutator = new Mutator(seeds, SEED + 2);
                while (!ended) {
                    for (int i = 0; i < BATCH; i++) {
                        String target = mutator.chance(2) ? "127.0.0.1" : "127.0.0.2";
                        sender.send(ByteBuffer.wrap(mutator.next()), new InetSocketAddress(target, 4789));
                    }
                    Thread.sleep(2);
                }
            }
        });
    }

    private void endpoint(Host host, String local, String remote) throws Exception {
        VxlanPeers peers = new VxlanPeers();
        // As with ARP: whoever may send may say where an address is.
        peers.learning(false);
        peers.addNetwork(VNI);
        peers.addRemote(VNI, InetAddress.getByName(remote));
        VxlanEndpoint endpoint = under.call(
                () -> new VxlanEndpoint(loops, peers, new VxlanSettings(new InetSocketAddress(local, 4789))));
        endpoints.add(endpoint);
        endpoint.add(host.device(), VNI);
    }

    /** Writes changed frames as if they came from the kernel of a host, offloads included. */
    private void inject(Host evil, List<byte[]> seeds, long seed) throws Exception {
        TapDevice fz = evil.open(evil.tap("fz").vnetHeader(Mutator.VNET_HEADER));
        evil.execute("tc", "qdisc", "add", "dev", "fz", "ingress");
        evil.execute(("tc filter add dev fz parent ffff: protocol all u32 match u32 0 0"
                        + " action mirred egress redirect dev evil")
                .split(" "));
        Channel channel = new Bootstrap()
                .group(loops)
                .channelFactory(TapChannel.factory(fz))
                .handler(new SimpleChannelInboundHandler<Object>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext context, Object message) {}
                })
                .register()
                .sync()
                .channel();
        Mutator mutator = new Mutator(seeds, seed);
        mutate("frames", () -> {
            while (!ended) {
                List<ChannelFuture> batch = new ArrayList<>();
                for (int i = 0; i < BATCH; i++) {
                    byte[] frame = mutator.next();
                    batch.add(channel.write(Unpooled.directBuffer()
                            .writeBytes(mutator.header(frame))
                            .writeBytes(frame)));
                }
                channel.flush();
                for (ChannelFuture write : batch) {
                    // The kernel refuses what it cannot take.
                    accepted.addAndGet(write.await().isSuccess() ? 1 : 0);
                }
                written.addAndGet(BATCH);
                Thread.sleep(2);
            }
            channel.close().sync();
        });
    }

    private interface Work {
        void run() throws Exception;
    }

    private void mutate(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (Exception e) {
                        problems.add("the test's own: " + e);
                    }
                },
                name);
        mutators.add(thread);
        thread.start();
    }
}
