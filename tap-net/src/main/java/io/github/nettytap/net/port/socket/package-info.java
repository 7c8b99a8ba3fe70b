/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Ports that are sockets: for virtual machines, passt and gvproxy, and for other switches, by the protocols that QEMU,
 * libkrun and vfkit share.
 *
 * <p>{@link io.github.nettytap.net.port.socket.SocketPortAddress} is what an operator types, {@link
 * io.github.nettytap.net.port.socket.SocketPort} the open socket with all its peers, {@link
 * io.github.nettytap.net.port.socket.FrameStreamDecoder} the stream protocol for a pipeline of one's own.
 *
 * <p>Handlers run on the event loop of their channel. Opening and closing block, so they belong to other threads.
 */
package io.github.nettytap.net.port.socket;
