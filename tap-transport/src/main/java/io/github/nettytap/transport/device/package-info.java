/**
 * TAP devices: how to make, set up, share and watch the Linux interfaces whose other end is this process.
 *
 * <p>A TAP is a network interface like any other, with a name, addresses and routes; only that what the kernel sends
 * out through it arrives here as Ethernet frames, and what is written here comes into the kernel as if from a cable.
 *
 * <h2>A first device</h2>
 *
 * <pre>{@code
 * try (TapDevice tap = TapDevice.builder("tap0")
 *         .address(Cidr.parse("10.0.0.1/24"))
 *         .up(true)
 *         .open()) {
 *     System.out.println(tap.name() + " has " + tap.mac() + " and MTU " + tap.mtu());
 * }
 * }</pre>
 *
 * <p>It takes CAP_NET_ADMIN: run the program with {@code sudo}, or in a private network with {@code unshare -Urn}.
 * Where something is missing, the {@link io.github.nettytap.transport.device.TapException} says what and how to get it,
 * and {@link io.github.nettytap.transport.diagnostics.Doctor#examine()} tells beforehand. After a failure nothing is
 * left open, and an interface that was there before is as it was.
 *
 * <h2>Two queues, all offloads, in a namespace</h2>
 *
 * <pre>{@code
 * try (NetworkNamespace blue = NetworkNamespace.create();
 *         TapDevice tap = TapDevice.builder("tap0")
 *                 .namespace(blue)
 *                 .queues(2)
 *                 .offloads(OffloadRequest.BEST_AVAILABLE)
 *                 .mac(MacAddress.parse("02:00:00:00:00:01"))
 *                 .mtu(9000)
 *                 .address(Cidr.parse("10.0.0.1/24"))
 *                 .address(Cidr.parse("fd00::1/64"))
 *                 .up(true)
 *                 .open();
 *         Rtnetlink rtnetlink = tap.openRtnetlink()) {
 *     rtnetlink.routes().add(Route.via(Cidr.parse("0.0.0.0/0"), InetAddress.getByName("10.0.0.254"), tap.ifindex()));
 *     ServerSocket server = blue.call(() -> new ServerSocket(80));
 *     for (TapQueue queue : tap.queues()) {
 *         // one channel a queue, or queue.fd() for a loop of one's own
 *     }
 * }
 * }</pre>
 *
 * <p>With offloads each frame is preceded by a virtio-net header ({@code vnetHeaderSize()} bytes), which says what the
 * kernel has left to do. {@code BEST_AVAILABLE} is what this kernel grants: ask {@code offloads()} what that was.
 *
 * <h2>Interfaces that stay</h2>
 *
 * <p>A {@code persistent(true)} interface outlives the process. One with an {@code owner(uid)} may be opened by that
 * user without any privilege: {@code TapDevice.builder("tap0").existing(true).open()}. MTU, addresses and state still
 * take privilege then, so set them when the interface is made.
 *
 * <h2>Devices from elsewhere</h2>
 *
 * <p>{@link io.github.nettytap.transport.device.TapFdPassing} carries an open device from a small privileged process to
 * another over a Unix socket; {@link io.github.nettytap.transport.device.TapDevice#adopt} takes descriptors that came
 * in any other way; {@code builder("macvtap0")} opens a macvtap link by its {@code /dev/tapN}.
 *
 * <h2>While it runs</h2>
 *
 * <p>Queues are added, detached and attached at run time; offloads, carrier, addresses, name and namespace change
 * without reopening; {@link io.github.nettytap.transport.device.TapFilters} lets the kernel drop frames before they
 * cost anything; {@link io.github.nettytap.transport.link.LinkMonitor} and {@link
 * io.github.nettytap.transport.link.LinkWatch} tell what others do to the link.
 *
 * <h2>Rules of the package</h2>
 *
 * <p>This package knows no {@code Channel}: frames are read and written in a pipeline by {@code transport.channel}.
 * Everything may wait for the kernel's network configuration lock, so call it from threads of your
 * own, not from an event loop; closing, and polling a {@code LinkMonitor}, are the exceptions. All classes are
 * thread-safe unless they say otherwise. Descriptors belong to the object that opened or took them, from the system
 * call on. Nothing here holds a buffer of Netty.
 */
package io.github.nettytap.transport.device;
