/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

/** What is wrong with a network, and where: its node and port, by which a reader of files finds the line. */
public final class InvalidTopologyException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final String node;
    private final int port;

    /**
     * Something is wrong.
     *
     * @param node the name of the node
     * @param port the place of the port, or -1 for the node as a whole
     * @param message what is wrong, and what is expected
     */
    InvalidTopologyException(String node, int port, String message) {
        super(message);
        this.node = node;
        this.port = port;
    }

    /**
     * The node at fault.
     *
     * @return its name
     */
    public String node() {
        return node;
    }

    /**
     * The port at fault.
     *
     * @return its place among the ports of the node, counted from 0; -1 for the node as a whole
     */
    public int port() {
        return port;
    }
}
