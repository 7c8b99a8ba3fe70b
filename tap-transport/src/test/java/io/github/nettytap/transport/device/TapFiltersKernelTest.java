/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.linux.Bpf;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.Structs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The kernel's filters, by what a socket sends and what arrives at the queues. */
@KernelTest
class TapFiltersKernelTest {

    private static final MacAddress PEER = MacAddress.parse("02:00:00:00:00:02");
    private static final MacAddress OTHER = MacAddress.parse("02:00:00:00:00:03");
    private static final LibC LIBC = LibC.get();

    private Host host;
    private TapDevice tap;

    @BeforeEach
    void makeTap() throws Exception {
        host = new Host();
        tap = host.tap("flt").queues(2).address(Cidr.parse("10.0.0.1/24")).open();
        host.withoutIpv6("flt");
        tap.up();
        host.rtnetlink().neighbors().add(tap.ifindex(), InetAddress.getByName("10.0.0.2"), PEER);
        host.rtnetlink().neighbors().add(tap.ifindex(), InetAddress.getByName("10.0.0.3"), OTHER);
    }

    @AfterEach
    void closeTap() {
        tap.close();
        host.close();
    }

    /** Sends one datagram to a port of each peer. */
    private void send(int port) throws Exception {
        host.namespace().run(() -> {
            try (DatagramSocket socket = new DatagramSocket()) {
                for (String peer : new String[] {"10.0.0.2", "10.0.0.3"}) {
                    socket.send(new DatagramPacket(new byte[10], 10, InetAddress.getByName(peer), port));
                }
            }
        });
    }

    /** The destination ports and last octets of the destination MAC of what a queue holds, as in "53@2". */
    private static List<String> frames(TapQueue queue) {
        List<String> frames = new ArrayList<>();
        ByteBuffer frame = Structs.allocate(2000);
        while (LIBC.read(queue.fd(), frame) > 0) {
            int port = (frame.get(36) & 0xff) << 8 | frame.get(37) & 0xff;
            frames.add(port + "@" + frame.get(5));
        }
        return frames;
    }

    private List<String> frames() {
        List<String> frames = frames(tap.queues().get(0));
        frames.addAll(frames(tap.queues().get(1)));
        return frames;
    }

    @Test
    void macFilterLetsOnlyItsAddressesPass() throws Exception {
        tap.filters().setMacFilter(MacReceiveFilter.of(PEER));
        send(9);
        assertThat(frames()).containsExactly("9@2");
        assertThat(tap.statistics().transmitDrops()).isEqualTo(1);
        tap.filters().clearMacFilter();
        send(9);
        assertThat(frames()).containsExactlyInAnyOrder("9@2", "9@3");
    }

