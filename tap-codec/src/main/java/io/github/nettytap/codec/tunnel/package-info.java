/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What tunnels need to know of the frames inside: {@link io.github.nettytap.codec.tunnel.FlowHash}, by which a frame
 * finds the socket, and with it the source port, of its flow. A VXLAN endpoint is in {@code
 * io.github.nettytap.net.vxlan}.
 */
package io.github.nettytap.codec.tunnel;
