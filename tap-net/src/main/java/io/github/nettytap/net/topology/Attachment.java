/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.net.port.socket.SocketPortAddress;

import java.util.Objects;

/**
 * What a port of a node leads to: the interface of a TAP, a link of the kernel, a socket, or the port of another node.
 *
 * <p>Whatever else can be opened as one Netty channel of frames becomes a port by implementing {@link
 * ChannelAttachment}. Immutable, and compared by value: a network that changes leaves a port alone whose attachment is
 * equal.
 */
public sealed interface Attachment permits ChannelAttachment, Attachment.Socket, Attachment.Patch {

    /**
     * What the port is called at its node.
     *
     * @return the name, as an operator types it
     */
    String name();

    /**
     * A socket: virtual machines, passt, or a switch of another process. At a switch each peer is a port. At a router or
     * a VXLAN endpoint all of them are behind one port, on a switch of their own.
     *
     * @param address where it is
     */
    record Socket(SocketPortAddress address) implements Attachment {

        /**
         * Checks that there is an address.
         *
         * @param address where it is
         */
        public Socket {
            Objects.requireNonNull(address, "address");
        }

        @Override
        public String name() {
            return address.toString();
        }
    }

    /**
     * One end of a patch cable; the other is the port of another node that names the same cable.
     *
     * @param cable the name of the cable
     */
    record Patch(String cable) implements Attachment {

        /** What stands in front of the name of a cable where the kinds of ports are told apart. */
        public static final String PREFIX = "patch:";

        /**
         * Checks the name.
         *
         * @param cable the name of the cable
         */
        public Patch {
            NodeNames.check("cable", cable);
        }

        @Override
        public String name() {
            return PREFIX + cable;
        }
    }

    /**
     * The interface of a TAP.
     *
     * @param name its name
     * @return a TAP with all offloads, in the namespace of the process
     */
    static TapAttachment tap(String name) {
        return TapAttachment.named(name);
    }

    /**
     * A link of the kernel.
     *
     * @param name its name, such as {@code eth0}
     * @return a link with all offloads, in the namespace of the process
     */
    static LinkAttachment link(String name) {
        return new LinkAttachment(name, true, null);
    }

    /**
     * A socket.
     *
     * @param address as it is typed, such as {@code unix:/run/lan.sock}
     * @return the attachment
     */
    static Attachment socket(String address) {
        return new Socket(SocketPortAddress.parse(address));
    }

    /**
     * One end of a patch cable.
     *
     * @param cable the name of the cable
     * @return the attachment
     */
    static Attachment patch(String cable) {
        return new Patch(cable);
    }
}
