/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.testkit.Jvm;
import io.github.nettytap.testkit.KernelTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A process of uid 65534 carries traffic on a TAP that it could not have made. */
@KernelTest
class UnprivilegedKernelTest {

    private static final String AS_NOBODY = "setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs ";

    @TempDir
    Path directory;

    private Host host;

    @BeforeEach
    void makeHost() throws Exception {
        assumeTrue(Host.hasOtherUsers(), "a user namespace with one user cannot become another");
        // A directory for everybody, since the class path may be in one that is for its owner only.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        host = new Host();
    }

    @AfterEach
    void endHost() {
        if (host != null) {
            host.close();
        }
    }

    @Test
    void deviceThatWasHandedOverCarriesTraffic() throws Exception {
        Path socket = directory.resolve("tap.sock");
        try (TapFdPassing.Listener listener = TapFdPassing.listen(socket);
                TapDevice tap = open(host.tap("given"))) {
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rwxrwxrwx"));
            Process worker = start("exec " + AS_NOBODY + java() + " receive " + socket);
            try (TapFdPassing connection = listener.accept(Duration.ofSeconds(120))) {
                connection.send(tap);
            }
            tap.queues().forEach(TapQueue::close);
            assertCarriesTraffic(worker, "uid 65534 has given");
        }
    }

    @Test
    void ownerOfAPersistentInterfaceCarriesTraffic() throws Exception {
        open(host.tap("owned")
                        .persistent(true)
                        .owner(65534)
                        .mtu(1400)
                        .transmitQueueLength(500)
                        .mac(MacAddress.parse("02:00:00:00:00:01")))
                .close();
        Process worker = start("mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200 && exec " + AS_NOBODY
                + java() + " open owned");
        assertCarriesTraffic(worker, "uid 65534 has owned");
        assertThat(host.hasLink("owned")).isTrue();
    }

    @Test
    void closedFolderOfTheNodeIsNamed() throws Exception {
        open(host.tap("owned").persistent(true).owner(65534)).close();
        Process worker = start("mount -t tmpfs -o mode=700 none /dev/net && mknod -m 666 /dev/net/tun c 10 200 && exec "
                + AS_NOBODY + java() + " open owned");
        try (BufferedReader output = worker.inputReader(StandardCharsets.UTF_8)) {
            assertThat(output.lines().collect(Collectors.joining("\n")))
                    .contains(
                            "open /dev/net/tun: device=owned, errno=EACCES: this user (uid 65534) may not enter /dev/net,"
                                    + " whose mode is rwx------ and whose owner is root. Open it: `sudo chmod 755 /dev/net`; the"
                                    + " interfaces stay protected. See https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#open-eacces");
        } finally {
            worker.destroyForcibly().onExit().join();
        }
    }

    private TapDevice open(TapDeviceBuilder builder) throws Exception {
        TapDevice tap = builder.address(Cidr.parse("10.0.0.1/24")).up(true).open();
        host.rtnetlink()
                .neighbors()
                .add(tap.ifindex(), InetAddress.getByName("10.0.0.2"), MacAddress.parse("02:00:00:00:00:02"));
        return tap;
    }

    private void assertCarriesTraffic(Process worker, String greeting) throws Exception {
        try (BufferedReader output = worker.inputReader(StandardCharsets.UTF_8);
                DatagramSocket socket = host.namespace().call(DatagramSocket::new)) {
            String first = output.readLine();
            if (!greeting.equals(first)) {
                throw new AssertionError(first + "\n" + output.lines().collect(Collectors.joining("\n")));
            }
            socket.setSoTimeout(60_000);
            socket.send(new DatagramPacket(new byte[] {4, 2}, 2, InetAddress.getByName("10.0.0.2"), 4000));
            DatagramPacket echo = new DatagramPacket(new byte[10], 10);
            socket.receive(echo);
            assertThat(echo.getLength()).isEqualTo(2);
            assertThat(echo.getPort()).isEqualTo(4000);
            assertThat(worker.waitFor()).isZero();
        } finally {
            worker.destroy();
            worker.waitFor();
        }
    }

    /** Starts a shell command in the namespace, with mounts of its own. */
    private Process start(String command) throws Exception {
        return host.namespace().call(() -> new ProcessBuilder("unshare", "-m", "sh", "-c", command)
                .directory(new File("/"))
                .redirectErrorStream(true)
                .start());
    }

    private String java() throws IOException {
        Path classes = directory.resolve("classes");
        Files.createDirectory(classes);
        int count = 0;
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            String name = new File(entry).getName();
            if (name.endsWith("classes")
                    || entry.endsWith("/META-INF/versions/22")
                    || name.startsWith("jffi")
                    || name.startsWith("jnr-")
                    || name.startsWith("asm-")
                    || name.startsWith("netty-")
                    || name.startsWith("tap-")) {
                copy(Path.of(entry), classes.resolve(count++ + "-" + name));
            }
        }
        makeReadable(classes);
        String path;
        try (Stream<Path> entries = Files.list(classes)) {
            path = entries.map(Path::toString).collect(Collectors.joining(File.pathSeparator));
        }
        return String.join(
                " ",
                Jvm.command(List.of(
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-Djava.io.tmpdir=" + directory,
                        "-cp",
                        path,
                        UnprivilegedWorker.class.getName())));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.collect(Collectors.toList())) {
                Files.copy(file, to.resolve(from.relativize(file).toString()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static void makeReadable(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.collect(Collectors.toList())) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
    }
}
