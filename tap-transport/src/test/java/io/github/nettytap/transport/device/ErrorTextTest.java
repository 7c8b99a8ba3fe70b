/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.FaultyLibC;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.ProcessLimits;
import io.github.nettytap.transport.linux.TunIoctl;
import io.github.nettytap.transport.netlink.RtnetlinkOn;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The whole text of each error, and its entry in the troubleshooting page. */
@KernelTest
class ErrorTextTest {

    private static final Path PAGE = Path.of("../docs/troubleshooting.md");

    private Host host;

    @BeforeEach
    void makeHost() throws Exception {
        host = new Host();
    }

    @AfterEach
    void endHost() {
        host.close();
    }

    /** A builder on a library in which one call of the opening fails. */
    private TapDeviceBuilder failing(LibC libc, String name) {
        return new TapDeviceBuilder(new Kernel(libc, () -> RtnetlinkOn.open(libc)), name).namespace(host.namespace());
    }

    private TapDeviceBuilder failingOpen(Errno errno) {
        return failing(
                FaultyLibC.with((call, arguments) ->
                        call.equals("open") && arguments[0].equals("/dev/net/tun") ? -errno.number() : 0),
                "tap0");
    }

    private TapDeviceBuilder failingIoctl(int request, Errno errno) {
        return failing(FaultyLibC.failingIoctl(request, errno), "tap0");
    }

    private static void assertText(ThrowingCallable call, String text, String anchor) throws Exception {
        TapException e = catchThrowableOfType(TapException.class, call);
        assertThat(e)
                .hasMessage(text + " See https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#"
                        + anchor);
        assertThat(e.anchor()).isEqualTo(anchor);
        assertThat(Files.readString(PAGE)).contains("### " + anchor + "\n");
    }

    @Test
    void noDeviceNode() throws Exception {
        assertText(
                () -> failingOpen(Errno.ENOENT).open(),
                "open /dev/net/tun: device=tap0, errno=ENOENT: there is no device node /dev/net/tun. Load the driver with"
                        + " `sudo modprobe tun`; in a container pass `--device /dev/net/tun`.",
                "open-enoent");
        assertText(
                () -> failing(LibC.get(), "tap0")
                        .existing(false)
                        .node(Path.of("/dev/tap-none"))
                        .open(),
                "find link: device=tap0, errno=ENODEV: there is no interface of that name to attach to. Make it: `sudo ip"
                        + " tuntap add tap0 mode tap user " + System.getProperty("user.name")
                        + "`; or leave existing() out to have it created.",
                "attach-enodev");
    }

    @Test
    void noDriver() throws Exception {
        for (Errno errno : new Errno[] {Errno.ENODEV, Errno.ENXIO}) {
            assertText(
                    () -> failingOpen(errno).open(),
                    "open /dev/net/tun: device=tap0, errno=" + errno
                            + ": there is no TUN/TAP driver behind /dev/net/tun. Load it with `sudo modprobe tun`; if that"
                            + " fails, this kernel was built without TUN/TAP.",
                    "open-enoent");
        }
    }

    @Test
    void deviceNodeForbidden() throws Exception {
        Path node = Path.of("/dev/net/tun");
        assertText(
                () -> failingOpen(Errno.EACCES).open(),
                "open /dev/net/tun: device=tap0, errno=EACCES: this user (uid "
                        + LibC.get().geteuid() + ") may not open the device node, whose mode is "
                        + PosixFilePermissions.toString(Files.getPosixFilePermissions(node)) + " and whose owner is "
                        + Files.getOwner(node).getName()
                        + ". Have it made accessible (`sudo chmod 0666 /dev/net/tun` is what most distributions do; the"
                        + " interfaces stay protected), or receive an open descriptor from a privileged process.",
                "open-eacces");
    }

    @Test
    void deviceNodeForbiddenByTheContainer() throws Exception {
        assertText(
                () -> failingOpen(Errno.EPERM).open(),
                "open /dev/net/tun: device=tap0, errno=EPERM: the device cgroup of this container or service forbids"
                        + " /dev/net/tun. Start the container with `--device /dev/net/tun` (Docker, Podman), or the service"
                        + " with `DeviceAllow=/dev/net/tun rw` (systemd).",
                "open-eacces");
    }

