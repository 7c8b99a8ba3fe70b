/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Networks of more than one part: what joins switches, routers and sockets.
 *
 * <p>{@link io.github.nettytap.net.topology.SocketLan} is a network of machines behind a socket, as a port of a router.
 */
package io.github.nettytap.net.topology;
