/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.HostProcess;
import io.github.nettytap.testkit.host.NetworkExtension;
import io.github.nettytap.tools.command.RunningProgram;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.DomainDatagramSocketAddress;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** sd_notify(3), heard by a socket in systemd's place. */
class ServiceManagerTest {

    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    @TempDir
    Path directory;

    private Socket socket;

    @BeforeEach
    void open() {
        Epoll.ensureAvailability();
        socket = Socket.newSocketDomainDgram();
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
    }

    private Path bind() throws IOException {
        Path path = directory.resolve("notify");
        socket.bind(new DomainSocketAddress(path.toFile()));
        return path;
    }

    /** The next datagram; the socket does not block. */
    private String receive() throws Exception {
        ByteBuffer datagram = ByteBuffer.allocateDirect(512);
        long start = System.nanoTime();
        DomainDatagramSocketAddress from;
        while ((from = socket.recvFromDomainSocket(datagram, 0, datagram.capacity())) == null) {
            assertThat(System.nanoTime() - start).isLessThan(TimeUnit.MINUTES.toNanos(1));
            Thread.sleep(5);
        }
        byte[] text = new byte[from.receivedAmount()];
        datagram.get(text);
        return new String(text, StandardCharsets.US_ASCII);
    }

    @Test
    void readinessAndTheEndAreReported() throws Exception {
        ServiceManager manager = new ServiceManager(bind().toString());
        manager.ready(1);
        assertThat(receive()).isEqualTo("READY=1\nSTATUS=1 port");
        manager.ready(2);
        assertThat(receive()).isEqualTo("READY=1\nSTATUS=2 ports");
        manager.stopping();
        assertThat(receive()).isEqualTo("STOPPING=1");
    }

    @Test
    void withoutAServiceManagerNothingIsSent() throws Exception {
        new ServiceManager(null).ready(1);
        new ServiceManager("").stopping();
    }

    @Test
    void missingSocketIsAnError() {
        ServiceManager manager = new ServiceManager(directory.resolve("missing").toString());
        assertThatThrownBy(() -> manager.ready(1)).isInstanceOf(IOException.class);
    }

    @Test
    @KernelTest
    void programReportsToTheSocketOfItsEnvironment() throws Exception {
        Host host = network.host();
        List<String> wrapper = List.of("env", "NOTIFY_SOCKET=" + bind());
        HostProcess program =
                network.closing(RunningProgram.startUnder(host, wrapper, List.of("switch", "sm0", "sm1", "--quiet")));
        assertThat(receive()).isEqualTo("READY=1\nSTATUS=2 ports");
        program.terminate();
        assertThat(receive()).isEqualTo("STOPPING=1");
        assertThat(program.await()).isZero();
    }

    @Test
    @KernelTest
    void programLivesOnWithoutTheSocket() throws Exception {
        Path missing = directory.resolve("missing");
        HostProcess program = network.closing(RunningProgram.startUnder(
                network.host(), List.of("env", "NOTIFY_SOCKET=" + missing), List.of("switch", "sm0", "sm1")));
        program.awaitText("netty-tap switch: cannot notify the service manager: NOTIFY_SOCKET=" + missing);
        assertThat(program.isAlive()).isTrue();
    }
}