    @Test
    void nodeThatIsNotTheDrivers() throws Exception {
        assertText(
                () -> failingIoctl(TunIoctl.TUNGETFEATURES, Errno.ENOTTY).open(),
                "TUNGETFEATURES: device=tap0, errno=ENOTTY: /dev/net/tun opens, but does not answer like the TUN/TAP"
                        + " driver. Check with `ls -l /dev/net/tun` that it is the character device 10, 200.",
                "wrong-node");
    }

    @Test
    void adviceOnACommandLineNamesNoMethod() throws Exception {
        host.run("ip tuntap add tap0 mode tap multi_queue");
        TapException e =
                catchThrowableOfType(TapException.class, () -> host.tap("tap0").open());
        assertThat(e.advice()).contains("multiQueue(true)");
        assertThat(e.commandLineMessage())
                .isEqualTo("TUNSETIFF: device=tap0, errno=EINVAL: the interface is multi-queue, and a single queue was"
                        + " asked for. Make it anew with a single queue: `ip tuntap add tap0 mode tap`. See"
                        + " https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#tunsetiff-einval");
        TapException gone = TapException.deviceGone("read", "tap0");
        assertThat(gone.getMessage()).contains("Close the device and open it again");
        assertThat(gone.commandLineMessage()).contains("Start the command again");
        assertThat(gone.errno()).isEqualTo(77);
        assertThat(gone.errnoName()).isEqualTo("EBADFD");
    }

    @Test
    void failuresOfFramesHaveNoStackTrace() {
        assertThat(TapException.malformedFrame("tap0", "length=3").getStackTrace())
                .isEmpty();
        assertThat(TapException.linkDown("tap0").getStackTrace()).isEmpty();
        assertThat(TapException.refused("write", "tap0", 12).getStackTrace()).isEmpty();
        assertThat(TapException.deviceGone("write", "tap0").getStackTrace()).isNotEmpty();
    }

    @Test
    void noDescriptorLeftInTheProcess() throws Exception {
        long limit = ProcessLimits.descriptors(LibC.get());
        assertText(
                () -> failingOpen(Errno.EMFILE).open(),
                "open /dev/net/tun: device=tap0, errno=EMFILE: this process has " + limit + " of " + limit
                        + " descriptors in use. Raise the limit with `ulimit -n`, or find who does not close theirs: `ls -l"
                        + " /proc/PID/fd`.",
                "open-emfile");
    }

    @Test
    void noDescriptorLeftInTheSystem() throws Exception {
        assertText(
                () -> failingOpen(Errno.ENFILE).open(),
                "open /dev/net/tun: device=tap0, errno=ENFILE: the whole system has no descriptor left. Raise the limit:"
                        + " `sysctl fs.file-max`.",
                "open-emfile");
    }

    @Test
    void notPermitted() throws Exception {
        assertText(
                () -> failingIoctl(TunIoctl.TUNSETIFF, Errno.EPERM).open(),
                "TUNSETIFF: device=tap0, errno=EPERM: making or attaching to an interface needs CAP_NET_ADMIN in this"
                        + " network namespace, or an interface that belongs to this user. Four ways out: run inside a"
                        + " namespace of your own (`unshare -Urn COMMAND`); have the interface made for you once (`sudo ip"
                        + " tuntap add tap0 mode tap user " + System.getProperty("user.name")
                        + "`); give the capability to a private copy of the java launcher (`setcap cap_net_admin+ep`); or"
                        + " receive an open descriptor from a privileged process.",
                "tunsetiff-eperm");
    }

    @Test
    void inUseByAProcess() throws Exception {
        long pid = ProcessHandle.current().pid();
        // A name that nobody has in another namespace.
        String name = "busy" + pid;
        try (TapDevice holder = host.tap(name).open()) {
            assertText(
                    () -> host.tap(name).open(),
                    "TUNSETIFF: device=" + name
                            + ", errno=EBUSY: another process holds the same end of the interface, the one that reads"
                            + " and writes its frames: process " + pid
                            + ". An end has one holder. To join the two, give each a TAP of its own and put both into a"
                            + " bridge, or use a socket port or macvtap; or end that process, or choose another name.",
                    "tunsetiff-ebusy");
            assertThat(holder.isOpen()).isTrue();
        }
    }

