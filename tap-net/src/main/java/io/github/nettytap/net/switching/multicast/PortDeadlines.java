/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Ports, each until a time. Immutable, so that it is read without a lock while another takes its place. */
final class PortDeadlines {

    static final PortDeadlines NONE = new PortDeadlines(new int[0], new long[0]);

    private final int[] ports;

    /** The last second in which the port of the same index counts. */
    private final long[] until;

    private PortDeadlines(int[] ports, long[] until) {
        this.ports = ports;
        this.until = until;
    }

    boolean contains(int port, long now) {
        for (int i = 0; i < ports.length; i++) {
            if (ports[i] == port) {
                return until[i] >= now;
            }
        }
        return false;
    }

    boolean isEmpty(long now) {
        for (long deadline : until) {
            if (deadline >= now) {
                return false;
            }
        }
        return true;
    }

    /** With a port until a time, and without those whose time has passed. */
    PortDeadlines with(int port, long deadline, long now) {
        int[] newPorts = new int[ports.length + 1];
        long[] newUntil = new long[ports.length + 1];
        int count = 0;
        for (int i = 0; i < ports.length; i++) {
            if (ports[i] != port && until[i] >= now) {
                newPorts[count] = ports[i];
                newUntil[count++] = until[i];
            }
        }
        newPorts[count] = port;
        newUntil[count++] = deadline;
        return new PortDeadlines(Arrays.copyOf(newPorts, count), Arrays.copyOf(newUntil, count));
    }

    /** With the time of a port brought forward, if it is there and its time is later. */
    PortDeadlines notLonger(int port, long deadline, long now) {
        return contains(port, deadline) ? with(port, deadline, now) : this;
    }

    /** With the times of all ports brought forward. */
    PortDeadlines notLonger(long deadline) {
        return new PortDeadlines(
                ports,
                Arrays.stream(until).map(time -> Math.min(time, deadline)).toArray());
    }

    PortDeadlines without(int port) {
        int[] kept =
                IntStream.range(0, ports.length).filter(i -> ports[i] != port).toArray();
        return new PortDeadlines(
                Arrays.stream(kept).map(i -> ports[i]).toArray(),
                Arrays.stream(kept).mapToLong(i -> until[i]).toArray());
    }
}
