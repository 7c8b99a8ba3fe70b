/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.testkit.host;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.OffloadRequest;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapDeviceBuilder;
import io.github.nettytap.transport.device.TapOffload;
import io.github.nettytap.transport.netlink.Link;
import io.github.nettytap.transport.netlink.Route;
import io.github.nettytap.transport.netlink.Rtnetlink;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;

/**
 * A host with a TCP/IP stack of its own: a network namespace whose loopback link is up, and mostly a TAP as its only
 * other link. What the host sends comes out of the TAP's descriptor.
 *
 * <pre>{@code
 * try (Host left = Host.create("left", "10.0.0.1/24");
 *         Host right = Host.create("right", "10.0.0.2/24");
 *         HostLink link = HostLink.join(left, right)) {
 *     left.execute("ping", "-c", "1", "10.0.0.2");
 * }
 * }</pre>
 *
 * <p>Sockets that are opened by {@link #call} belong to the host and work from any thread. Making a host needs
 * CAP_NET_ADMIN and CAP_SYS_ADMIN, which {@code unshare -Urn} gives to anybody. All methods may block. Thread-safe.
 */
public final class Host implements AutoCloseable {

    private static final Path CONGESTION_CONTROL = Path.of("/proc/sys/net/ipv4/tcp_congestion_control");
    private static final Path SETTINGS = Path.of("/proc/sys");
    private static final String PING_SECONDS = "30";

    private final NetworkNamespace namespace;
    private final List<TapDevice> devices = new ArrayList<>();
    private InetAddress address;

    private Host(NetworkNamespace namespace) {
        this.namespace = namespace;
    }

    /**
     * Makes a host without a TAP.
     *
     * @return the host, to be closed by the caller
     * @throws Exception if the kernel refuses
     */
    public static Host create() throws Exception {
        Host host = new Host(NetworkNamespace.create());
        try {
            host.namespace.run(Host::preferCubic);
            host.setUp("lo");
            return host;
        } catch (Exception e) {
            host.close();
            throw e;
        }
    }

    /**
     * Makes a host with a TAP that is up, whose frames have no virtio-net header.
     *
     * @param tap the name of its TAP
     * @param addresses its addresses, each with the prefix length of its network, such as {@code 10.0.0.1/24}
     * @return the host, to be closed by the caller
     * @throws Exception if the kernel refuses
     */
    public static Host create(String tap, String... addresses) throws Exception {
        return create(tap, UnaryOperator.identity(), addresses);
    }

    /**
     * Makes a host with a TAP that is up.
     *
     * @param tap the name of its TAP
     * @param settings sets up the TAP, such as {@code builder -> builder.mtu(1300)}
     * @param addresses its addresses, each with the prefix length of its network
     * @return the host, to be closed by the caller
     * @throws Exception if the kernel refuses
     */
    public static Host create(String tap, UnaryOperator<TapDeviceBuilder> settings, String... addresses)
            throws Exception {
        Host host = create();
        try {
            host.open(settings.apply(host.tap(tap)), addresses);
            return host;
        } catch (Exception e) {
            host.close();
            throw e;
        }
    }

    /**
     * Makes a host with a TAP that is up.
     *
     * @param tap the name of its TAP
     * @param address its address, with the prefix length of the network
     * @param offloads what its kernel may leave to the other end, exactly
     * @param vnetHeader whether frames carry a virtio-net header
     * @return the host, to be closed by the caller
     * @throws Exception if the kernel refuses
     */
    public static Host create(String tap, Cidr address, Set<TapOffload> offloads, boolean vnetHeader) throws Exception {
        return create(tap, address, OffloadRequest.exactly(offloads), vnetHeader);
    }

    /**
     * Makes a host with a TAP that is up.
     *
     * @param tap the name of its TAP
     * @param address its address, with the prefix length of the network
     * @param offloads what its kernel may leave to the other end
     * @param vnetHeader whether frames carry a virtio-net header
     * @return the host, to be closed by the caller
     * @throws Exception if the kernel refuses
     */
    public static Host create(String tap, Cidr address, OffloadRequest offloads, boolean vnetHeader) throws Exception {
        return create(tap, builder -> builder.offloads(offloads).vnetHeader(vnetHeader), address.toString());
    }