    @Test
    void notATap() throws Exception {
        assertText(
                () -> host.tap("lo").open(),
                "TUNSETIFF: device=lo, errno=EINVAL: an interface of that name exists and is not a TAP. Choose another"
                        + " name.",
                "tunsetiff-einval");
    }

    @Test
    void aBridge() throws Exception {
        host.rtnetlink().links().createBridge("tap0");
        assertText(
                () -> host.tap("tap0").open(),
                "TUNSETIFF: device=tap0, errno=EINVAL: an interface of that name exists and is not a TAP but of kind"
                        + " bridge. Choose another name.",
                "tunsetiff-einval");
    }

    @Test
    void tunNotTap() throws Exception {
        host.run("ip tuntap add tap0 mode tun");
        assertText(
                () -> host.tap("tap0").open(),
                "TUNSETIFF: device=tap0, errno=EINVAL: the interface is a TUN (layer 3), not a TAP. Choose another name, or"
                        + " delete it: `ip link delete tap0`.",
                "tunsetiff-einval");
    }

    @Test
    void multiQueueInterfaceOpenedSingle() throws Exception {
        host.run("ip tuntap add tap0 mode tap multi_queue");
        assertText(
                () -> host.tap("tap0").open(),
                "TUNSETIFF: device=tap0, errno=EINVAL: the interface is multi-queue, and a single queue was asked for. Open"
                        + " it with multiQueue(true); one queue is enough then.",
                "tunsetiff-einval");
    }

    @Test
    void singleQueueInterfaceOpenedMulti() throws Exception {
        host.run("ip tuntap add tap0 mode tap");
        assertText(
                () -> host.tap("tap0").queues(2).open(),
                "TUNSETIFF: device=tap0, errno=EINVAL: the interface has a single queue, and multi-queue was asked for."
                        + " Leave multiQueue out and ask for one queue, or make it anew: `ip tuntap add tap0 mode tap"
                        + " multi_queue`.",
                "tunsetiff-einval");
    }

    @Test
    void badNames() throws Exception {
        String advice =
                " A name has 1 to 15 bytes, without `/`, `:` and white space, and is not `.`, `..`, `all` or `default`;"
                        + " `tap%d` lets the kernel choose the number.";
        assertText(
                () -> TapDevice.builder("sixteen_bytes_xx").open(),
                "check interface name: device=sixteen_bytes_xx: a name of 16 bytes is too long." + advice,
                "interface-name");
        assertText(
                () -> TapDevice.builder("").open(),
                "check interface name: a name is empty." + advice,
                "interface-name");
        assertText(
                () -> TapDevice.builder("a/b").open(),
                "check interface name: device=a/b: a name may not hold the character `/`." + advice,
                "interface-name");
        assertText(
                () -> TapDevice.builder("a b").open(),
                "check interface name: device=a b: a name may not hold the character U+0020." + advice,
                "interface-name");
        assertText(
                () -> TapDevice.builder("..").open(),
                "check interface name: device=..: a name may not be `..`." + advice,
                "interface-name");
        assertText(
                () -> TapDevice.builder("default").open(),
                "check interface name: device=default: the kernel keeps the name `default` for itself." + advice,
                "interface-name");
        assertText(
                () -> TapDevice.builder("a%s").open(),
                "check interface name: device=a%s: a template holds `%d` once and no other `%`." + advice,
                "interface-name");
    }

