/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */

/** What forwards Ethernet frames: switch, router, NAT, DHCP server, VXLAN endpoint. */
module io.github.nettytap.net {
    requires transitive io.github.nettytap.transport;
    requires transitive io.netty.codec;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.classes.io_uring;

    exports io.github.nettytap.net.echo;
    exports io.github.nettytap.net.port;
    exports io.github.nettytap.net.port.socket;
    exports io.github.nettytap.net.routing;
    exports io.github.nettytap.net.routing.dhcp;
    exports io.github.nettytap.net.routing.dns;
    exports io.github.nettytap.net.routing.nat;
    exports io.github.nettytap.net.routing.packet;
    exports io.github.nettytap.net.routing.port;
    exports io.github.nettytap.net.routing.table;
    exports io.github.nettytap.net.switching;
    exports io.github.nettytap.net.switching.fdb;
    exports io.github.nettytap.net.switching.multicast;
    exports io.github.nettytap.net.switching.policy;
    exports io.github.nettytap.net.table;
    exports io.github.nettytap.net.topology;
    exports io.github.nettytap.net.vxlan;
}
