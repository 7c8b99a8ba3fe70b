/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dhcp;

import io.github.nettytap.codec.wire.ArpHeader;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.net.table.TokenBucket;
import io.netty.buffer.ByteBuf;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.function.LongSupplier;

/**
 * Addresses that are about to be offered: all hosts of the link are asked by ARP who has one (a probe as in RFC 5227,
 * section 2.1.1), and if nobody says so within a moment, it is offered.
 *
 * <p>A flood of clients gets its offers without: so many at a time are asked for, and so many a second.
 */
final class DhcpProbes {

    private static final long MILLIS = 400;
    private static final int AT_A_TIME = 64;
    private static final int PER_SECOND = 50;

    private final RouterPort port;
    private final Output output;
    private final LongSupplier clock;
    private final TokenBucket bucket;
    private final Map<Integer, Probe> byAddress = new HashMap<>();
    private final Map<ClientId, Probe> byClient = new HashMap<>();
    private final Queue<Probe> queue = new ArrayDeque<>();

    DhcpProbes(RouterPort port, Output output, LongSupplier clock) {
        this.port = port;
        this.output = output;
        this.clock = clock;
        bucket = new TokenBucket(PER_SECOND, AT_A_TIME, clock.getAsLong());
    }

    /** An address, and the message that it is the answer to, whose holder releases it. */
    static final class Probe {
        final ByteBuf request;
        final int message;
        final int end;
        final ClientId client;
        final long mac;
        final int address;
        private final long until;

        Probe(ByteBuf request, int message, int end, ClientId client, long mac, int address, long until) {
            this.request = request;
            this.message = message;
            this.end = end;
            this.client = client;
            this.mac = mac;
            this.address = address;
            this.until = until;
        }
    }

    boolean isAsking(ClientId client) {
        return byClient.containsKey(client);
    }

    /** Asks for an address; false if nobody is asked, since too many are. */
    boolean ask(ByteBuf request, int message, int end, ClientId client, long mac, int address) {
        long now = clock.getAsLong();
        if (byClient.containsKey(client)
                || byAddress.containsKey(address)
                || queue.size() >= AT_A_TIME
                || !bucket.take(now)) {
            return false;
        }
        ByteBuf question = output.newFrame(port, EthernetHeader.TYPE_ARP, ArpHeader.LENGTH);
        ArpHeader.write(question, output.ipIndex(question), ArpHeader.REQUEST, port.mac(), 0, 0, address);
        output.send(question, port, MacAddress.BROADCAST.value());
        ByteBuf copy = request.copy();
        int moved = copy.readerIndex() - request.readerIndex();
        Probe probe = new Probe(copy, message + moved, end + moved, client, mac, address, now + MILLIS);
        byAddress.put(address, probe);
        byClient.put(client, probe);
        queue.add(probe);
        return true;
    }

    /** The probe of an address that somebody else than its client has, or null. It is over then. */
    Probe claimed(int address, long mac) {
        Probe probe = byAddress.isEmpty() ? null : byAddress.get(address);
        if (probe == null || probe.mac == mac) {
            return null;
        }
        queue.remove(probe);
        forget(probe);
        return probe;
    }

    /** A probe that nobody has answered in time, or null. */
    Probe pollDone() {
        Probe probe = queue.peek();
        if (probe == null || probe.until > clock.getAsLong()) {
            return null;
        }
        queue.remove();
        forget(probe);
        return probe;
    }

    /** The client wants no answer any more. */
    void cancel(ClientId client) {
        Probe probe = byClient.get(client);
        if (probe != null) {
            queue.remove(probe);
            forget(probe);
            probe.request.release();
        }
    }

    private void forget(Probe probe) {
        byAddress.remove(probe.address);
        byClient.remove(probe.client);
    }

    void close() {
        queue.forEach(probe -> probe.request.release());
        queue.clear();
        byAddress.clear();
        byClient.clear();
    }
}