    @Test
    void offloadUnknownToTheKernel() throws Exception {
        LibC libc = FaultyLibC.with((call, arguments) ->
                call.equals("ioctl") && arguments[1].equals(TunIoctl.TUNSETOFFLOAD) && ((Long) arguments[2] & 0x60) != 0
                        ? -Errno.EINVAL.number()
                        : 0);
        assertText(
                () -> failing(libc, "tap0")
                        .offloads(TapOffload.CSUM, TapOffload.USO4, TapOffload.USO6)
                        .open(),
                "TUNSETOFFLOAD: device=tap0, errno=EINVAL: this kernel does not know [USO4, USO6] of [CSUM, USO4, USO6]."
                        + " Ask for OffloadRequest.BEST_AVAILABLE to get what there is; USO4 came with Linux 6.2, USO6 came with Linux 6.2.",
                "tunsetoffload-einval");
        try (TapDevice tap =
                failing(libc, "tap0").offloads(OffloadRequest.BEST_AVAILABLE).open()) {
            assertThat(tap.offloads())
                    .containsExactly(TapOffload.CSUM, TapOffload.TSO4, TapOffload.TSO6, TapOffload.TSO_ECN);
            assertThat(tap.setOffloads(OffloadRequest.BEST_AVAILABLE)).isEqualTo(tap.offloads());
        }
        // An equal set that is meant by the letter is taken by the letter.
        TapException refused = catchThrowableOfType(
                TapException.class,
                () -> failing(libc, "tap0").offloads(TapOffload.ALL).open());
        assertThat(refused.reason()).startsWith("this kernel does not know [USO4, USO6]");
    }

    @Test
    void offloadWithoutHeader() throws Exception {
        assertText(
                () -> host.tap("tap0")
                        .vnetHeader(false)
                        .offloads(TapOffload.CSUM)
                        .open(),
                "check offloads: device=tap0: without a virtio-net header nothing would tell which frames are incomplete"
                        + " (asked for: [CSUM], header of 0 bytes). Leave the header size out to get the right one, or ask"
                        + " for fewer offloads.",
                "offload-conflict");
    }

    @Test
    void mtuForbidden() throws Exception {
        assertForbidden(
                tap -> tap.setMtu(9000), "set MTU: ifindex=IFINDEX, mtu=9000", "sudo ip link set tap0 mtu 9000");
    }

    @Test
    void upForbidden() throws Exception {
        assertForbidden(TapDevice::up, "set link up: ifindex=IFINDEX", "sudo ip link set tap0 up");
    }

    @Test
    void addressForbidden() throws Exception {
        assertForbidden(
                tap -> tap.addAddress(Cidr.parse("10.0.0.1/24")),
                "add address: ifindex=IFINDEX, address=10.0.0.1/24",
                "sudo ip address add 10.0.0.1/24 dev tap0");
    }

    private interface Change {
        void on(TapDevice tap) throws Exception;
    }

    /** The kernel's refusal is put in place of its answer to a change of the link. */
    private void assertForbidden(Change change, String operation, String command) throws Exception {
        LibC libc = FaultyLibC.with(
                (call, arguments) -> call.equals("send") && isChange(arguments[1]) ? -Errno.EPERM.number() : 0);
        try (TapDevice tap = failing(libc, "tap0").open()) {
            assertText(
                    () -> change.on(tap),
                    operation.replace("IFINDEX", String.valueOf(tap.ifindex()))
                            + ": device=tap0, errno=EPERM: link settings need CAP_NET_ADMIN in the network namespace; the"
                            + " TAP itself works, only this setting could not be made. Have it made: `" + command
                            + "`, and leave it out here.",
                    "link-eperm");
        }
    }

    /** RTM_GETLINK, RTM_GETADDR and so on are 2 above a multiple of 4. */
    private static boolean isChange(Object message) {
        return ((ByteBuffer) message).getShort(4) % 4 != 2;
    }

    @Test
    void mtuOutOfRange() throws Exception {
        try (TapDevice tap = host.tap("tap0").open()) {
            assertText(
                    () -> tap.setMtu(70_000),
                    "set MTU: ifindex=" + tap.ifindex()
                            + ", mtu=70000: device=tap0, errno=EINVAL: the MTU is out of range"
                            + " (the kernel says: mtu greater than device maximum). A TAP takes 68 to 65521, and no more"
                            + " than the bridge that it is in allows.",
                    "mtu-einval");
        }
        assertText(
                () -> host.tap("tap0").mtu(67).open(),
                "check settings: device=tap0: an MTU of 67 is out of range. A TAP takes 68 to 65521; 1500 is usual, 9000 is"
                        + " called jumbo.",
                "settings");
    }