    /** The setting is the namespace's own. bbr, a default here and there, halves the rate over an offloading TAP. */
    private static void preferCubic() {
        try {
            Files.writeString(CONGESTION_CONTROL, "cubic");
        } catch (IOException e) {
            // Then it goes as fast as it goes.
        }
    }

    /**
     * Begins another TAP of this host, for settings that {@link #open} does not have.
     *
     * @param name its name
     * @return a builder that makes the TAP in the namespace of this host
     */
    public TapDeviceBuilder tap(String name) {
        return TapDevice.builder(name).namespace(namespace);
    }

    /**
     * Opens a TAP and brings it up. The host closes it with itself.
     *
     * @param builder what {@link #tap} has given
     * @param addresses its addresses, each with its prefix length
     * @return the TAP
     * @throws IOException if the kernel refuses
     */
    public TapDevice open(TapDeviceBuilder builder, String... addresses) throws IOException {
        for (String address : addresses) {
            builder.address(Cidr.parse(address));
        }
        TapDevice device = builder.up(true).open();
        synchronized (devices) {
            devices.add(device);
            if (address == null && addresses.length > 0) {
                address = Cidr.parse(addresses[0]).address();
            }
        }
        return device;
    }

    /**
     * The first TAP. Whoever makes a channel on it reads what the host sends.
     *
     * @return the TAP
     * @throws IllegalStateException if the host has none
     */
    public TapDevice device() {
        synchronized (devices) {
            if (devices.isEmpty()) {
                throw new IllegalStateException("a host without a TAP (expected: one made by open)");
            }
            return devices.get(0);
        }
    }

    /**
     * The first address of the host, as it was given to {@link #open}.
     *
     * @return the address
     * @throws IllegalStateException if the host has none
     */
    public InetAddress address() {
        synchronized (devices) {
            if (address == null) {
                throw new IllegalStateException("a host without an address (expected: one given to open)");
            }
            return address;
        }
    }

    /**
     * The network namespace, which the host closes.
     *
     * @return the namespace
     */
    public NetworkNamespace namespace() {
        return namespace;
    }

    /**
     * Does something as this host, on a thread of its own.
     *
     * @param task what to do
     * @param <T> the type of its result
     * @return its result
     * @throws Exception what the task throws
     */
    public <T> T call(Callable<T> task) throws Exception {
        return namespace.call(task);
    }

