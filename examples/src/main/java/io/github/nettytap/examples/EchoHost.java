/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.echo.EchoAddresses;
import io.github.nettytap.net.echo.EchoEvent;
import io.github.nettytap.net.echo.EchoHandler;
import io.github.nettytap.net.echo.EchoServer;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.device.TapDevice;

import java.util.List;

/**
 * A host that exists in this program alone: it answers ARP, neighbor discovery, ping, and UDP on port 7.
 *
 * <p>As root, in two terminals:
 *
 * <pre>
 *   # java -cp 'examples/target/*:examples/target/lib/*' io.github.nettytap.examples.EchoHost
 *   10.0.0.2 and fd00::2 answer on tap0
 *                                        # ping -c 3 10.0.0.2
 *                                        64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.1 ms
 *                                        # ip link delete tap0
 *   answered 3 pings
 * </pre>
 */
public final class EchoHost {

    private static final int ECHO_PORT = 7;

    private EchoHost() {}

    /** Runs until the interface is deleted. */
    public static void main(String[] arguments) throws Exception {
        List<Cidr> answered = List.of(Cidr.parse("10.0.0.2"), Cidr.parse("fd00::2"));
        List<Cidr> ofTheKernel = List.of(Cidr.parse("10.0.0.1/24"), Cidr.parse("fd00::1/64"));
        TapDevice device = TapDevice.builder("tap0")
                .vnetHeader(true) // the handlers of EchoServer expect one
                .address(ofTheKernel.get(0))
                .address(ofTheKernel.get(1))
                .up(true)
                .open();
        EchoHandler echo =
                new EchoHandler(MacAddress.randomLocal(), EchoAddresses.of(answered, ofTheKernel), ECHO_PORT);
        TapEventLoopGroup group = TapEventLoopGroup.builder().build();
        TapChannel channel = EchoServer.start(device, group, echo);
        System.out.println("10.0.0.2 and fd00::2 answer on " + device.name());
        channel.closeFuture().sync();
        System.out.println("answered " + echo.count(EchoEvent.PING) + " pings");
        group.shutdownGracefully().sync();
    }
}
