package com.example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.testkit.host.Host;
import io.github.nettytap.testkit.host.NetworkExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.net.ServerSocket;
import java.net.Socket;

/** Bytes between two hosts with TCP/IP stacks of their own, over a cable that loses one frame in fifty. */
@KernelTest
class FileTransferTest {
    @RegisterExtension
    final NetworkExtension network = new NetworkExtension();

    @Test
    void survivesLoss() throws Exception {
        Host client = network.host("client", "10.0.0.1/24");
        Host server = network.host("server", "10.0.0.2/24");
        network.link(client, server, faults -> faults.drop(0.02));
        try (ServerSocket listening = server.call(() -> new ServerSocket(8080));
                Socket sender = client.call(() -> new Socket("10.0.0.2", 8080));
                Socket receiver = listening.accept()) {
            sender.getOutputStream().write(new byte[50_000]);
            assertEquals(50_000, receiver.getInputStream().readNBytes(50_000).length);
        }
    }
}