    @Test
    void macFilterWithHashedGroupAddressesStaysOn() throws Exception {
        List<MacAddress> addresses = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            addresses.add(MacAddress.of(0x01005e000000L + i));
        }
        addresses.add(PEER);
        tap.filters().setMacFilter(MacReceiveFilter.of(addresses).withAllMulticast());
        send(9);
        assertThat(frames()).containsExactly("9@2");
    }

    @Test
    void nineIndividualAddressesAreRefusedSinceTheKernelWouldSwitchTheFilterOff() {
        List<MacAddress> addresses = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            addresses.add(MacAddress.of(0x020000000000L + i));
        }
        assertThatThrownBy(() -> MacReceiveFilter.of(addresses))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "addresses do not fit a MAC filter: individual=9, group=0 (expected: 1 to 65535, at most 8 of"
                                + " them individual)");
    }

    @Test
    void programOfTcpdumpFiltersUntilDetached() throws Exception {
        tap.filters()
                .attach(ClassicBpf.parse(
                        host.sh("sh", "-c", "tcpdump -y EN10MB -ddd 'udp port 53 and host 10.0.0.3' 2>/dev/null")));
        send(53);
        send(54);
        assertThat(frames()).containsExactly("53@3");
        tap.filters().detach();
        send(54);
        assertThat(frames()).containsExactlyInAnyOrder("54@2", "54@3");
    }

    @Test
    void queueThatIsAddedLaterHasTheFilterToo() throws Exception {
        tap.filters().attach(ClassicBpf.parse("1\n6 0 0 0"));
        TapQueue added = tap.addQueue();
        tap.queues().get(0).detach();
        tap.queues().get(1).detach();
        send(9);
        assertThat(frames(added)).isEmpty();
        tap.filters().detach();
        send(9);
        assertThat(frames(added)).containsExactlyInAnyOrder("9@2", "9@3");
    }

    @Test
    void queueThatComesBackHasTheFilterToo() throws Exception {
        tap.filters().attach(ClassicBpf.parse("1\n6 0 0 0"));
        TapQueue queue = tap.queues().get(1);
        queue.detach();
        queue.attach();
        tap.queues().get(0).detach();
        send(9);
        assertThat(frames(queue)).isEmpty();
        tap.filters().detach();
        send(9);
        assertThat(frames(queue)).containsExactlyInAnyOrder("9@2", "9@3");
    }

    @Test
    void queueThatTheKernelForgetsToAttachIsNoticed() throws Exception {
        TapFile file = tap.queues().get(1).file();
        file.attachFilter(ClassicBpf.parse("1\n6 0 0 0").program());
        tap.queues().get(1).detach();
        assertThatThrownBy(() -> tap.queues().get(1).attach())
                .hasMessage(
                        "TUNSETQUEUE: device=flt: the queue stays detached, as it does where a classic filter was"
                                + " attached by somebody else. Call TapFilters.detach() first, and attach the filter again"
                                + " afterwards. See https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#tunsetqueue-einval");
    }

    @Test
    void programThatTheCheckerRefusesIsExplained() {
        assertThatThrownBy(() -> tap.filters().attach(ClassicBpf.parse("1\n40 0 0 12")))
                .hasMessage("TUNATTACHFILTER: device=flt, errno=EINVAL: the kernel takes no such filter here. A classic"
                        + " program is made for Ethernet (`tcpdump -y EN10MB -ddd EXPRESSION`), an eBPF program is of type"
                        + " socket filter and given by its descriptor; a macvtap link has no filters. See"
                        + " https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#filter");
    }

    /** Loading a program takes a capability outside of all user namespaces; using its descriptor takes none. */
    private static int program(int result) {
        int program = Bpf.returning(result);
        assumeFalse(program == -Errno.EPERM.number(), "a program may not be loaded in a user namespace");
        assertThat(program).isNotNegative();
        return program;
    }

    @Test
    void steeringProgramChoosesTheQueue() throws Exception {
        for (int queue = 0; queue < 2; queue++) {
            int program = program(queue);
            tap.filters().setSteering(program);
            LIBC.close(program);
            send(9);
            assertThat(frames(tap.queues().get(queue))).containsExactlyInAnyOrder("9@2", "9@3");
            assertThat(frames(tap.queues().get(1 - queue))).isEmpty();
        }
        tap.filters().clearSteering();
    }

    @Test
    void filterProgramDropsOrKeeps() throws Exception {
        int dropping = program(0);
        tap.filters().setProgram(dropping);
        LIBC.close(dropping);
        send(9);
        assertThat(frames()).isEmpty();
        tap.filters().clearProgram();
        send(9);
        assertThat(frames()).hasSize(2);
    }

    @Test
    void descriptorOfSomethingElseIsNoProgram() {
        assertThatThrownBy(() -> tap.filters().setSteering(tap.queues().get(0).fd()))
                .isInstanceOf(TapException.class)
                .hasMessageStartingWith(
                        "TUNSETSTEERINGEBPF: device=flt, errno=EINVAL: the kernel takes no such filter");
        assertThatThrownBy(() -> tap.filters().setProgram(1_000_000))
                .isInstanceOf(TapException.class)
                .hasMessageStartingWith("TUNSETFILTEREBPF: device=flt, errno=EBADF: the kernel takes no such filter");
        assertThatThrownBy(() -> tap.filters().setProgram(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not a descriptor: programFd=-1");
    }
}
