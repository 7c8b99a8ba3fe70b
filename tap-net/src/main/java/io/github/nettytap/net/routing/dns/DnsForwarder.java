/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dns;

import io.github.nettytap.codec.counter.EnumCounters;
import io.github.nettytap.net.routing.dns.DnsMessage.Question;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.port.HostLimits;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.net.table.FairTable;
import io.github.nettytap.net.table.KeyedHash;
import io.github.nettytap.net.table.TableCounter;
import io.github.nettytap.net.table.TableEntry;
import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Answers the queries of hosts, or has them answered: RFC 5625 is how it passes them on.
 *
 * <ul>
 *   <li>A query under way takes a place of a table, in which each host has a budget, and a socket; a host and a link may
 *       ask so often in a second. What is more is dropped, and the host asks again.
 *   <li>An answer must come from the server that was asked, to the port and with the id that were drawn for the query,
 *       and repeat its question (RFC 5452). Else it is counted, and the query waits on.
 *   <li>A server that is silent, or not there, is followed by the next one. After {@value #TRIES} tries the client gets
 *       SERVFAIL.
 *   <li>An answer by UDP is not longer than the client has said, nor than 1,232 bytes; beyond that it has no records and
 *       says that it is truncated.
 *   <li>The router's own addresses are never asked, though they may be the name servers of this machine: the query would
 *       come back.
 * </ul>
 */
public final class DnsForwarder {

    /** How many queries may be under way. */
    public static final int CAPACITY = 512;

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(DnsForwarder.class);

    static final int BUDGET = 64;
    static final int TRIES = 3;
    static final long TRY_MILLIS = 1_500;

    private final LocalZone zone;
    private final Upstream upstream;
    private final LongSupplier clock;
    private final Predicate<InetAddress> isOwn;
    private final Runnable endBatch;
    private final Map<RouterPort, DnsSettings> links = new IdentityHashMap<>();
    private final EnumCounters<DnsCounter> counters = new EnumCounters<>(DnsCounter.class);

    /** A page of today has a hundred names, each asked for twice, for IPv4 and IPv6. */
    private final HostLimits limits = new HostLimits(200, 400, 2_000, 1_000);

    /** The stream of ids, which nobody outside can tell: a keyed hash of their numbers. */
    private final KeyedHash ids = KeyedHash.random();

    private long nextId;
    private final FairTable<Pending> pending;

    /**
     * A forwarder for no link yet.
     *
     * @param names the names of hosts
     * @param upstream the way to name servers
     * @param clock milliseconds that only grow
     * @param isOwn whether an address is the router's
     * @param endBatch runs after clients were answered other than from {@link #query}
     */
    public DnsForwarder(
            HostNames names, Upstream upstream, LongSupplier clock, Predicate<InetAddress> isOwn, Runnable endBatch) {
        zone = new LocalZone(names, clock);
        this.upstream = upstream;
        this.clock = clock;
        this.isOwn = isOwn;
        this.endBatch = endBatch;
        pending = FairTable.<Pending>builder()
                .capacity(CAPACITY)
                .budget(BUDGET)
                .timer((query, now) -> query.tryNext(now))
                .evicted(Pending::end)
                .build();
    }

    /** From now on queries of hosts of this link are answered. */
    public void serve(RouterPort link, DnsSettings settings) {
        links.put(link, settings);
        zone.add(link, settings);
    }

    /** Ends that. Nobody is answered any more. */
    public void unserve(RouterPort link) {
        links.remove(link);
        zone.remove(link);
        List<Pending> gone = new ArrayList<>();
        pending.forEach(query -> {
            if (query.client.port() == link) {
                gone.add(query);
            }
        });
        gone.forEach(Pending::finish);
    }

    /** Whether queries of hosts of this link are answered. */
    public boolean serves(RouterPort link) {
        return links.containsKey(link);
    }

    /** Ends all queries. */
    public void close() {
        List.copyOf(links.keySet()).forEach(this::unserve);
    }

    /** What has happened to queries. Any thread may read it. */
    public EnumCounters<DnsCounter> counters() {
        return counters;
    }

    /** How many queries are under way. Any thread may ask. */
    public int size() {
        return pending.size();
    }

    /** How many had to go for others. Any thread may ask. */
    public long evicted() {
        return pending.count(TableCounter.EVICTED) + pending.count(TableCounter.EVICTED_OWN);
    }

    /** To be called a few times a second. */
    public void tick() {
        long now = clock.getAsLong();
        pending.tick(now);
        limits.tick(now);
    }

    /**
     * Takes a query.
     *
     * @param message the query, still the caller's
     * @param client who asks, behind a link that is {@linkplain #serves served}
     */
    public void query(ByteBuf message, DnsClient client) {
        counters.increment(DnsCounter.QUERIES);
        Question question = DnsMessage.parse(message);
        if (question == null) {
            counters.increment(DnsCounter.MALFORMED);
            return;
        }
        if (!limits.allows(client.port(), client.high(), client.low(), clock.getAsLong())) {
            counters.increment(DnsCounter.LIMITED);
            return;
        }
        DnsSettings settings = links.get(client.port());
        if (DnsMessage.opcode(message) != 0) {
            refuse(message, question, client, DnsMessage.NOT_IMPLEMENTED);
        } else if (DnsMessage.ednsVersion(message, question) != 0) {
            refuse(message, question, client, DnsMessage.BAD_VERSION);
        } else if (question.dnsClass() != DnsMessage.CLASS_IN
                || question.type() == DnsMessage.TYPE_AXFR
                || question.type() == DnsMessage.TYPE_IXFR) {
            refuse(message, question, client, DnsMessage.REFUSED);
        } else if (zone.isIn(question, client.port())) {
            counters.increment(DnsCounter.LOCAL);
            ByteBuf answer = newAnswer(client, DnsMessage.MOST_UDP);
            zone.answer(answer, message, question, client.port());
            reply(answer, message, question, client);
        } else {
            forward(message, question, client, settings);
        }
    }

    private static ByteBuf newAnswer(DnsClient client, int most) {
        return client.port().channel().alloc().directBuffer(most, most);
    }

    private void refuse(ByteBuf query, Question question, DnsClient client, int code) {
        counters.increment(DnsCounter.REFUSED);
        client.answer(error(query, question, client, code));
    }

    private static ByteBuf error(ByteBuf query, Question question, DnsClient client, int code) {
        ByteBuf answer = newAnswer(client, question.end() - query.readerIndex() + DnsMessage.OPT_LENGTH);
        DnsMessage.writeHead(answer, query, question, false, code, 0);
        DnsMessage.writeOpt(answer, question, code);
        return answer;
    }

    /** Owns the answer. */
    private void reply(ByteBuf answer, ByteBuf query, Question question, DnsClient client) {
        int most = Math.min(client.mostBytes(), question.mostByUdp(query));
        if (answer.readableBytes() > most) {
            counters.increment(DnsCounter.TRUNCATED);
            DnsMessage.truncate(answer, query, question);
        }
        client.answer(answer);
    }

    private void forward(ByteBuf message, Question question, DnsClient client, DnsSettings settings) {
        List<InetSocketAddress> servers = settings.servers().stream()
                .filter(server -> !isOwn.test(server.getAddress()))
                .toList();
        if (servers.isEmpty()) {
            refuse(message, question, client, DnsMessage.REFUSED);
            return;
        }
        long now = clock.getAsLong();
        long hash = hash(message);
        int scope = client.socket() << Short.SIZE | DnsMessage.id(message);
        long high = client.high() ^ hash;
        if (pending.find(scope, high, client.low()) != null) {
            counters.increment(DnsCounter.REPEATED);
            return;
        }
        ByteBuf copy = message.copy();
        int shift = copy.readerIndex() - message.readerIndex();
        Question ofCopy = new Question(
                question.end() + shift,
                question.type(),
                question.dnsClass(),
                question.name(),
                question.hasOpt() ? question.opt() + shift : -1);
        Pending query = new Pending(scope, high, client.low(), copy, ofCopy, client, servers);
        long owner = KeyedHash.ofProcess().hash(client.port().number(), client.high(), client.low());
        if (pending.size(owner) >= BUDGET || !pending.add(query, owner, now)) {
            copy.release();
            counters.increment(DnsCounter.LIMITED);
            return;
        }
        counters.increment(DnsCounter.FORWARDED);
        pending.refresh(query, now, query.tryNext(now));
    }

    private static long hash(ByteBuf message) {
        long hash = message.readableBytes();
        for (int i = message.readerIndex(); i < message.writerIndex(); i++) {
            hash = hash * 31 + message.getByte(i);
        }
        return KeyedHash.ofProcess().hash(hash);
    }

    private int newId() {
        return (int) ids.hash(nextId++) & 0xffff;
    }

    /** A query under way. */
    private final class Pending extends TableEntry {
        private final ByteBuf query;
        private final Question question;
        private final DnsClient client;
        private final List<InetSocketAddress> servers;
        private final int clientId;
        private int tries;
        private int id;
        private Upstream.Exchange exchange;

        Pending(
                int scope,
                long high,
                long low,
                ByteBuf query,
                Question question,
                DnsClient client,
                List<InetSocketAddress> servers) {
            super(scope, high, low);
            this.query = query;
            this.question = question;
            this.client = client;
            this.servers = servers;
            clientId = DnsMessage.id(query);
            DnsMessage.limitUdp(query, question);
        }

        /** The next server is asked, or nobody; returns when its time is over. */
        long tryNext(long now) {
            if (exchange != null) {
                exchange.end();
            }
            if (tries == TRIES) {
                counters.increment(DnsCounter.FAILED);
                exchange = null;
                try {
                    DnsMessage.id(query, clientId);
                    client.answer(error(query, question, client, DnsMessage.SERVER_FAILURE));
                } finally {
                    query.release();
                }
                return FairTable.REMOVE;
            }
            exchange = null;
            int asked = tries++;
            id = newId();
            DnsMessage.id(query, id);
            ByteBuf message = null;
            try {
                // A copy, since that of the last try may not have been written yet.
                message = query.copy();
                InetSocketAddress server = servers.get(asked % servers.size());
                exchange = upstream.ask(message, server, reply -> received(reply, asked));
            } catch (RuntimeException | OutOfMemoryError e) {
                LOGGER.debug("a name server could not be asked, and counts as silent", e);
            } finally {
                ReferenceCountUtil.release(message);
            }
            return now + TRY_MILLIS;
        }

        private void received(ByteBuf message, int asked) {
            try {
                take(message, asked);
            } finally {
                endBatch.run();
            }
        }

        /** Owns the message. */
        private void take(ByteBuf message, int asked) {
            if (!isInTable() || asked != tries - 1) {
                if (message != null) {
                    message.release();
                }
            } else if (message == null) {
                long now = clock.getAsLong();
                long next = tryNext(now);
                if (next == FairTable.REMOVE) {
                    pending.remove(this);
                } else {
                    pending.refresh(this, now, next);
                }
            } else if (DnsMessage.answers(message, id, query, question)) {
                counters.increment(DnsCounter.ANSWERED);
                DnsMessage.id(message, clientId);
                try {
                    reply(message, query, question, client);
                } finally {
                    finish();
                }
            } else {
                counters.increment(DnsCounter.UNEXPECTED);
                message.release();
            }
        }

        void finish() {
            pending.remove(this);
            end();
        }

        /** It is in the table no more. */
        void end() {
            if (exchange != null) {
                exchange.end();
                exchange = null;
            }
            query.release();
        }
    }

    /** Whether an address is one of a port's: for those who put a router together. */
    public static boolean isOwn(RouterPort port, InetAddress address) {
        long high = IpAddress.high(address);
        long low = IpAddress.low(address);
        return IpAddress.isIpv4(high, low)
                ? port.addresses().isOwn((int) low)
                : port.addresses().isOwn(high, low);
    }
}