    /**
     * Starts a command as this host.
     *
     * @param command the program and its arguments
     * @return the process, its standard error in its standard output; the caller ends it
     * @throws Exception if it cannot be started
     */
    public Process start(String... command) throws Exception {
        return call(() -> new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /**
     * Runs a command as this host, to its end.
     *
     * @param command the program and its arguments
     * @return what it printed
     * @throws IOException if it fails; the message has what it printed
     * @throws Exception if it cannot be started
     */
    public String execute(String... command) throws Exception {
        return execute(true, command);
    }

    /**
     * Runs a command as this host that is expected to fail, to its end.
     *
     * @param command the program and its arguments
     * @return what it printed
     * @throws IOException if it succeeds; the message has what it printed
     * @throws Exception if it cannot be started
     */
    public String executeFailing(String... command) throws Exception {
        return execute(false, command);
    }

    /**
     * Asks another host by ICMP echo requests, each after the answer to the one before, as {@link #ping(int, String,
     * String...)} does.
     *
     * @param count how many requests
     * @param to a host with an address
     * @throws IOException if one is not answered
     * @throws Exception if it cannot be asked
     */
    public void ping(int count, Host to) throws Exception {
        ping(count, to.address().getHostAddress());
    }

    /**
     * Sends ICMP echo requests by ping(8), each after the answer to the one before.
     *
     * <p>Each is a ping of its own. Of several, iputils waits for the last answer no longer than the interval or twice
     * the slowest round trip so far, whatever {@code -W} says, so a moment without a processor would count as a loss.
     *
     * @param count how many requests
     * @param address an IP address
     * @param options further options of ping, such as {@code "-s", "1400"}
     * @return what the last ping printed
     * @throws IOException if one is not answered within half a minute; the message has what ping printed
     * @throws Exception if ping cannot be started
     */
    public String ping(int count, String address, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("ping", "-n", "-c", "1", "-W", PING_SECONDS));
        command.addAll(List.of(options));
        command.add(address);
        String output = "";
        for (int i = 0; i < count; i++) {
            output = execute(command.toArray(String[]::new));
        }
        return output;
    }

    private String execute(boolean success, String... command) throws Exception {
        Process process = start(command);
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exitCode = process.waitFor();
        if (exitCode == 0 != success) {
            throw new IOException("command " + (success ? "failed" : "succeeded") + ": command="
                    + String.join(" ", command) + ", exitCode=" + exitCode + ", output=" + output);
        }
        return output;
    }

    /**
     * Changes a setting of this host's kernel, as sysctl does.
     *
     * @param name the setting with slashes, such as {@code net/ipv4/ip_forward}
     * @param value its value
     * @throws Exception if the kernel refuses
     */
    public void set(String name, String value) throws Exception {
        namespace.run(() -> Files.writeString(SETTINGS.resolve(name), value));
    }

    /**
     * Adds a route.
     *
     * @param destination the prefix, {@code 0.0.0.0/0} or {@code ::/0} for the default route
     * @param gateway the next hop, in the network of a link of this host
     * @throws Exception if the kernel refuses
     */
    public void addRoute(String destination, String gateway) throws Exception {
        InetAddress via = InetAddress.getByName(gateway);
        namespace.run(() -> {
            try (Rtnetlink rtnetlink = Rtnetlink.open()) {
                for (Link link : rtnetlink.links().list()) {
                    for (Cidr address : rtnetlink.addresses().list(link.index())) {
                        if (contains(address, via)) {
                            rtnetlink.routes().add(Route.via(Cidr.parse(destination), via, link.index()));
                            return;
                        }
                    }
                }
                throw new IOException("no link of this host leads to the gateway: gateway=" + gateway
                        + " (expected: an address in the network of a link)");
            }
        });
    }

    private static boolean contains(Cidr network, InetAddress address) {
        byte[] ours = network.address().getAddress();
        byte[] other = address.getAddress();
        if (ours.length != other.length) {
            return false;
        }
        int shift = 8 * ours.length - network.prefixLength();
        return new BigInteger(1, ours).shiftRight(shift).equals(new BigInteger(1, other).shiftRight(shift));
    }

    /**
     * Takes a link from another namespace, such as a TAP of a program that runs there, and brings it up.
     *
     * @param from where the link is
     * @param link its name
     * @param addresses the addresses it is to have here, each with its prefix length, in use at once (without duplicate
     *     address detection)
     * @throws Exception if the kernel refuses
     */
    public void take(NetworkNamespace from, String link, String... addresses) throws Exception {
        from.run(() -> {
            try (Rtnetlink rtnetlink = Rtnetlink.open()) {
                rtnetlink.links().moveTo(index(rtnetlink, link), namespace.fd());
            }
        });
        set("net/ipv6/conf/" + link + "/accept_dad", "0");
        namespace.run(() -> {
            try (Rtnetlink rtnetlink = Rtnetlink.open()) {
                int index = index(rtnetlink, link);
                for (String address : addresses) {
                    rtnetlink.addresses().add(index, Cidr.parse(address));
                }
                rtnetlink.links().setUp(index, true);
            }
        });
    }

    /**
     * Whether this host has a link.
     *
     * @param name its name
     * @return true if there is one of this name
     * @throws Exception if the kernel cannot be asked
     */
    public boolean hasLink(String name) throws Exception {
        return call(() -> {
            try (Rtnetlink rtnetlink = Rtnetlink.open()) {
                return rtnetlink.links().named(name).isPresent();
            }
        });
    }

    private void setUp(String link) throws Exception {
        namespace.run(() -> {
            try (Rtnetlink rtnetlink = Rtnetlink.open()) {
                rtnetlink.links().setUp(index(rtnetlink, link), true);
            }
        });
    }

    private static int index(Rtnetlink rtnetlink, String link) throws IOException {
        return rtnetlink
                .links()
                .named(link)
                .orElseThrow(() -> new IOException("no such link: link=" + link))
                .index();
    }

    /** Closes the TAPs and the namespace. Processes that were started in it keep it alive until they end. */
    @Override
    public void close() {
        synchronized (devices) {
            devices.forEach(TapDevice::close);
        }
        namespace.close();
    }
}
