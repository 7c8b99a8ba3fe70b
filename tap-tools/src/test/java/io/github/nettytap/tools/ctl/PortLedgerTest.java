/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.PatchChannel;
import io.github.nettytap.net.port.socket.SocketPort;
import io.github.nettytap.net.port.socket.SocketPortAddress;
import io.github.nettytap.net.switching.SwitchListener;
import io.github.nettytap.net.switching.SwitchPort;
import io.github.nettytap.net.switching.TapSwitch;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.tools.statistics.PortSample;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Ports that are removed by request, beside peers that come and go by themselves. */
@Timeout(300)
class PortLedgerTest {

    private final BlockingQueue<SwitchPort> connected = new LinkedBlockingQueue<>();

    @TempDir
    Path directory;

    private TapSwitch lan;
    private PortLedger ledger;
    private SocketPort socket;

    @BeforeEach
    void open() throws Exception {
        TapEventLoopGroup loops = TapEventLoopGroup.builder().threads(1).build();
        lan = new TapSwitch(loops, SwitchSettings.DEFAULT, new SwitchListener() {
            @Override
            public void portFailed(Channel channel, Throwable cause) {
                throw new AssertionError(cause);
            }

            @Override
            public void peerConnected(SwitchPort port) {
                connected.add(port);
            }

            @Override
            public void peerRemoved(SwitchPort port) {
                ledger.peerRemoved(port);
            }
        });
        ledger = new PortLedger(lan, channel -> {});
        socket =
                lan.add(SocketPortAddress.parse("unix:" + directory.resolve("s")), VnetHeader.NONE, PortPolicy.DEFAULT);
    }

    @AfterEach
    void close() {
        lan.close();
    }

    /** A client whose frame, 60 bytes long, the switch has received. */
    private SocketChannel client() throws Exception {
        SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve("s")));
        ByteBuffer frame =
                ByteBuffer.allocate(4 + 60).putInt(60).put(11, (byte) 1).rewind();
        client.write(frame);
        return client;
    }

    private SwitchPort portWithAFrame() throws Exception {
        SwitchPort port = connected.take();
        while (PortSample.of(port).framesIn() == 0) {
            Thread.sleep(1);
        }
        return port;
    }

    private void awaitNoPeers() throws InterruptedException {
        while (socket.peers() > 0) {
            Thread.sleep(1);
        }
    }

    @Test
    void aPeerIsCountedOnceWhoeverRemovesIt() throws Exception {
        for (int round = 1; round <= 20; round++) {
            try (SocketChannel client = client()) {
                SwitchPort port = portWithAFrame();
                if (round % 2 == 0) {
                    ledger.remove(port);
                } else {
                    client.shutdownOutput();
                }
                awaitNoPeers();
            }
            List<PortSample> samples = ledger.samples();
            assertThat(samples).hasSize(1);
            assertThat(samples.get(0).framesIn()).isEqualTo(round);
        }
    }

    /** On the one event loop that both have. */
    @Test
    void aPeerMayLeaveWhileAPortIsRemoved() throws Exception {
        try (SocketChannel client = client()) {
            SwitchPort peer = portWithAFrame();
            PatchChannel[] cable = PatchChannel.pair("port", "free", VnetHeader.NONE);
            cable[0].pipeline().addLast(new ChannelOutboundHandlerAdapter() {
                @Override
                public void close(ChannelHandlerContext context, ChannelPromise promise) {
                    // Before this event loop has closed the port, it finds the peer gone.
                    peer.channel().close().addListener(closed -> context.executor()
                            .execute(() -> context.close(promise)));
                }
            });
            SwitchPort port = lan.add(cable[0], VnetHeader.NONE, Set.of(), PortPolicy.DEFAULT);
            ledger.remove(port);
            awaitNoPeers();
            assertThat(client.isOpen()).isTrue();
        }
        assertThat(lan.ports()).isEmpty();
        assertThat(ledger.samples()).singleElement().satisfies(removed -> assertThat(removed.framesIn())
                .isOne());
    }
}
