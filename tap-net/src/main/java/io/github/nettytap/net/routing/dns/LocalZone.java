/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dns;

import io.github.nettytap.net.routing.dns.DnsMessage.Question;
import io.github.nettytap.net.routing.port.PortAddresses;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.buffer.ByteBuf;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The names for which the router alone speaks: those of the domains of its links, the addresses of their networks, and
 * names of one label; and the special ones that are no business of the public DNS (RFC 6761, 6762, 7686). A name of
 * these that nobody has does not exist: no name server is asked, to which it would only say who lives here.
 */
final class LocalZone {

    /** Whatever is below these. */
    private static final Set<String> SPECIAL = Set.of("localhost", "local", "invalid", "onion");

    /** For so long a host may remember where another is; a lease may change hands. */
    private static final int MAX_SECONDS = 60;

    /** Of the router's own addresses, so that they fit an answer. */
    private static final int MAX_ADDRESSES = 16;

    private final HostNames names;
    private final LongSupplier clock;
    private final Map<RouterPort, String> domains = new HashMap<>();

    LocalZone(HostNames names, LongSupplier clock) {
        this.names = names;
        this.clock = clock;
    }

    void add(RouterPort link, DnsSettings settings) {
        domains.put(link, settings.domain() == null ? "" : settings.domain().toLowerCase(Locale.ROOT));
    }

    void remove(RouterPort link) {
        domains.remove(link);
    }

    /** Whether a question is answered here, or nowhere. */
    boolean isIn(Question question, RouterPort from) {
        String name = question.name();
        if (name == null || name.isEmpty()) {
            return false;
        }
        if (question.isOneLabel()) {
            // Those of the top-level domains are public: who validates asks for their keys.
            return isForHosts(question.type()) || SPECIAL.contains(name);
        }
        if (SPECIAL.contains(name.substring(name.lastIndexOf('.') + 1))) {
            return true;
        }
        for (String domain : domains.values()) {
            if (!domain.isEmpty() && (name.equals(domain) || name.endsWith("." + domain))) {
                return true;
            }
        }
        Integer address = DnsMessage.addressOf(name);
        return address != null && isOfLink(address);
    }

    private static boolean isForHosts(int type) {
        return type == DnsMessage.TYPE_A || type == DnsMessage.TYPE_AAAA || type == DnsMessage.TYPE_ANY;
    }

    private boolean isOfLink(int address) {
        for (RouterPort link : domains.keySet()) {
            if (link.addresses().isOnLink(address)) {
                return true;
            }
        }
        return false;
    }

    /** Writes the answer to a question that {@linkplain #isIn is answered here}. */
    void answer(ByteBuf answer, ByteBuf query, Question question, RouterPort from) {
        String domain = domains.get(from);
        String name = question.isOneLabel() && !domain.isEmpty() ? question.name() + "." + domain : question.name();
        Integer reverse = DnsMessage.addressOf(name);
        if (reverse != null) {
            answerName(answer, query, question, reverse, domain);
        } else if (name.equals(withDomain(HostNames.ROUTER, domain))) {
            answerOwn(answer, query, question, from.addresses());
        } else {
            answerAddress(answer, query, question, names.find(name), domains.containsValue(name));
        }
        DnsMessage.writeOpt(answer, question, DnsMessage.NO_ERROR);
    }

    private static String withDomain(String label, String domain) {
        return domain.isEmpty() ? label : label + "." + domain;
    }

    private static boolean wants(Question question, int type) {
        return question.type() == type || question.type() == DnsMessage.TYPE_ANY;
    }

    private void answerName(ByteBuf answer, ByteBuf query, Question question, int address, String domain) {
        HostNames.Host host = names.find(address);
        boolean isOwn =
                domains.keySet().stream().anyMatch(link -> link.addresses().isOwn(address));
        String name = isOwn ? withDomain(HostNames.ROUTER, domain) : host == null ? null : host.name();
        if (name == null) {
            DnsMessage.writeHead(answer, query, question, true, DnsMessage.NAME_ERROR, 0);
            return;
        }
        boolean answers = wants(question, DnsMessage.TYPE_PTR);
        DnsMessage.writeHead(answer, query, question, true, DnsMessage.NO_ERROR, answers ? 1 : 0);
        if (answers) {
            DnsMessage.writeRecord(answer, DnsMessage.TYPE_PTR, isOwn ? MAX_SECONDS : seconds(host), name.length() + 2);
            for (String label : name.split("\\.")) {
                answer.writeByte(label.length());
                for (int i = 0; i < label.length(); i++) {
                    answer.writeByte(label.charAt(i));
                }
            }
            answer.writeByte(0);
        }
    }

    /** The router, by the addresses that it has on the link from which it is asked. */
    private static void answerOwn(ByteBuf answer, ByteBuf query, Question question, PortAddresses own) {
        // The last one of IPv6 is link-local, which no name leads to.
        int ipv4 = wants(question, DnsMessage.TYPE_A) ? Math.min(MAX_ADDRESSES, own.ipv4Count()) : 0;
        int ipv6 =
                wants(question, DnsMessage.TYPE_AAAA) ? Math.min(MAX_ADDRESSES, Math.max(0, own.ipv6Count() - 1)) : 0;
        DnsMessage.writeHead(answer, query, question, true, DnsMessage.NO_ERROR, ipv4 + ipv6);
        for (int i = 0; i < ipv4; i++) {
            DnsMessage.writeRecord(answer, DnsMessage.TYPE_A, MAX_SECONDS, Integer.BYTES);
            answer.writeInt(own.ipv4(i));
        }
        for (int i = 0; i < ipv6; i++) {
            DnsMessage.writeRecord(answer, DnsMessage.TYPE_AAAA, MAX_SECONDS, 2 * Long.BYTES);
            answer.writeLong(own.ipv6High(i)).writeLong(own.ipv6Low(i));
        }
    }

    private void answerAddress(
            ByteBuf answer, ByteBuf query, Question question, HostNames.Host host, boolean isDomain) {
        if (host == null) {
            // The domain itself is there, since names are below it: RFC 8020.
            int code = isDomain ? DnsMessage.NO_ERROR : DnsMessage.NAME_ERROR;
            DnsMessage.writeHead(answer, query, question, true, code, 0);
            return;
        }
        boolean answers = wants(question, DnsMessage.TYPE_A);
        DnsMessage.writeHead(answer, query, question, true, DnsMessage.NO_ERROR, answers ? 1 : 0);
        if (answers) {
            DnsMessage.writeRecord(answer, DnsMessage.TYPE_A, seconds(host), Integer.BYTES);
            answer.writeInt(host.address());
        }
    }

    private int seconds(HostNames.Host host) {
        return (int) Math.max(1, Math.min(MAX_SECONDS, (host.end() - clock.getAsLong()) / 1_000));
    }
}