    @Test
    void groupAddressAsMac() throws Exception {
        try (TapDevice tap = host.tap("tap0").open()) {
            assertText(
                    () -> tap.setMac(MacAddress.parse("01:00:5e:00:00:01")),
                    "SIOCSIFHWADDR: device=tap0, errno=EADDRNOTAVAIL: 01:00:5e:00:00:01 is not an address that one"
                            + " interface can have. Use an individual (not group) address other than zero, for example"
                            + " MacAddress.randomLocal().",
                    "mac-eaddrnotavail");
        }
    }

    @Test
    void userWhoDoesNotExist() throws Exception {
        String advice = " Choose one that this user namespace knows: `cat /proc/self/uid_map`.";
        assertText(
                () -> failingIoctl(TunIoctl.TUNSETOWNER, Errno.EINVAL)
                        .owner(4711)
                        .open(),
                "TUNSETOWNER: device=tap0, errno=EINVAL: there is no user 4711 in this user namespace." + advice,
                "owner-einval");
        assertText(
                () -> failingIoctl(TunIoctl.TUNSETGROUP, Errno.EINVAL)
                        .group(4712)
                        .open(),
                "TUNSETGROUP: device=tap0, errno=EINVAL: there is no group 4712 in this user namespace." + advice,
                "owner-einval");
    }

    @Test
    void readingAndWriting() throws Exception {
        assertText(
                () -> {
                    throw TapException.linkDown("tap0");
                },
                "write: device=tap0, errno=EIO: the link is down. Set it up: `ip link set tap0 up`, or TapDevice.up(); a"
                        + " move to another network namespace sets a link down too.",
                "write-eio");
        assertText(
                () -> {
                    throw TapException.deviceGone("read", "tap0");
                },
                "read: device=tap0, errno=EBADFD: the interface is gone: it was deleted, or its network namespace ended."
                        + " Close the device and open it again.",
                "device-gone");
        assertText(
                () -> {
                    throw TapException.malformedFrame("tap0", "frame=13 bytes");
                },
                "write: device=tap0, errno=EINVAL: the kernel refused the frame as malformed: frame=13 bytes. A frame has"
                        + " an Ethernet header of 14 bytes, and a virtio-net header in front of it says nothing that reaches"
                        + " beyond the frame.",
                "write-einval");
        assertText(
                () -> {
                    throw TapException.refused("write", "tap0", Errno.ENOMEM.number());
                },
                "write: device=tap0, errno=ENOMEM: the kernel refused it. The frame is lost and counted; the device can be"
                        + " used on.",
                "frame-refused");
    }

    @Test
    void namespaces() throws Exception {
        assertText(
                () -> NetworkNamespace.named("no-such-namespace"),
                "open network namespace: namespace=/run/netns/no-such-namespace: errno=ENOENT: there is no such namespace."
                        + " `ip netns list` shows those with a name, `lsns -t net` all that this user may see.",
                "namespace-enoent");
        assertText(
                () -> NetworkNamespace.create(FaultyLibC.failing("unshare", Errno.EPERM)),
                "unshare network namespace: namespace=new: errno=EPERM: a network namespace belongs to a user namespace, and"
                        + " CAP_SYS_ADMIN there is needed. Run as root, or inside namespaces of your own: `unshare -Urn"
                        + " COMMAND`.",
                "namespace-eperm");
    }

    @Test
    void unknownErrno() throws Exception {
        assertText(
                () -> failingIoctl(TunIoctl.TUNSETIFF, Errno.ENOMEM).open(),
                "TUNSETIFF: device=tap0, errno=ENOMEM: the kernel refused it. This is not a failure that netty-tap knows;"
                        + " errno(3) lists what it may mean.",
                "other");
    }

    @Test
    void everyEntryThatTheCodeNamesIsThere() throws Exception {
        String page = Files.readString(PAGE);
        for (String anchor : new String[] {
            "attach-enodev",
            "adopt",
            "hand-over",
            "tunsetqueue-einval",
            "tunsetiff-e2big",
            "not-kept",
            "closed",
            "link-enodev",
            "settings",
            "filter",
            "packet-eperm",
            "packet-enodev"
        }) {
            assertThat(page).contains("### " + anchor + "\n", "(#" + anchor + ")");
        }
    }
}
